"""Where frames come from: a Video4Linux device, or a playlist of clips decoded at their own pace."""

import time
from pathlib import Path

import cv2
import numpy as np

from edge.errors import CameraLost
from edge.eye.frame import Camera, Frame

TAIL_S = 2.0  # of the last clip, repeated until the playlist grows


def open_camera(address: str) -> Camera:
    """`v4l2:/dev/video0`, or `clip:FILE` where FILE is a video or a .m3u playlist.  Raises CameraLost."""
    kind, _, where = address.partition(":")
    match kind:
        case "v4l2":
            return V4l2Camera(Path(where))
        case "clip":
            return ClipCamera(Path(where))
    raise CameraLost(f"camera {address!r}: expected v4l2:DEVICE or clip:FILE")


class V4l2Camera:
    """A camera of this machine at 1920 x 1080, MJPEG, its smallest buffer."""

    def __init__(self, device: Path) -> None:
        self.name = str(device)
        if not device.exists():
            raise CameraLost(f"camera {device}: no such device; check the cable and `v4l2-ctl --list-devices`")
        self._video = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
        if not self._video.isOpened():
            raise CameraLost(f"camera {device}: cannot be opened; is it in use, and may this user read it?")
        mjpeg = float(cv2.VideoWriter.fourcc(*"MJPG"))
        wanted = {cv2.CAP_PROP_FOURCC: mjpeg, cv2.CAP_PROP_FRAME_WIDTH: 1920.0, cv2.CAP_PROP_FRAME_HEIGHT: 1080.0}
        for setting, value in (wanted | {cv2.CAP_PROP_BUFFERSIZE: 1.0}).items():
            self._video.set(setting, value)
        self._number = 0

    def read(self) -> Frame:
        held, pixels = self._video.read()
        if not held:
            raise CameraLost(f"camera {self.name}: no frame came; check the cable")
        self._number += 1
        return Frame(self._number, time.monotonic_ns(), np.asarray(pixels, np.uint8))

    def close(self) -> None:
        self._video.release()


class ClipCamera:
    """Plays clips one after the other in real time; a playlist may grow while it plays.

    When there is no next clip the end of the last one is shown again and again: the person still stands there.
    """

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self._list = file if file.suffix == ".m3u" else None
        self._next = 0
        self._file = file
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
        self._due_s += 1 / self._fps
        late_s = time.monotonic() - self._due_s
        if late_s < 0:
            time.sleep(-late_s)
        elif late_s > 0.5:  # a stalled machine: do not race through what was missed
            self._due_s += late_s
        self._number += 1
        return Frame(self._number, time.monotonic_ns(), np.asarray(pixels, np.uint8))

    def close(self) -> None:
        self._video.release()

    def _upcoming(self) -> Path | None:
        """The next clip of the playlist, once.  Raises CameraLost if the list cannot be read."""
        if self._list is None:
            return None
        try:
            clips = [line for line in self._list.read_text().splitlines() if line and not line.startswith("#")]
        except OSError as error:
            raise CameraLost(f"playlist {self._list}: {error.strerror}") from error
        if self._next >= len(clips):
            return None
        self._next += 1
        return self._list.parent / clips[self._next - 1]

    def _open(self, clip: Path) -> None:
        self._video = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG)
        frames, self._fps = self._video.get(cv2.CAP_PROP_FRAME_COUNT), self._video.get(cv2.CAP_PROP_FPS)
        if not (self._video.isOpened() and frames > 0 and self._fps > 0):
            raise CameraLost(f"clip {clip}: not a readable video; expected H.264 or MPEG-4 with a frame rate")
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
