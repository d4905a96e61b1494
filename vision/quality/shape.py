"""Native measures from the 478 landmarks: openings, distances, margins (ISO/IEC 29794-5, 7.4)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.faces import Points
from vision.landmarks import Landmarks
from vision.quality.iso import Component

RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)  # corners, the subject's
RIGHT_LIDS = ((159, 145), (158, 153), (160, 144), (157, 154), (161, 163))  # upper, lower
LEFT_LIDS = ((386, 374), (385, 380), (387, 373), (384, 381), (388, 390))
LIPS = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (80, 88), (310, 318))  # inner, upper, lower
CHIN = 152
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377]
OVAL += [152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
BETWEEN_BROWS = [107, 9, 336, 285, 417, 351, 6, 122, 193, 55]
BELOW_LIPS = [57, 43, 106, 182, 83, 18, 313, 406, 335, 273, 287, 430, 431, 262, 428, 199, 208, 32, 211, 210]


@dataclass(frozen=True, slots=True)
class Shape:
    """Reference points and distances of the standard, pixels.  chin_px: from the middle between the eyes to the chin,
    the standard's T."""

    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    inter_eye_px: float
    mouth_px: float
    chin_px: float


def shape(points: Points) -> Shape:
    right, left = points[list(RIGHT_EYE)].mean(axis=0), points[list(LEFT_EYE)].mean(axis=0)
    middle, mouth = (right + left) / 2, points[[13, 14]].mean(axis=0)
    return Shape(_xy(right), _xy(left), _length(left - right), _length(mouth - middle), _length(points[CHIN] - middle))


def opening(points: Points, pairs: tuple[tuple[int, int], ...]) -> float:
    """The widest of the gaps, pixels."""
    upper, lower = (points[[pair[side] for pair in pairs]] for side in (0, 1))
    return float(np.hypot(*(upper - lower).T).max())


def eyes_open(points: Points, found: Shape) -> float:
    return min(opening(points, RIGHT_LIDS), opening(points, LEFT_LIDS)) / max(found.chin_px, 1e-6)


def natives(landmarks: Landmarks, found: Shape, frame: tuple[int, int]) -> dict[Component, float]:
    """frame: width and height of the picture, pixels."""
    (width, height), chin, inter_eye = frame, max(found.chin_px, 1e-6), max(found.inter_eye_px, 1e-6)
    pose = landmarks.pose
    level = (found.right_eye[1] + found.left_eye[1]) / 2
    return {
        Component.EyesOpen: eyes_open(landmarks.points, found),
        Component.MouthClosed: opening(landmarks.points, LIPS) / chin,
        Component.InterEyeDistance: inter_eye / max(0.2, float(np.cos(np.radians(pose.yaw_deg)))),
        Component.LeftwardCropOfTheFaceImage: found.right_eye[0] / inter_eye,
        Component.RightwardCropOfTheFaceImage: (width - found.left_eye[0]) / inter_eye,
        Component.MarginAboveOfTheFaceImage: level / chin,
        Component.MarginBelowOfTheFaceImage: (height - level) / chin,
        Component.HeadPoseYaw: pose.yaw_deg,
        Component.HeadPosePitch: pose.pitch_deg,
        Component.HeadPoseRoll: pose.roll_deg,
        Component.ExpressionNeutrality: landmarks.expressive,
    }


def _xy(point: NDArray[np.float32]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _length(step: NDArray[np.float32]) -> float:
    return float(np.hypot(*step))
