"""What a camera sees, in metres: its lens, how it is mounted, and where a face stands."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from vision.faces import Face

INTER_EYE_M = 0.063  # mean of adults (Dodgson 2004); a child of five has 0.052 and seems a fifth farther away
DEFAULT_FIELD_DEG = 70.0  # horizontal, of a common 1080p camera


@dataclass(frozen=True, slots=True)
class Lens:
    """focal_px, centre_px: x and y, pixels of a width x height picture.  distortion: k1 k2 p1 p2 k3 as OpenCV has
    them.  calibrated: False for the default lens, which is a guess and must be called one."""

    width: int
    height: int
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, ...] = ()
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Mounting:
    """height_m: lens above the floor.  tilt_deg: of the optical axis, > 0 looks down."""

    height_m: float = 1.5
    tilt_deg: float = 0.0


class Place(NamedTuple):
    """Of the middle between the eyes: metres right of the optical axis as seen, above the floor, and along the floor
    from the camera."""

    right_m: float
    height_m: float
    away_m: float


@dataclass(frozen=True, slots=True)
class Volume:
    """Where a face is captured (BYS-1, DIG-3): from a child's or a wheelchair's eye height to a tall adult's."""

    nearest_m: float = 0.35
    farthest_m: float = 2.3
    half_width_m: float = 0.6
    lowest_m: float = 0.85
    highest_m: float = 2.1


def default_lens(width: int, height: int) -> Lens:
    """A guess: square pixels, centred, 70 degrees wide."""
    focal = width / 2 / math.tan(math.radians(DEFAULT_FIELD_DEG / 2))
    return Lens(width, height, (focal, focal), (width / 2, height / 2))


def place(face: Face, lens: Lens, mounting: Mounting) -> Place:
    """Where the face is, from its size in the picture."""
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    eyes = face.points[:2].mean(axis=0)
    depth = fx * INTER_EYE_M / max(face.span_px, 1e-6)
    right, down = (float(eyes[0]) - cx) / fx * depth, (float(eyes[1]) - cy) / fy * depth
    tilt = math.radians(mounting.tilt_deg)
    away, sunk = depth * math.cos(tilt) - down * math.sin(tilt), depth * math.sin(tilt) + down * math.cos(tilt)
    return Place(right, mounting.height_m - sunk, away)
