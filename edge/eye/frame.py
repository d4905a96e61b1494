"""A frame, what a camera is, and the one-slot mailboxes between the eye's two threads."""

import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from edge.eye.exposure import Exposure
from vision.faces import Pixels


class Cause(StrEnum):
    """Why a frame was not looked at."""

    LATE = "late"
    SUPERSEDED = "superseded"  # a newer one was there first: the looker is slower than the camera
    WRONG_SIZE = "wrong_size"
    INCOMPLETE = "incomplete"
    FROZEN = "frozen"
    BLACK = "black"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """number: of this camera since it was opened; a gap is a frame nobody saw.  captured_ns: monotonic clock."""

    number: int
    captured_ns: int
    pixels: Pixels


class Camera(Protocol):
    """name: without passwords.  size: width and height of its mode.  remarks: settings it did not take."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def remarks(self) -> tuple[str, ...]: ...

    def read(self) -> Frame:
        """The next frame, waiting for it about a second at most.  Raises CameraLost."""

    def expose(self, wanted: Exposure) -> bool:
        """Ask for another exposure; False where the source has no such control."""

    def close(self) -> None: ...


class Latest:
    """One slot: a slow reader gets the newest frame, never an old one; the rest are counted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: Frame | Exception | None = None
        self._dropped: Counter[Cause] = Counter()
        self._filmed = 0
        self.remarks: tuple[str, ...] = ()  # of the camera that is open

    def put(self, item: Frame | Exception) -> None:
        """A frame, or why there are none."""
        with self._changed:
            self._filmed += isinstance(item, Frame)
            if isinstance(self._item, Frame):
                self._dropped[Cause.SUPERSEDED] += 1
            self._item = item
            self._changed.notify()

    def drop(self, cause: Cause, frames: int = 1) -> None:
        """Frames that came but will not be looked at."""
        with self._changed:
            self._dropped[cause] += frames

    def take(self, wait_s: float) -> Frame | None:
        """The newest frame, None if none came.  Raises what was put as an exception."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None, wait_s)
            item, self._item = self._item, None
        if isinstance(item, Exception):
            raise item
        return item

    def counts(self) -> tuple[int, Counter[Cause]]:
        """Frames fit to be looked at that were put, and frames dropped by cause, both since the start."""
        with self._changed:
            return self._filmed, self._dropped.copy()


class Wish:
    """One slot for the exposure wanted next: the looker leaves it, the camera thread, which owns the device, takes it.

    Assigning and reading one reference needs no lock; a wish overwritten before it was taken is out of date anyway.
    """

    def __init__(self) -> None:
        self._wanted: Exposure | None = None

    def leave(self, wanted: Exposure) -> None:
        self._wanted = wanted

    def take(self) -> Exposure | None:
        wanted, self._wanted = self._wanted, None
        return wanted
