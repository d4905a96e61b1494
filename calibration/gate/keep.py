"""A gate's timing as it is kept, with the hash over it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from serial.tools.list_ports import comports

from calibration.gate.figures import Figures
from calibration.gate.measure import Measured
from edge.gate_timing import Timing
from edge.measured import digest

GOOD_FOR = timedelta(days=365)


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
