"""One frame to one sight: is somebody there, what should they change, or is this a shot worth submitting."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from edge.eye.frame import Frame
from vision.align import align
from vision.crop import Crop, crop
from vision.cues import Cue
from vision.detect import Detector
from vision.embed import Embedder, Template
from vision.faces import Box, Face, Pixels
from vision.landmarks import Landmarker
from vision.liveness import Liveness
from vision.optics import default_lens
from vision.pad.fusion import fusion, live
from vision.pad.witness import Evidence, Witness
from vision.quality import Quality, measure, obstacle, policy, rank
from vision.quality.face import judge
from vision.subject import Crowd, Subject, View, choose
from vision.track import LOST_NS, Tracker

LONG_SIDE_PX = 448  # of the copy searched: finds faces of 80 px, the far end of the volume; `refine` does the rest
COVERED_FRAMES = 5
SETTLING_FRAMES = 2  # the landmarker smooths over frames: its first ones may still be of the person before
LEAST_LIVE = 0.5  # below it the shot is kept for want of a better one


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A shot of the subject.  cue is None if the frame is acceptable; else it is the best that can be had until
    the cue is followed.  live: fused from the evidence, 0..1."""

    subject: int
    cue: Cue | None
    box: Box
    crop: Crop
    quality: Quality
    live: float
    evidence: Evidence
    rank: float
    policy: str


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
    """The models of the eye, and what is remembered of the one person before it.  One per thread; close it.

    view: of pictures of a width and a height.
    """

    def __init__(
        self, view: Callable[[int, int], View] = lambda width, height: View(default_lens(width, height))
    ) -> None:
        self._view, self._limits = cache(view), policy()
        self._detector, self._landmarker = Detector(), Landmarker(following=True)
        self._liveness, self._embedder = Liveness(), Embedder()
        self._tracker, self._witness = Tracker(), Witness()
        self._subject, self._seen_ns = 0, 0
        self._settling = self._views = 0
        self._shown: Cue | None = None
        self._covered: deque[float] = deque(maxlen=COVERED_FRAMES)

    def __call__(self, frame: Frame) -> Sight:
        """detect → one subject → track → first quality → landmarks → liveness → all measures."""
        faces = self._detector.find(frame.pixels, long_side_px=LONG_SIDE_PX)
        height, width = frame.pixels.shape[:2]
        match choose(faces, self._view(width, height)):
            case None:
                self._nobody(frame.captured_ns)
                return Nobody()
            case Crowd():
                return NotYet(None, Cue.ONE_PERSON)
            case Subject() as subject:
                try:
                    return self._sight(frame, subject, faces)
                except (ValueError, cv2.error):  # a face nobody has: it must not stop the eye
                    self._tracker.forget()
                    return NotYet(None, Cue.LOOK_HERE)

    def _nobody(self, now_ns: int) -> None:
        """What is remembered of a face ends with its visit."""
        if now_ns - self._seen_ns > LOST_NS:
            self._tracker.forget()
            self._witness = Witness()

    def _sight(self, frame: Frame, subject: Subject, faces: Sequence[Face]) -> Sight:
        self._seen_ns = frame.captured_ns
        if subject.cue is not None:
            number, _ = self._follow(subject.face.box, frame.captured_ns)
            self._witness.approach(frame.captured_ns, frame.pixels, subject.face)
            return self._not_yet(number, subject.cue)
        face = self._detector.refine(frame.pixels, subject.face)
        aligned = align(frame.pixels, face.points)
        number, checked = self._follow(face.box, frame.captured_ns, aligned)
        quality = measure(aligned, face.span_px)
        cue = obstacle(quality, self._limits, self._shown)
        if cue in (Cue.COME_CLOSER, Cue.STEP_BACK):
            return self._not_yet(number, cue)
        others = [other for other in faces if other is not subject.face]
        return self._candidate(frame, [face, *others], number, quality, aligned, checked)

    def _follow(self, box: Box, now_ns: int, aligned: Pixels | None = None) -> tuple[int, bool]:
        def embed() -> Template:
            assert aligned is not None
            return self._embedder.embed(aligned)

        number, checked = self._tracker.follow(box, now_ns, None if aligned is None else embed)
        if number != self._subject:
            self._meet(number)
        return number, checked

    def _candidate(
        self, frame: Frame, faces: list[Face], number: int, quality: Quality, aligned: Pixels, checked: bool
    ) -> Sight:
        """checked: the face itself was looked at in this frame; then the passive model has its turn in the next."""
        pixels, face, witness = frame.pixels, faces[0], self._witness
        landmarks = self._landmarker.find(pixels, face, frame.captured_ns)
        if landmarks is None:
            return self._not_yet(number, Cue.LOOK_HERE)
        if self._settling:
            self._settling -= 1
        else:
            witness.add(frame.captured_ns, pixels, aligned, face, landmarks)
        if not (checked and witness.frames):
            self._views += 1
            witness.hear(self._liveness.log_odds(pixels, face, self._views))
        evidence = witness.evidence()
        alive = live(evidence, fusion())
        if alive >= LEAST_LIVE and not checked and not self._confirmed(aligned, frame.captured_ns):
            return self._not_yet(self._subject, Cue.MOMENT)
        quality = self._steady(judge(quality, pixels, faces, landmarks))
        self._shown = obstacle(quality, self._limits, self._shown)
        cue = self._shown if self._shown or alive >= LEAST_LIVE else Cue.MOMENT
        order, version = rank(quality), self._limits.version
        return Candidate(number, cue, face.box, crop(pixels, face), quality, alive, evidence, order, version)

    def _meet(self, number: int) -> None:
        """Somebody new: what was seen of the one before says nothing about them."""
        self._subject, self._shown, self._witness = number, None, Witness()
        self._covered.clear()
        self._settling = SETTLING_FRAMES

    def _confirmed(self, aligned: Pixels, now_ns: int) -> bool:
        """Evidence of a live face is only worth something for the face it was seen of."""
        same = self._tracker.confirm(self._embedder.embed(aligned), now_ns)
        if not same:
            self._meet(self._tracker.number)
        return same

    def _steady(self, quality: Quality) -> Quality:
        """What hides a face stays for more than a frame; what is measured of it does not."""
        self._covered.append(quality.covered or 0.0)
        return replace(quality, covered=float(np.median(self._covered)))

    def _not_yet(self, number: int, cue: Cue) -> NotYet:
        self._shown = cue
        return NotYet(number, cue)

    def close(self) -> None:
        self._landmarker.close()
