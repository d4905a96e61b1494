"""Is a frame fit to be looked at, and is the camera still there?  Decided from a sample of pixels and given times."""

import zlib
from dataclasses import dataclass

import numpy as np

from edge.eye.frame import Cause
from vision.faces import Pixels

OLDEST_NS = 500_000_000  # a frame older than this never decides
NOTICE_NS = 1_500_000_000  # without one usable frame for this long the camera is lost; to be noticed within 2 s
SAMPLED_ROWS = 34
BLACK_MEAN, BLANK_SPREAD = 8.0, 2.0  # grey levels; a lens cap, a screen of one colour
BLANK_SHARE = 0.2  # of the rows, from the bottom, of one colour: the rest of the frame never came
ADVICE = {
    None: "no frame; check cable and power",
    Cause.LATE: "frames come late; is the network or this machine overloaded?",
    Cause.WRONG_SIZE: "frames are of another size than its mode; has somebody changed its settings?",
    Cause.INCOMPLETE: "parts of the frames are missing; check the cable, and what else uses the bus",
    Cause.FROZEN: "the picture does not change; check cable and power",
    Cause.BLACK: "the picture is black or of one colour; is the lens covered, is there light?",
}


@dataclass(frozen=True, slots=True)
class Glance:
    """What a sample of about two thousand pixels tells.  mean, spread: grey levels.  blank: share of the rows."""

    size: tuple[int, int]
    checksum: int
    mean: float
    spread: float
    blank: float


def glance(pixels: Pixels) -> Glance:
    """pixels: (height, width, 3).  The checksum stands for the picture: a real sensor never gives the same twice."""
    height, width = pixels.shape[:2]
    step = max(1, height // SAMPLED_ROWS)
    sample = np.ascontiguousarray(pixels[step // 2 :: step, step // 2 :: step])
    green = sample[..., 1]
    uneven = np.flatnonzero((green != green[:, :1]).any(axis=1))
    blank = 1.0 - (uneven[-1] + 1) / len(green) if len(uneven) else 1.0
    return Glance((width, height), zlib.crc32(sample.data), float(green.mean()), float(green.std()), blank)


class Inspection:
    """Of one opened camera: judge every frame, then ask for the problem, if any."""

    def __init__(self, size: tuple[int, int], opened_ns: int) -> None:
        self._size = size
        self._usable_ns = opened_ns
        self._checksum: int | None = None
        self._last: Cause | None = None

    def judge(self, seen: Glance, captured_ns: int, now_ns: int) -> Cause | None:
        """Why this frame is not to be looked at, None if it is."""
        cause = self._flaw(seen, now_ns - captured_ns)
        self._checksum, self._last = seen.checksum, cause
        if cause is None:
            self._usable_ns = now_ns
        return cause

    def problem(self, now_ns: int) -> str | None:
        """What is wrong and what to check, once there was no usable frame for NOTICE_NS."""
        return ADVICE[self._last] if now_ns - self._usable_ns > NOTICE_NS else None

    def _flaw(self, seen: Glance, age_ns: int) -> Cause | None:
        if seen.size != self._size:
            return Cause.WRONG_SIZE
        if not 0 <= age_ns <= OLDEST_NS:
            return Cause.LATE
        if not (seen.mean >= BLACK_MEAN and seen.spread >= BLANK_SPREAD):
            return Cause.BLACK
        if seen.checksum == self._checksum:
            return Cause.FROZEN
        return Cause.INCOMPLETE if seen.blank >= BLANK_SHARE else None
