"""The passive model's opinion of one frame: is this face live?

Source: Faceplugin's published model (three classes, the first is live).  One of several kinds of evidence.
"""

from pathlib import Path

import cv2
import numpy as np

from vision.faces import Box, Face, Pixels
from vision.sessions import Net

SIDE_PX = 128
# What the model is shown in turn, as it is and mirrored: sides of the crop in face boxes.  Smaller ones let printed
# photos pass, wider ones react to any border of a photograph; on NUAA 1.5 alone errs on 2 % of prints and 6 % of
# faces, the mean of all four views on no print and 3 % of faces.
VIEWS = ((1.5, False), (1.7, False), (1.5, True), (1.7, True))
SUREST = 8.0  # log odds; the model is never surer than this


class Liveness:
    """Calls from several threads are safe."""

    def __init__(self, *, threads: int = 1, folder: Path | None = None) -> None:
        self._net = Net("liveness", threads=threads, folder=folder)

    def log_odds(self, frame: Pixels, face: Face, view: int = 0) -> float:
        """Of a live face, -8..8, in one of VIEWS; -8 where the model gives no finite answer."""
        margin, mirrored = VIEWS[view % len(VIEWS)]
        patch = cv2.resize(crop(frame, face.box, margin), (SIDE_PX, SIDE_PX))
        patch = patch[:, ::-1] if mirrored else patch
        live, *other = self._net(np.ascontiguousarray(patch.transpose(2, 0, 1)[None], dtype=np.float32))[0][0]
        odds = float(live - np.logaddexp.reduce(other))
        return float(np.clip(odds, -SUREST, SUREST)) if np.isfinite(odds) else -SUREST


def crop(frame: Pixels, box: Box, margin: float) -> Pixels:
    """The part of `frame` around `box`, `margin` times its size, moved inside the frame where it sticks out."""
    height, width = frame.shape[:2]
    scale = min(margin, (width - 1) / box.width, (height - 1) / box.height)
    wide, tall = box.width * scale, box.height * scale
    left = min(max(box.x + (box.width - wide) / 2, 0), width - 1 - wide)
    top = min(max(box.y + (box.height - tall) / 2, 0), height - 1 - tall)
    return frame[int(top) : int(top + tall) + 1, int(left) : int(left + wide) + 1]
