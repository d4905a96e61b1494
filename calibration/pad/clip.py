"""A clip, judged as the appliance judges an approach: every frame through its eye, at the clip's own times."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from calibration.pad.verdict import Heard, Silence, Verdict
from edge.eye.frame import Frame
from edge.eye.look import Candidate, Look
from vision.image import MOST_PIXELS
from vision.pad.witness import Evidence

USUAL_FPS = 30.0  # of a clip that does not say


@dataclass(frozen=True, slots=True)
class Shot:
    """What counts of a candidate; its pixels are let go."""

    acceptable: bool
    live: float
    rank: float
    evidence: Evidence


def judge(file: Path) -> Verdict:
    """As an encounter would submit."""
    number, shots = 0, list[Shot]()
    with closing(Look()) as look:
        for frame in frames(file):
            number = frame.number
            if isinstance(seen := look(frame), Candidate):
                shots.append(Shot(seen.cue is None, seen.live, seen.rank, seen.evidence))
    if not number:
        return Silence.UNREADABLE
    return heard(shots) if shots else Silence.NO_RESPONSE


def heard(shots: Sequence[Shot]) -> Heard:
    """By the acceptable shot with most liveness: any of them could have been submitted; where none is acceptable, by
    the best of the others."""
    acceptable = [shot for shot in shots if shot.acceptable]
    chosen = max(acceptable, key=lambda shot: shot.live) if acceptable else max(shots, key=lambda shot: shot.rank)
    return Heard(chosen.live, median(shot.live for shot in shots), chosen.evidence)


def frames(file: Path) -> Iterator[Frame]:
    """None if the file is no clip or its frames are too large."""
    video = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG) if file.is_file() else cv2.VideoCapture()
    try:
        width, height = video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if not (video.isOpened() and 0 < width * height <= MOST_PIXELS):
            return
        apart_ms, at_ms, number = 1000 / (video.get(cv2.CAP_PROP_FPS) or USUAL_FPS), -1.0, 0
        while True:
            held, pixels = video.read()
            if not held:
                return
            stamp_ms = video.get(cv2.CAP_PROP_POS_MSEC)
            at_ms = stamp_ms if stamp_ms > at_ms else at_ms + apart_ms  # some containers hold no times
            number += 1
            yield Frame(number, int(at_ms * 1e6), np.asarray(pixels, np.uint8))
    finally:
        video.release()


def only_look(files: list[Path]) -> None:
    """The same work and nothing else: what `--bare` compares with."""
    for file in files:
        with closing(Look()) as look:
            for frame in frames(file):
                look(frame)
