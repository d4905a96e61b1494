"""What the calibration of one camera wrote: its schema, its reading and its checking."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from edge import measured
from edge.errors import CalibrationUnfit
from edge.eye.exposure import ExposureLimits
from edge.measured import FINITE, Refusal
from vision import optics

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]  # one line of text
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Pixels = Annotated[float, Field(gt=0, lt=1e6)]
Metres = Annotated[float, Field(gt=0, le=50)]


class LensSection(BaseModel):
    """fx fy cx cy: pixels of the calibrated picture.  distortion: k1 k2 p1 p2 k3 as OpenCV has them.  rms_px: mean
    distance between where the board's corners were seen and where this lens says they are."""

    model_config = FINITE
    fx: Pixels
    fy: Pixels
    cx: Pixels
    cy: Pixels
    distortion: Annotated[list[float], Field(min_length=5, max_length=5)]
    rms_px: Annotated[float, Field(ge=0)]


class ExposureSection(BaseModel):
    """What the exposure may be set to.  A limit left out is unknown: the camera's own holds.  target_luma: mean luma of
    the aligned face, 0..1."""

    model_config = FINITE
    most_us: Annotated[int, Field(gt=0)]
    least_us: Annotated[int, Field(gt=0)] | None = None
    least_gain: Annotated[float, Field(ge=0)] | None = None
    most_gain: Annotated[float, Field(ge=0)] | None = None
    target_luma: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def least_is_not_above_most(self) -> Self:
        if self.least_us is not None and self.least_us > self.most_us:
            raise ValueError(f"least_us {self.least_us} is above most_us {self.most_us}")
        if self.least_gain is not None and self.most_gain is not None and self.least_gain > self.most_gain:
            raise ValueError(f"least_gain {self.least_gain} is above most_gain {self.most_gain}")
        return self


class MountingSection(BaseModel):
    """As `optics.Mounting`."""

    model_config = FINITE
    height_m: Metres
    tilt_deg: Annotated[float, Field(ge=-60, le=60)]


class VolumeSection(BaseModel):
    """As `optics.Volume`."""

    model_config = FINITE
    nearest_m: Metres
    farthest_m: Metres
    half_width_m: Metres
    lowest_m: Metres
    highest_m: Metres

    @model_validator(mode="after")
    def has_a_depth_and_a_height(self) -> Self:
        if not self.nearest_m < self.farthest_m:
            raise ValueError(f"nearest_m {self.nearest_m} must be below farthest_m {self.farthest_m}")
        if not self.lowest_m < self.highest_m:
            raise ValueError(f"lowest_m {self.lowest_m} must be below highest_m {self.highest_m}")
        return self


class Calibration(BaseModel):
    """One camera.  width, height: of the pictures it was calibrated with.  pictures: sha256 of each of them.
    sha256: over everything else, so that a change by hand is noticed; it is no signature."""

    model_config = FINITE
    camera: Name
    width: Annotated[int, Field(ge=16, le=20_000)]
    height: Annotated[int, Field(ge=16, le=20_000)]
    by: Name
    when_utc: AwareDatetime
    expires_utc: AwareDatetime
    pictures: list[Sha256]
    sha256: Sha256
    lens_section: Annotated[LensSection, Field(alias="lens")]
    exposure: ExposureSection | None = None
    mounting_section: Annotated[MountingSection | None, Field(alias="mounting")] = None
    volume_section: Annotated[VolumeSection | None, Field(alias="volume")] = None

    def lens(self, width: int, height: int) -> optics.Lens:
        """For pictures of this size: the same, or the same shape at another scale.  Raises CalibrationUnfit."""
        if abs(width * self.height - height * self.width) > max(self.width, self.height):  # more than a pixel off
            raise CalibrationUnfit(
                f"calibration of {self.camera}: made with {self.width} x {self.height} pictures, another shape than "
                f"this camera's {width} x {height}; set the camera to {self.width} x {self.height} or calibrate again"
            )
        found, x, y = self.lens_section, width / self.width, height / self.height
        centre = (found.cx + 0.5) * x - 0.5, (found.cy + 0.5) * y - 0.5  # the first pixel's middle is 0, its edge -0.5
        return optics.Lens(width, height, (found.fx * x, found.fy * y), centre, tuple(found.distortion), True)

    @property
    def mounting(self) -> optics.Mounting | None:
        found = self.mounting_section
        return None if found is None else optics.Mounting(found.height_m, found.tilt_deg)

    @property
    def volume(self) -> optics.Volume:
        """The default one if none was measured."""
        found = self.volume_section
        return optics.Volume() if found is None else optics.Volume(**found.model_dump())

    @property
    def exposure_limits(self) -> ExposureLimits | None:
        """None if not all five are known: then the exposure is the camera's own."""
        known = self.exposure.model_dump(exclude_none=True) if self.exposure else {}
        return ExposureLimits(**known) if len(known) == len(ExposureSection.model_fields) else None


def load(file: Path) -> Calibration:
    """The file, complete and unaltered, whoever's camera it is.  Raises CalibrationUnfit."""
    return measured.load(Calibration, file, Refusal("calibration", _AGAIN, CalibrationUnfit, _complaint))


_AGAIN = "calibrate again with limen-calibrate camera"


def _complaint(kind: str, message: str) -> str:
    match kind:
        case "extra_forbidden":
            return "unknown key"
        case "missing":
            return "missing"
    return message.removeprefix("Value error, ")


def read(file: Path, camera: str, now_utc: datetime) -> Calibration:
    """The calibration of `camera`, as good as the day it was made.  Raises CalibrationUnfit with the reason."""
    found = load(file)
    if found.camera != camera:
        raise CalibrationUnfit(
            f"calibration {file}: is of the camera {found.camera!r}, not of {camera!r}; name the right file or "
            f"calibrate with --name {camera}"
        )
    if not now_utc < found.expires_utc:
        day = found.expires_utc.date().isoformat()
        raise CalibrationUnfit(f"calibration {file}: expired on {day} (made {found.when_utc.date()}); {_AGAIN}")
    return found
