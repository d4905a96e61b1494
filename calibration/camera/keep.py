"""Writing a camera's calibration: sections replaced, hash renewed, the file whole or not at all."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from calibration.camera.board import Sighting
from calibration.camera.solve import Solution
from edge.eye.calibrated import Calibration, digest

GOOD_FOR = timedelta(days=365)

Value = str | int | float | datetime | list[str] | list[float]


@dataclass(frozen=True, slots=True)
class Whose:
    """name: of the camera, as the appliance's settings have it.  by: who calibrates."""

    name: str
    by: str
    now_utc: datetime


def calibration(whose: Whose, seen: Sequence[Sighting], solution: Solution) -> Calibration:
    """Raises ValidationError."""
    when, lens = whose.now_utc.replace(microsecond=0), solution.lens
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    content = {
        "camera": whose.name,
        "width": lens.width,
        "height": lens.height,
        "by": whose.by,
        "when_utc": when,
        "expires_utc": when + GOOD_FOR,
        "pictures": [each.sha256 for each in seen],
        "lens": {"fx": fx, "fy": fy, "cx": cx, "cy": cy, "distortion": lens.distortion, "rms_px": solution.rms_px},
    }
    return make(content)


def make(content: Mapping[str, object]) -> Calibration:
    """`content` as in the file, without its sha256.  Raises ValidationError."""
    unsigned = Calibration.model_validate({**content, "sha256": "0" * 64})
    return Calibration.model_validate({**content, "sha256": digest(unsigned)})


def with_section(found: Calibration, name: str, section: BaseModel) -> Calibration:
    """`found` with [name] replaced by `section`."""
    content = found.model_dump(by_alias=True, exclude_none=True, exclude={"sha256"})
    return make({**content, name: section.model_dump(exclude_none=True)})


def write(found: Calibration, file: Path) -> None:
    """The old file stays until the new one is complete.  Raises OSError."""
    new = file.with_name(f".{file.name}.new")
    with new.open("w", encoding="utf-8") as opened:
        opened.write(toml(found))
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def toml(found: Calibration) -> str:
    content = found.model_dump(by_alias=True, exclude_none=True)
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
        case list():
            return "[" + "".join(f"\n    {_value(item)}," for item in value) + "\n]" if value else "[]"
        case int() | float():
            return repr(value)
