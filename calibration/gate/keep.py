"""Writing a gate's timing: the hash over it, the file whole or not at all."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from serial.tools.list_ports import comports

from calibration.gate.figures import Figures
from calibration.gate.measure import Measured
from hardware.gate.timing import Timing, digest

GOOD_FOR = timedelta(days=365)

Value = str | int | float | datetime


@dataclass(frozen=True, slots=True)
class Whose:
    """port: as the technician named it.  serial: of the adapter behind it.  by: who measures."""

    port: str
    serial: str | None
    by: str | None
    now_utc: datetime


def adapter(port: str) -> str | None:
    """The serial number of the USB adapter that a port leads to, if it is one and has one."""
    device = str(Path(port).resolve())
    return next((each.serial_number for each in comports() if each.device == device), None)


def timing(whose: Whose, found: Measured, seen: Figures) -> Timing:
    """Raises ValidationError."""
    when, welcome = whose.now_utc.replace(microsecond=0), found.welcome
    spreads = {name: value for name, value in asdict(seen).items() if value is not None}
    content = {
        "gate": welcome.gate,
        "port": whose.port,
        "serial": whose.serial,
        "firmware": f"{welcome.major}.{welcome.minor}",
        "provisioned_ms": welcome.travel_cs * 10,
        "cycles": len(found.cycles),
        "by": whose.by,
        "when_utc": when,
        "expires_utc": when + GOOD_FOR,
        **spreads,
    }
    unsigned = Timing.model_validate({**content, "sha256": "0" * 64})
    return Timing.model_validate({**content, "sha256": digest(unsigned)})


def write(found: Timing, file: Path) -> None:
    """The old file stays until the new one is complete.  Raises OSError."""
    new = file.with_name(f".{file.name}.new")
    with new.open("w", encoding="utf-8") as opened:
        opened.write(toml(found))
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def toml(found: Timing) -> str:
    content = found.model_dump(exclude_none=True)
    plain = [f"{key} = {_value(value)}" for key, value in content.items() if not isinstance(value, dict)]
    lines = ["# Written by limen-calibrate; a change by hand is noticed and the file refused.", *plain]
    for name, section in content.items():
        if isinstance(section, dict):
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _value(value: Value) -> str:
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime():
            return value.isoformat()
        case int() | float():
            return repr(value)
