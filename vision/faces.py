"""What the detector and its readers pass around: frames, boxes, points, faces."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (height, width, 3), BGR
Points = NDArray[np.float32]  # (n, 2), x then y, pixels
EYES_TO_MOUTH = 1.155  # of the distance between the eyes, on the embedder's template
MOST_ASIDE = 0.55  # of the nose tip from the middle between the eyes, in distances between them


class Box(NamedTuple):
    """Upright rectangle in pixels of the image it was found in."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        tall = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(0.0, wide) * max(0.0, tall)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A detected face.  `points` (5, 2): the subject's right eye, left eye, nose tip, right and left mouth corner."""

    box: Box
    points: Points
    score: float

    @property
    def inter_eye_px(self) -> float:
        return float(np.hypot(*(self.points[1] - self.points[0])))

    @property
    def span_px(self) -> float:
        """The distance between the eyes as if the head were not turned: by the eyes, or by eyes and mouth."""
        eyes, mouth = self.points[:2].mean(axis=0), self.points[3:].mean(axis=0)
        return max(self.inter_eye_px, float(np.hypot(*(mouth - eyes))) / EYES_TO_MOUTH)

    @property
    def faces_us(self) -> bool:
        """Turned by less than about 45 degrees: the nose is between the eyes."""
        right, left, nose = self.points[:3]
        along = (left - right) / max(self.inter_eye_px, 1e-6)
        return abs(float((nose - (right + left) / 2) @ along)) <= MOST_ASIDE * self.span_px
