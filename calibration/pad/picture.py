"""A single picture, judged by what one frame can give: the passive model's views and the grid of dots."""

from pathlib import Path

import cv2
import numpy as np

from calibration.pad.verdict import Heard, Silence, Verdict
from vision.detect import Detector
from vision.errors import ImageRefused
from vision.faces import Face, Pixels
from vision.image import read
from vision.liveness import VIEWS, Liveness
from vision.pad.fusion import fusion, live
from vision.pad.screen import grid
from vision.pad.witness import Evidence
from vision.portrait import subject_of

UNSEEN = float("nan")  # what takes time to see


class PictureJudge:
    """Sessions of one thread each, shared by all threads."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._detector, self._liveness = Detector(threads=1), Liveness(threads=1)

    def __call__(self, file: Path) -> Verdict:
        try:
            pixels = read(file)
        except (OSError, ImageRefused, cv2.error):
            return Silence.UNREADABLE
        try:
            face = subject_of(pixels, self._detector)
        except ImageRefused:
            return Silence.NO_RESPONSE
        evidence = self._evidence(pixels, face)
        alive = live(evidence, fusion(), one_frame=True)
        return Heard(alive, alive, evidence)

    def only_look(self, file: Path) -> None:
        """The same work and nothing else: what `--bare` compares with."""
        pixels = np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR), np.uint8)
        if faces := self._detector.find(pixels):
            self._evidence(pixels, faces[0])

    def _evidence(self, pixels: Pixels, face: Face) -> Evidence:
        passive = float(np.mean([self._liveness.log_odds(pixels, face, view) for view in range(len(VIEWS))]))
        return Evidence(passive, grid(pixels, face), UNSEEN, UNSEEN, UNSEEN, UNSEEN, frames=1)
