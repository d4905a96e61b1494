"""A camera's calibration as it is kept: sections replaced, hash renewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from calibration.camera.board import Sighting
from calibration.camera.solve import Solution
from edge.eye.calibrated import Calibration
from edge.measured import digest

GOOD_FOR = timedelta(days=365)


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
