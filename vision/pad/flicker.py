"""The light of a screen that is not steady: bands that roll over the face from frame to frame."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces import Pixels

ROWS = 16
KEPT = 12
LEAST = 4


class Flicker:
    """Rows of the aligned face, so that walking does not look like flicker."""

    def __init__(self) -> None:
        self._rows: deque[NDArray[np.float64]] = deque(maxlen=3)
        self._changes: deque[float] = deque(maxlen=KEPT)

    def add(self, aligned: Pixels) -> None:
        luma = cv2.resize(
            cv2.cvtColor(aligned[16:, 16:96], cv2.COLOR_BGR2GRAY), (1, ROWS), interpolation=cv2.INTER_AREA
        )
        self._rows.append(np.log(luma[:, 0].astype(np.float64) + 8))
        if len(self._rows) == 3:
            first, middle, last = self._rows
            self._changes.append(float(np.sqrt(np.mean((middle - (first + last) / 2) ** 2))))

    @property
    def value(self) -> float:
        """Median bend of the rows' log luma over three frames; NaN before a few."""
        return float(np.median(self._changes)) if len(self._changes) >= LEAST else float("nan")
