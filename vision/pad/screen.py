"""Marks of a screen or a print in the pixels: the grid of its dots."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces import Face, Pixels

MOST_PX = 160  # side of the part looked at, at the frame's own pixels
RING = (0.16, 0.46)  # cycles per pixel: above the face's own texture, below the pixels'
BLOCKS = 8  # codecs leave lines at multiples of 1/8


def grid(frame: Pixels, face: Face) -> float:
    """Strongest regular pattern over the median of its neighbourhood in frequency, log10; NaN for a small face."""
    x, y = face.points[2]
    half = int(min(MOST_PX, 0.9 * face.box.width)) // 2
    x0, y0 = max(0, int(x) - half), max(0, int(y) - half)
    part = frame[y0 : y0 + 2 * half, x0 : x0 + 2 * half]
    if min(part.shape[:2]) < 48:
        return float("nan")
    luma = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).astype(np.float32)
    luma -= cv2.GaussianBlur(luma, (0, 0), 1.5)
    rows, columns = (np.hanning(n).astype(np.float32) for n in luma.shape)
    power = np.abs(np.fft.rfft2(luma * np.outer(rows, columns)))
    fy, fx = np.fft.fftfreq(luma.shape[0])[:, None], np.fft.rfftfreq(luma.shape[1])[None]
    radius = np.hypot(fy, fx)
    on_blocks = (_near_eighth(fy) & (np.abs(fx) < 0.02)) | (_near_eighth(fx) & (np.abs(fy) < 0.02))
    within = (radius > RING[0]) & (radius < RING[1]) & ~on_blocks
    values = power[within]
    return float(np.log10(np.partition(values, -3)[-3] / max(float(np.median(values)), 1e-6)))


def _near_eighth(frequency: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs(frequency * BLOCKS - np.round(frequency * BLOCKS)) < 0.12
    return near
