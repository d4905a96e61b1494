"""Evidence that a face is a live one: today one passive model on one frame.

Source: Faceplugin's published model (three classes, the first is live).  Presentation attack detection in the sense of
ISO/IEC 30107-3; no error rate is claimed here.
"""

from pathlib import Path

import cv2
import numpy as np

from vision.faces import Box, Face, Pixels
from vision.sessions import Net

SIDE_PX = 128
MARGIN = 1.5  # side of the crop in face boxes; wider crops react to any border of a photograph


class Liveness:
    """Calls from several threads are safe."""

    def __init__(self, *, threads: int = 1, folder: Path | None = None) -> None:
        self._net = Net("liveness", threads=threads, folder=folder)

    def score(self, frame: Pixels, face: Face) -> float:
        """Probability of a live face, 0..1; 0.0 where the model gives no finite answer."""
        patch = cv2.resize(crop(frame, face.box, MARGIN), (SIDE_PX, SIDE_PX))
        logits = self._net(np.ascontiguousarray(patch.transpose(2, 0, 1)[None], dtype=np.float32))[0][0]
        odds = np.exp(logits - logits.max())
        live = float(odds[0] / odds.sum())
        return live if np.isfinite(live) else 0.0


def crop(frame: Pixels, box: Box, margin: float) -> Pixels:
    """The part of `frame` around `box`, `margin` times its size, moved inside the frame where it sticks out."""
    height, width = frame.shape[:2]
    scale = min(margin, (width - 1) / box.width, (height - 1) / box.height)
    wide, tall = box.width * scale, box.height * scale
    left = min(max(box.x + (box.width - wide) / 2, 0), width - 1 - wide)
    top = min(max(box.y + (box.height - tall) / 2, 0), height - 1 - tall)
    return frame[int(top) : int(top + tall) + 1, int(left) : int(left + wide) + 1]
