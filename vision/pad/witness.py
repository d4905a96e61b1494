"""What has been seen of one subject so far, as evidence for or against a live face."""

from collections import deque
from dataclasses import dataclass, fields

import numpy as np

from vision.faces import Face, Pixels
from vision.landmarks import Landmarks
from vision.pad.depth import Depth
from vision.pad.edges import Edges
from vision.pad.flicker import Flicker
from vision.pad.screen import grid
from vision.quality.shape import eyes_open, shape

KEPT = 24  # frames
BLINK = 0.72  # of the usual opening of the eyes


@dataclass(frozen=True, slots=True)
class Evidence:
    """NaN where too little was seen.  passive: mean log odds of the model.  grid: of a screen's or a print's dots.
    edges: of a card or device around the face.  depth: what no plane explains.  flicker: of a screen.  blinked: 0 or
    1.  frames: looked at by the model."""

    passive: float
    grid: float
    edges: float
    depth: float
    flicker: float
    blinked: float
    frames: int

    def parts(self) -> tuple[tuple[str, float], ...]:
        """Names and values, finite ones only."""
        values = ((field.name, float(getattr(self, field.name))) for field in fields(self))
        return tuple((name, value) for name, value in values if np.isfinite(value))


class Witness:
    """Of one subject; a new subject has a new witness."""

    def __init__(self) -> None:
        self._passive: deque[float] = deque(maxlen=KEPT)
        self._grids: deque[float] = deque(maxlen=KEPT)
        self._openings: deque[float] = deque(maxlen=KEPT)
        self._depth, self._edges, self._flicker = Depth(), Edges(), Flicker()
        self._blinked = False

    @property
    def frames(self) -> int:
        return len(self._passive)

    def approach(self, now_ns: int, frame: Pixels, face: Face) -> None:
        """A face that is still too far for anything else."""
        self._edges.add(now_ns, frame, face)

    def add(self, now_ns: int, frame: Pixels, aligned: Pixels, face: Face, landmarks: Landmarks) -> None:
        """One more frame.  aligned: (112, 112, 3)."""
        self._grids.append(grid(frame, face))
        self._edges.add(now_ns, frame, face)
        self._flicker.add(aligned)
        self._depth.add(now_ns, landmarks.points)
        opening = eyes_open(landmarks.points, shape(landmarks.points))
        if len(self._openings) >= 5 and opening < BLINK * float(np.median(self._openings)):
            self._blinked = True
        self._openings.append(opening)

    def hear(self, log_odds: float) -> None:
        """The passive model's opinion of one frame."""
        self._passive.append(log_odds)

    def evidence(self) -> Evidence:
        grids = [value for value in self._grids if np.isfinite(value)]
        return Evidence(
            passive=float(np.mean(self._passive)) if self._passive else float("nan"),
            grid=float(np.median(grids)) if grids else float("nan"),
            edges=self._edges.value,
            depth=self._depth.value,
            flicker=self._flicker.value,
            blinked=float(self._blinked),
            frames=len(self._passive),
        )
