"""Which poses of the board a set of pictures holds, and which it still needs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.board import Sighting
from vision.optics import Lens, default_lens

EDGE_SHARE = 0.2  # of the picture's width and height: what counts as its edge
LEAST_IN_ZONE = 3  # corners of the board
LEAST_TILT_DEG = 15.0
GUIDE_TILT_DEG = 22.0  # asked for while the lens is still a guess


class Pose(Enum):
    """What to do with the board; left, right, upper and lower are as seen in the picture."""

    MIDDLE = "hold it in the middle"
    UPPER_LEFT = "hold it in the upper left corner"
    UPPER_RIGHT = "hold it in the upper right corner"
    LOWER_LEFT = "hold it in the lower left corner"
    LOWER_RIGHT = "hold it in the lower right corner"
    UPPER = "hold it at the upper edge"
    LOWER = "hold it at the lower edge"
    LEFT = "hold it at the left edge"
    RIGHT = "hold it at the right edge"
    TILT_LEFT = "tilt the board to the left (its left side nearer to the camera)"
    TILT_RIGHT = "tilt the board to the right (its right side nearer to the camera)"
    TILT_FORWARD = "tilt the board forward (its upper side nearer to the camera)"
    TILT_BACK = "tilt the board back (its lower side nearer to the camera)"


ZONES: Sequence[Sequence[Pose]] = (
    (Pose.UPPER_LEFT, Pose.UPPER, Pose.UPPER_RIGHT),
    (Pose.LEFT, Pose.MIDDLE, Pose.RIGHT),
    (Pose.LOWER_LEFT, Pose.LOWER, Pose.LOWER_RIGHT),
)


@dataclass(frozen=True, slots=True)
class Lean:
    """Of the board against the picture's plane.  left_deg > 0: its left side is nearer; forward_deg > 0: its upper."""

    left_deg: float
    forward_deg: float


def lean(rotation: NDArray[np.float64]) -> Lean:
    """rotation: (3, 3), from the board to the camera (x right, y down, z away)."""
    x, y, z = rotation[:, 2].tolist()  # the plane's normal: where it points decides how depth grows across the picture
    z = math.copysign(max(abs(z), 1e-9), z)
    return Lean(math.degrees(math.atan(-x / z)), math.degrees(math.atan(-y / z)))


def guess_lean(seen: Sighting) -> Lean | None:
    """With a lens of common width, before the real one is known; None if the corners do not determine it."""
    found, turn, _ = cv2.solvePnP(seen.on_board, seen.in_picture, camera_matrix(_guess(seen)), np.zeros(5))
    return lean(np.array(cv2.Rodrigues(turn)[0], np.float64)) if found else None


def _guess(seen: Sighting) -> Lens:
    return default_lens(seen.width, seen.height)


def camera_matrix(lens: Lens) -> NDArray[np.float64]:
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)


def serves(seen: Sighting, leaning: Lean | None, tilt_deg: float) -> set[Pose]:
    """The poses this one picture shows."""
    return _zones(seen) | (set() if leaning is None else _tilts(leaning, tilt_deg))


def _zones(seen: Sighting) -> set[Pose]:
    shares = seen.in_picture / np.array([seen.width, seen.height], np.float32)
    columns, rows = ((shares >= EDGE_SHARE).astype(int) + (shares >= 1 - EDGE_SHARE)).T
    held = np.zeros((3, 3), int)
    np.add.at(held, (rows, columns), 1)
    return {ZONES[row][column] for row, column in np.argwhere(held >= LEAST_IN_ZONE).tolist()}


def _tilts(leaning: Lean, tilt_deg: float) -> set[Pose]:
    found = {
        Pose.TILT_LEFT: leaning.left_deg >= tilt_deg,
        Pose.TILT_RIGHT: leaning.left_deg <= -tilt_deg,
        Pose.TILT_FORWARD: leaning.forward_deg >= tilt_deg,
        Pose.TILT_BACK: leaning.forward_deg <= -tilt_deg,
    }
    return {pose for pose, shown in found.items() if shown}


def missing(served: Iterable[set[Pose]]) -> list[Pose]:
    """In the order they are asked for."""
    held = set().union(*served)
    return [pose for pose in Pose if pose not in held]
