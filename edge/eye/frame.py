"""A frame, and the mailbox that holds only the newest."""

import threading
from dataclasses import dataclass
from typing import Protocol

from vision.faces import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """captured_ns: monotonic clock."""

    number: int
    captured_ns: int
    pixels: Pixels


class Camera(Protocol):
    name: str

    def read(self) -> Frame:
        """The next frame, waiting for it.  Raises CameraLost."""

    def close(self) -> None: ...


class Latest:
    """One slot: a slow reader gets the newest frame, never an old one.  `dropped` counts the rest."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: Frame | Exception | None = None
        self.dropped = 0

    def put(self, item: Frame | Exception) -> None:
        """A frame, or why there are none."""
        with self._changed:
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify()

    def take(self, wait_s: float) -> Frame | None:
        """The newest frame, None if none came.  Raises what was put as an exception."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None, wait_s)
            item, self._item = self._item, None
        if isinstance(item, Exception):
            raise item
        return item
