"""First quality measures of one face; measures only: what is good enough is policy (`Limits`)."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.align import SIZE_PX
from vision.cues import Cue
from vision.faces import Pixels
from vision.landmarks import Pose


@dataclass(frozen=True, slots=True)
class Quality:
    """inter_eye_px: in the frame.  sharpness: variance of the Laplacian of the aligned face, grey levels squared,
    >= 0.  exposure: mean luma of the aligned face, 0..1.  Pose in degrees; None until landmarks are known."""

    inter_eye_px: float
    sharpness: float
    exposure: float
    pose: Pose | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy: what a frame must reach to be worth submitting.

    Similarity saturates at a face width of 65 to 80 px (36 px between the eyes).  The luma limits are wide on
    purpose: they must catch darkness, not dark skin.
    """

    least_inter_eye_px: float = 36.0
    most_inter_eye_px: float = 200.0
    least_sharpness: float = 60.0
    least_exposure: float = 0.14
    most_exposure: float = 0.90
    most_yaw_deg: float = 25.0
    most_pitch_deg: float = 25.0
    most_roll_deg: float = 25.0


def measure(aligned: Pixels, inter_eye_px: float) -> Quality:
    """Measure a (112, 112, 3) aligned BGR face.  Raises ValueError on another shape."""
    if aligned.shape != (SIZE_PX, SIZE_PX, 3):
        raise ValueError(f"aligned face must be ({SIZE_PX}, {SIZE_PX}, 3), got {aligned.shape}")
    luma = cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)
    laplacian = cv2.Laplacian(luma, cv2.CV_32F)
    return Quality(inter_eye_px, float(laplacian.var()), float(luma.mean() / 255))


def obstacle(quality: Quality, limits: Limits) -> Cue | None:
    """The one thing to change first, or None.  Written so that NaN is an obstacle."""
    if not quality.inter_eye_px >= limits.least_inter_eye_px:
        return Cue.COME_CLOSER
    if not quality.inter_eye_px <= limits.most_inter_eye_px:
        return Cue.STEP_BACK
    if not limits.least_exposure <= quality.exposure <= limits.most_exposure:
        return Cue.MORE_LIGHT
    if not quality.sharpness >= limits.least_sharpness:
        return Cue.HOLD_STILL
    if quality.pose is not None and not _frontal(quality.pose, limits):
        return Cue.LOOK_HERE
    return None


def _frontal(pose: Pose, limits: Limits) -> bool:
    return (
        abs(pose.yaw_deg) <= limits.most_yaw_deg
        and abs(pose.pitch_deg) <= limits.most_pitch_deg
        and abs(pose.roll_deg) <= limits.most_roll_deg
    )


def rank(quality: Quality) -> float:
    """Order of shots of one person, 0..1, higher is better: straight (if known) and sharp, size until it suffices."""
    turned = 0.0 if quality.pose is None else abs(quality.pose.yaw_deg) + abs(quality.pose.pitch_deg)
    straight = max(0.0, 1 - turned / 60)
    sharp = np.minimum(1.0, quality.sharpness / 600)  # not min(): that would lose a NaN
    near = np.minimum(1.0, quality.inter_eye_px / 60)
    value = float(straight * np.sqrt(sharp) * near)
    return value if np.isfinite(value) else 0.0
