"""A camera that fails in a known way, for tests and drills: a clip whose frames go wrong after the first ones."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from edge.errors import CameraLost
from edge.eye.cameras.clip import ClipCamera
from edge.eye.exposure import Exposure
from edge.eye.frame import Frame
from vision.faces import Pixels

SOUND_FRAMES = 30  # after every opening, before the fault


class Fault(StrEnum):
    BLACK = "black"
    FROZEN = "frozen"
    HALF = "half"  # the lower half of every frame is missing
    SLOW = "slow"
    FAST = "fast"
    WRONG_SIZE = "wrong-size"
    VANISH = "vanish"  # no frames any more, until it is opened again


PACE = {Fault.SLOW: 2.0, Fault.FAST: 500.0}  # frames/s, from the first frame


class FaultCamera:
    """Sound for SOUND_FRAMES, then faulty until it is closed."""

    remarks = ()

    def __init__(self, fault: Fault, clip: Path) -> None:
        self._clip = ClipCamera(clip, PACE.get(fault))
        self._fault = fault
        self._last: Pixels | None = None
        self.name = f"{fault}:{self._clip.name}"

    @property
    def size(self) -> tuple[int, int]:
        return self._clip.size

    def read(self) -> Frame:
        frame = self._clip.read()
        if frame.number > SOUND_FRAMES:
            return replace(frame, pixels=self._spoil(frame.pixels))
        self._last = frame.pixels
        return frame

    def expose(self, wanted: Exposure) -> bool:
        return False

    def close(self) -> None:
        self._clip.close()

    def _spoil(self, pixels: Pixels) -> Pixels:
        match self._fault:
            case Fault.BLACK:
                return np.zeros_like(pixels)
            case Fault.FROZEN if self._last is not None:
                return self._last
            case Fault.HALF:
                half = pixels.copy()
                half[len(half) // 2 :] = 128  # what a JPEG decoder leaves where bytes are missing
                return half
            case Fault.WRONG_SIZE:
                return np.ascontiguousarray(pixels[::2, ::2])
            case Fault.VANISH:
                raise CameraLost(f"camera {self.name}: gone; it is a drill, open it again")
        return pixels


def open_fault(where: str) -> FaultCamera:
    """where: KIND:CLIP.  Raises CameraLost."""
    kind, _, clip = where.partition(":")
    if kind not in set(Fault):
        raise CameraLost(f"camera fault:{where}: expected fault:KIND:CLIP with KIND one of {', '.join(Fault)}")
    return FaultCamera(Fault(kind), Path(clip))
