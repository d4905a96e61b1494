"""The first, cheap measures of a face, and the order of shots; they need nothing but the aligned face."""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.align import SIZE_PX
from vision.faces import Pixels
from vision.landmarks import Pose
from vision.quality.iso import Assessment


@dataclass(frozen=True, slots=True)
class Quality:
    """inter_eye_px: in the frame.  sharpness: variance of the Laplacian of the aligned face, grey levels squared,
    >= 0.  exposure: mean luma of the aligned face, 0..1.

    Once landmarks are known: pose in degrees; eyes_open: smaller opening of the two eyes by the distance from eyes to
    chin; covered: share of the eyes' or the mouth's zone that is hidden, the larger, 0..1; components:
    ISO/IEC 29794-5.
    """

    inter_eye_px: float
    sharpness: float
    exposure: float
    pose: Pose | None = None
    eyes_open: float | None = None
    covered: float | None = None
    components: tuple[Assessment, ...] = ()


def measure(aligned: Pixels, inter_eye_px: float) -> Quality:
    """Measure a (112, 112, 3) aligned BGR face.  Raises ValueError on another shape."""
    if aligned.shape != (SIZE_PX, SIZE_PX, 3):
        raise ValueError(f"aligned face must be ({SIZE_PX}, {SIZE_PX}, 3), got {aligned.shape}")
    luma = cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)
    laplacian = cv2.Laplacian(luma, cv2.CV_32F)
    return Quality(inter_eye_px, float(laplacian.var()), float(luma.mean() / 255))


def rank(quality: Quality) -> float:
    """Order of shots of one person, 0..1, higher is better: straight (if known) and sharp, size until it suffices."""
    turned = 0.0 if quality.pose is None else abs(quality.pose.yaw_deg) + abs(quality.pose.pitch_deg)
    straight = max(0.0, 1 - turned / 60)
    sharp = np.minimum(1.0, quality.sharpness / 600)  # not min(): that would lose a NaN
    near = np.minimum(1.0, quality.inter_eye_px / 60)
    value = float(straight * np.sqrt(sharp) * near)
    return value if np.isfinite(value) else 0.0
