"""What has been seen of one subject so far, as evidence for or against a live face."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from vision.faces import Face, Pixels
from vision.landmarks import Landmarks

KEPT = 15  # passive scores


@dataclass(frozen=True, slots=True)
class Evidence:
    """live: calibrated, 0..1; 0 where nothing is known."""

    live: float
    passive: float

    def parts(self) -> tuple[tuple[str, float], ...]:
        """What it was fused from, finite values only."""
        return (("passive", self.passive),)


class Witness:
    """Of one subject; a new subject has a new witness."""

    def __init__(self) -> None:
        self._passive: deque[float] = deque(maxlen=KEPT)

    @property
    def has_passive(self) -> bool:
        return bool(self._passive)

    def add(self, now_ns: int, frame: Pixels, face: Face, landmarks: Landmarks, passive: float | None) -> Evidence:
        if passive is not None:
            self._passive.append(passive)
        value = float(np.median(self._passive)) if self._passive else 0.0
        return Evidence(value, value)
