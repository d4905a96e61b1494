"""Does the face have depth?  A flat picture, however it is moved, only ever shows views of a plane.

The landmarks of two views of a plane are related by a homography; a head that comes nearer or turns leaves a residual.
Source: Hartley, Zisserman: Multiple View Geometry, 2nd edition, 13.1 (homographies induced by a plane).
"""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces import Points
from vision.quality.shape import LEFT_EYE, RIGHT_EYE

# Points that neither blink nor speak: outline, forehead, brows' roots, eye corners, nose, cheeks.
RIGID = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 127, 234, 93, 132, 58, 162, 21, 54, 103, 67, 109]
RIGID += [151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 19, 94, 98, 327, 48, 278, 64, 294, 33, 133, 362, 263, 50, 280, 205, 425]
RIGID += [117, 346, 118, 347, 101, 330, 36, 266, 142, 371, 129, 358, 68, 298, 71, 301, 122, 351, 193, 417]
APART_NS = 150_000_000
KEPT = 24
GROWN = 1.35  # nearer by this much, the views differ enough to tell a plane;
LONG_NS = 1_500_000_000  # else after this time what there is has to do


class Depth:
    """Views of one face, far enough apart in time; how badly a plane explains them."""

    def __init__(self) -> None:
        self._views: deque[NDArray[np.float32]] = deque(maxlen=KEPT)
        self._residuals: deque[float] = deque(maxlen=KEPT)
        self._times: list[int] = []  # of the first view and of the last
        self._sizes: list[float] = []  # the smallest and the largest

    def add(self, now_ns: int, points: Points) -> None:
        if self._times and now_ns - self._times[1] < APART_NS:
            return
        self._times = [self._times[0] if self._times else now_ns, now_ns]
        view, size = normalised(points)
        self._sizes = [min([size, *self._sizes]), max([size, *self._sizes])]
        if self._views:
            self._residuals.append(max(residual(view, other) for other in (self._views[0], self._views[-1])))
        self._views.append(view)

    @property
    def value(self) -> float:
        """Residual of the least planar pair of views but one, in distances between the eyes; NaN while the views are
        too few or too alike."""
        if len(self._residuals) < 2:
            return float("nan")
        if self._sizes[1] < GROWN * self._sizes[0] and self._times[1] - self._times[0] < LONG_NS:
            return float("nan")
        return float(np.sort(self._residuals)[-2])


def normalised(points: Points) -> tuple[NDArray[np.float32], float]:
    """RIGID points, eyes one apart around the origin, and how far the eyes were apart."""
    eyes = points[[*RIGHT_EYE, *LEFT_EYE]]
    right, left = eyes[:2].mean(axis=0), eyes[2:].mean(axis=0)
    scale = max(float(np.hypot(*(left - right))), 1e-6)
    return np.asarray((points[RIGID] - (left + right) / 2) / scale, np.float32), scale


def residual(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Root mean square distance a plane cannot explain."""
    plane, _ = cv2.findHomography(other, one)
    if plane is None:
        return 0.0
    moved = cv2.perspectiveTransform(other[None], plane)[0]
    return float(np.sqrt(((moved - one) ** 2).sum(axis=1).mean()))
