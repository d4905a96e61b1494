"""The straight edges of a card or a device around the face: they stay where they are *relative to the face*.

What is behind a person moves against the face while it comes nearer, and averages out.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.align import similarity
from vision.faces import Face, Pixels, Points

SIDE_PX, EYE_PX = 144, 14.0  # of the upright picture around the face, and between the eyes in it
MEMORY = 7  # views in the running mean
MOVED = 0.12  # in distances between the eyes, or of the face's size
STANDS_NS = 250_000_000  # a face that stands adds a view this often,
STANDING = 0.6  # and what is behind it stands as well: such views count for less
LEAST_VIEWS = 5
EYES = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.575], [-0.41, 1.155], [0.42, 1.155]], np.float32)
TARGET = EYES * EYE_PX + np.array([SIDE_PX / 2, SIDE_PX * 0.42], np.float32)


class Edges:
    def __init__(self) -> None:
        self._mean: NDArray[np.float32] | None = None
        self._views = self._moves = 0
        self._last: Points | None = None
        self._last_ns = 0

    def add(self, now_ns: int, frame: Pixels, face: Face) -> None:
        moved = self._last is None or _moved(self._last, face)
        if not moved and now_ns - self._last_ns < STANDS_NS:
            return
        self._last, self._last_ns = face.points, now_ns
        self._moves += moved
        picture = cv2.warpAffine(frame, similarity(face.points, TARGET), (SIDE_PX, SIDE_PX))
        luma = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (3, 3), 0)
        upright = np.asarray(cv2.Sobel(luma, cv2.CV_32F, 1, 0), np.float32)
        # with its sign: an edge that stays adds up, those that pass cancel
        self._views += 1
        part = 1 / min(self._views, MEMORY)
        self._mean = upright if self._mean is None else (1 - part) * self._mean + part * upright

    @property
    def value(self) -> float:
        """The weaker of the strongest upright edges to both sides, by the mean gradient; NaN before LEAST_VIEWS."""
        if self._mean is None or self._views < LEAST_VIEWS:
            return float("nan")
        rows, centre, face = slice(int(SIDE_PX * 0.3), int(SIDE_PX * 0.62)), SIDE_PX // 2, int(EYE_PX * 1.6)
        columns = np.abs(self._mean[rows].mean(axis=0))
        floor = float(np.abs(self._mean).mean()) + 1.0
        weight = 1.0 if self._moves >= LEAST_VIEWS else STANDING
        return weight * float(min(columns[: centre - face].max(), columns[centre + face :].max()) / floor)


def _moved(before: Points, face: Face) -> bool:
    shift = float(np.hypot(*(face.points.mean(axis=0) - before.mean(axis=0))))
    size = float(np.hypot(*(before[1] - before[0])))
    return shift > MOVED * face.span_px or abs(face.inter_eye_px - size) > MOVED * size
