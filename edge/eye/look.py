"""One frame to one sight: is somebody there, what should they change, or is this a shot worth submitting."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from edge.eye.frame import Frame
from vision.align import align
from vision.cues import Cue
from vision.detect import Detector
from vision.faces import Box, Face, Pixels, Points
from vision.landmarks import Landmarker
from vision.liveness import Liveness
from vision.quality import Limits, Quality, measure, obstacle, rank
from vision.subject import choose
from vision.track import Tracker

CROP_INTER_EYE_PX = 64.0  # of the crop sent: twice what similarity saturates at, a third of the bytes of the frame's
CROP_WIDTH, CROP_ABOVE, CROP_BELOW = 4.0, 2.0, 3.0  # in distances between the eyes, around their middle
JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """jpeg: the portrait around the face.  points: (5, 2) in its pixels."""

    jpeg: bytes
    points: Points


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A shot of the subject.  cue is None if the frame is acceptable; else it is the best that can be had until
    the cue is followed.  live: passive liveness, 0..1."""

    subject: int
    cue: Cue | None
    box: Box
    crop: Crop
    quality: Quality
    live: float
    rank: float


@dataclass(frozen=True, slots=True)
class NotYet:
    """subject is None where there is not one subject."""

    subject: int | None
    cue: Cue


@dataclass(frozen=True, slots=True)
class Nobody:
    pass


Sight = Candidate | NotYet | Nobody


class Look:
    """The models of the eye.  One per thread; close it."""

    def __init__(self, limits: Limits = Limits(), folder: Path | None = None) -> None:  # noqa: B008  frozen
        self._limits = limits
        self._detector = Detector(folder=folder)
        self._landmarker = Landmarker(folder)
        self._liveness = Liveness(folder=folder)
        self._tracker = Tracker()

    def __call__(self, frame: Frame) -> Sight:
        """detect → one subject → track → first quality → landmarks → liveness."""
        chosen = choose(self._detector.find(frame.pixels))
        if chosen is None:
            return Nobody()
        if isinstance(chosen, Cue):
            return NotYet(None, chosen)
        subject = self._tracker.follow(chosen.box, frame.captured_ns)
        quality = measure(align(frame.pixels, chosen.points), chosen.inter_eye_px)
        cue = obstacle(quality, self._limits)
        if cue in (Cue.COME_CLOSER, Cue.STEP_BACK):
            return NotYet(subject, cue)
        return self._candidate(frame.pixels, chosen, subject, quality, cue)

    def _candidate(self, pixels: Pixels, face: Face, subject: int, quality: Quality, cue: Cue | None) -> Sight:
        landmarks = self._landmarker.find(pixels, face)
        if landmarks is None:
            return NotYet(subject, cue or Cue.LOOK_HERE)
        quality = replace(quality, pose=landmarks.pose)
        live = self._liveness.score(pixels, face)
        cue = obstacle(quality, self._limits)
        return Candidate(subject, cue, face.box, crop(pixels, face), quality, live, rank(quality))

    def close(self) -> None:
        self._landmarker.close()


def crop(pixels: Pixels, face: Face) -> Crop:
    """The portrait around a face, upright as in the frame, black where the frame ends."""
    scale = min(1.0, CROP_INTER_EYE_PX / face.inter_eye_px)
    eyes, unit = face.points[:2].mean(axis=0), face.inter_eye_px * scale
    size = (round(CROP_WIDTH * unit), round((CROP_ABOVE + CROP_BELOW) * unit))
    shift = np.array([CROP_WIDTH / 2 * unit, CROP_ABOVE * unit]) - scale * eyes
    view = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    portrait = cv2.warpAffine(pixels, view, size)
    _, jpeg = cv2.imencode(".jpg", portrait, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return Crop(jpeg.tobytes(), (face.points * scale + shift).astype(np.float32))
