"""A clip, or a playlist of clips, decoded at its own pace as if a camera filmed it."""

import time
from pathlib import Path

import cv2
import numpy as np

from edge.errors import CameraLost
from edge.eye.exposure import Exposure
from edge.eye.frame import Frame

TAIL_S = 2.0  # of the last clip, repeated until the playlist grows

SEQUENCE = "#EXT-X-MEDIA-SEQUENCE:"  # the number of a list's first clip, from 0, once played ones are taken off it


class ClipCamera:
    """Plays clips one after the other in real time; a playlist may grow at its end, and shrink at its head, meanwhile.

    When there is no next clip the end of the last one is shown again and again: the person still stands there.
    """

    remarks = ()

    def __init__(self, file: Path, frames_per_s: float | None = None) -> None:
        """frames_per_s: another pace than the clip's own."""
        self.name = file.name
        self._list = file if file.suffix == ".m3u" else None
        self._next = 0
        self._pace = frames_per_s
        self._number = 0
        self._due_s = time.monotonic()
        self._open(self._upcoming() or file)

    def read(self) -> Frame:
        if self._ended and (upcoming := self._upcoming()):
            self._video.release()
            self._open(upcoming)
        held, pixels = self._video.read()
        while not held:
            self._turn_over()
            held, pixels = self._video.read()
        self._due_s += 1 / (self._pace or self._fps)
        late_s = time.monotonic() - self._due_s
        if late_s < 0:
            time.sleep(-late_s)
        elif late_s > 0.5:  # a stalled machine: do not race through what was missed
            self._due_s += late_s
        self._number += 1
        return Frame(self._number, time.monotonic_ns(), np.asarray(pixels, np.uint8))

    def expose(self, wanted: Exposure) -> bool:
        return False

    def close(self) -> None:
        self._video.release()

    def _upcoming(self) -> Path | None:
        """The next clip of the playlist, once.  Raises CameraLost if the list cannot be read."""
        if self._list is None:
            return None
        try:
            lines = self._list.read_text().splitlines()
            first = next((int(line.removeprefix(SEQUENCE)) for line in lines if line.startswith(SEQUENCE)), 0)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise CameraLost(f"playlist {self._list}: {why}") from error
        clips = [line for line in lines if line and not line.startswith("#")]
        number = max(self._next, first)
        if number >= first + len(clips):
            return None
        self._next = number + 1
        return self._list.parent / clips[number - first]

    def _open(self, clip: Path) -> None:
        self._video = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG)
        frames, self._fps = self._video.get(cv2.CAP_PROP_FRAME_COUNT), self._video.get(cv2.CAP_PROP_FPS)
        if not (self._video.isOpened() and frames > 0 and self._fps > 0):
            raise CameraLost(f"clip {clip}: not a readable video; expected H.264 or MPEG-4 with a frame rate")
        width, height = self._video.get(cv2.CAP_PROP_FRAME_WIDTH), self._video.get(cv2.CAP_PROP_FRAME_HEIGHT)
        self.size = (int(width), int(height))
        self._tail = max(0.0, frames - TAIL_S * self._fps)
        self._clip, self._ended = clip, False

    def _turn_over(self) -> None:
        """The clip has ended: the next one, else its tail again."""
        self._ended = True
        if upcoming := self._upcoming():
            self._video.release()
            self._open(upcoming)
        elif not self._video.set(cv2.CAP_PROP_POS_FRAMES, self._tail):
            raise CameraLost(f"clip {self._clip}: its end cannot be shown again")
