"""Where eyes are inside the picture, from a lens, its height and its tilt; and how to mount it so that everybody is."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.board import Board, Sighting
from calibration.camera.errors import PicturesUnfit
from calibration.camera.poses import camera_matrix
from vision.optics import Lens, Mounting, Volume

FACE_UP_M, FACE_DOWN_M = 0.10, 0.12  # of the face above and below the eyes: it must be in the picture as a whole
LEAST_STRETCH_M = 0.5  # of the approach: at 1.4 m/s a third of a second, ten frames
STEP_M = 0.01
TILTS_DEG = np.arange(-20.0, 30.5, 0.5)
HEIGHTS_M = np.arange(0.9, 2.21, 0.05)


@dataclass(frozen=True, slots=True)
class Person:
    who: str
    eyes_m: float


PEOPLE = (Person("child", 0.95), Person("wheelchair user", 1.15), Person("tall adult", 1.95))


@dataclass(frozen=True, slots=True)
class View:
    """Half angles from the optical axis to the picture's edges, radians, > 0 away from the axis."""

    up: float
    down: float
    left: float
    right: float


def view(lens: Lens) -> View:
    (_, _), (cx, cy) = lens.focal_px, lens.centre_px
    ends = [[cx, -0.5], [cx, lens.height - 0.5], [-0.5, cy], [lens.width - 0.5, cy]]
    straight = cv2.undistortPoints(np.array(ends), camera_matrix(lens), np.array(lens.distortion or (0.0,) * 5))
    (_, top), (_, bottom), (left, _), (right, _) = np.array(straight).reshape(-1, 2).tolist()
    return View(math.atan(-top), math.atan(bottom), math.atan(-left), math.atan(right))


@dataclass(frozen=True, slots=True)
class Span:
    """Heights above the floor."""

    lowest_m: float
    highest_m: float


def heights(seen: View, mounting: Mounting, away_m: float) -> Span:
    """Of the eyes of faces that are wholly in the picture at this distance along the floor."""
    tilt = math.radians(mounting.tilt_deg)
    lowest = mounting.height_m - away_m * math.tan(seen.down + tilt)
    highest = mounting.height_m + away_m * math.tan(seen.up - tilt)
    return Span(lowest + FACE_DOWN_M, highest - FACE_UP_M)


def width_m(seen: View, away_m: float) -> float:
    """Of the picture straight ahead."""
    return away_m * (math.tan(seen.left) + math.tan(seen.right))


@dataclass(frozen=True, slots=True)
class Reach:
    """until_m: how near the person can come and still be wholly in the picture, walking in from the far end; None if
    not even seen there."""

    person: Person
    until_m: float | None
    stretch_m: float

    @property
    def enough(self) -> bool:
        return self.stretch_m >= LEAST_STRETCH_M


def reach(seen: View, mounting: Mounting, volume: Volume, person: Person) -> Reach:
    until = None
    for away_m in _inwards(volume).tolist():
        span = heights(seen, mounting, away_m)
        if not span.lowest_m <= person.eyes_m <= span.highest_m:
            break
        until = away_m
    return Reach(person, until, 0.0 if until is None else volume.farthest_m - until)


def _inwards(volume: Volume) -> NDArray[np.float64]:
    steps = round((volume.farthest_m - volume.nearest_m) / STEP_M)
    return np.linspace(volume.farthest_m, volume.nearest_m, steps + 1)


def reaches(seen: View, mounting: Mounting, volume: Volume) -> list[Reach]:
    return [reach(seen, mounting, volume, person) for person in PEOPLE]


def complaints(seen: View, mounting: Mounting, volume: Volume) -> list[str]:
    """Who is not seen and how it is mended; empty if everybody is."""
    poor = [found for found in reaches(seen, mounting, volume) if not found.enough]
    return [*map(_complaint, poor), _advice(seen, mounting, volume)] if poor else []


def _complaint(found: Reach) -> str:
    who = f"{found.person.who} (eyes at {found.person.eyes_m:.2f} m)"
    if found.until_m is None:
        return f"{who}: not in the picture at the far end"
    return f"{who}: in the picture for {found.stretch_m:.2f} m of the approach, at least {LEAST_STRETCH_M:.2f} m needed"


def _advice(seen: View, mounting: Mounting, volume: Volume) -> str:
    """The least change: tilt alone, height alone, both."""
    tilts = [m.tilt_deg for m in _good(seen, [replace(mounting, tilt_deg=float(t)) for t in TILTS_DEG], volume)]
    lifts = [m.height_m for m in _good(seen, [replace(mounting, height_m=float(h)) for h in HEIGHTS_M], volume)]
    ways = [f"tilt it {_tilt(_middle(tilts))}"] if tilts else []
    ways += [_lift(_middle(lifts), mounting)] if lifts else []
    if ways:
        return " or ".join(ways)
    both = [Mounting(float(h), float(t)) for h in HEIGHTS_M for t in TILTS_DEG[::4]]
    if found := list(_good(seen, both, volume)):
        best = min(found, key=lambda m: abs(m.height_m - mounting.height_m) * 40 + abs(m.tilt_deg - mounting.tilt_deg))
        return f"{_lift(best.height_m, mounting)} and tilt it {_tilt(best.tilt_deg)}"
    high = math.degrees(seen.up + seen.down)
    return f"the lens sees only {high:.0f}° of height: turn the camera upright (portrait) or take a wider lens"


def _good(seen: View, mountings: Sequence[Mounting], volume: Volume) -> Iterator[Mounting]:
    return (m for m in mountings if all(found.enough for found in reaches(seen, m, volume)))


def _middle(good: Sequence[float]) -> float:
    return good[len(good) // 2]


def _tilt(tilt_deg: float) -> str:
    if abs(tilt_deg) < 0.25:
        return "level"
    return f"to {abs(tilt_deg):g}° {'down' if tilt_deg > 0 else 'up'} (--tilt-deg {tilt_deg:g})"


def _lift(height_m: float, mounting: Mounting) -> str:
    return f"{'lower' if height_m < mounting.height_m else 'raise'} the camera to {height_m:.2f} m"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the camera hangs, from a board that stands upright.  roll_deg > 0: the camera leans to its right."""

    height_m: float
    tilt_deg: float
    roll_deg: float


def standing(seen: Sighting, lens: Lens, board: Board, board_m: float) -> Standing:
    """board_m: height of the board's middle above the floor.  Raises PicturesUnfit."""
    distortion = np.array(lens.distortion or (0.0,) * 5)
    found, turn, at_mm = cv2.solvePnP(seen.on_board, seen.in_picture, camera_matrix(lens), distortion)
    if not found:
        raise PicturesUnfit(f"picture {seen.name}: the board's place cannot be worked out; hold it nearer and flat")
    rotation = np.array(cv2.Rodrigues(turn)[0], np.float64)
    down = rotation[:, 1]  # the board's own downwards, which is the floor's
    middle = rotation @ np.array([board.width_mm / 2, board.height_mm / 2, 0]) + np.array(at_mm, np.float64).ravel()
    tilt, roll = math.atan2(down[2], math.hypot(down[0], down[1])), math.atan2(down[0], down[1])
    return Standing(board_m + float(down @ middle) / 1000, math.degrees(tilt), math.degrees(roll))
