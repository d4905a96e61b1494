"""A camera of this machine through Video4Linux: mode and controls set and read back, frames by the driver's clock."""

import fcntl
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl

import cv2
import numpy as np

from edge.errors import CameraLost
from edge.eye.cameras import controls
from edge.eye.cameras.controls import Id
from edge.eye.exposure import Exposure
from edge.eye.frame import Frame

SIZE = (1920, 1080)
STAMP_NS = 2_000_000_000  # a driver's stamp is believed if it is at most this old
UNITS: Mapping[str, tuple[Id, float]] = {  # of an address: control, its units in ours
    "exposure_us": (Id.EXPOSURE_ABSOLUTE, 0.01),
    "gain": (Id.GAIN, 1.0),
    "white_balance_k": (Id.WHITE_BALANCE_TEMPERATURE, 1.0),
    "focus": (Id.FOCUS_ABSOLUTE, 1.0),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which device, and what its controls shall be, in the controls' own units."""

    device: Path
    wanted: Mapping[Id, float]

    @classmethod
    def parse(cls, where: str) -> Self:
        """where: /dev/video0 or /dev/video0?exposure_us=8000&gain=10.  Raises CameraLost."""
        device, _, query = where.partition("?")
        wanted = {}
        for name, text in parse_qsl(query, keep_blank_values=True):
            if name not in UNITS or not text.isdecimal():
                expected = ", ".join(UNITS)
                raise CameraLost(f"camera {device}: setting {name}={text!r}; expected a whole number for {expected}")
            id_, scale = UNITS[name]
            wanted[id_] = int(text) * scale
        return cls(Path(device), wanted)


def stamp(driver_ms: float, now_ns: int) -> int:
    """When a frame was captured: the driver's stamp where it can be on the monotonic clock, else now."""
    driver_ns = round(driver_ms * 1e6) if driver_ms == driver_ms and abs(driver_ms) < 1e15 else 0
    return driver_ns if now_ns - STAMP_NS <= driver_ns <= now_ns else now_ns


class V4l2Camera:
    """1920 x 1080, MJPEG, its smallest buffer."""

    def __init__(self, place: Place) -> None:
        device = place.device
        self.name = str(device)
        if not device.exists():
            raise CameraLost(f"camera {device}: no such device; check the cable and `v4l2-ctl --list-devices`")
        self._video = cv2.VideoCapture(str(device), cv2.CAP_V4L2)
        if not self._video.isOpened():
            raise CameraLost(f"camera {device}: cannot be opened; is it in use, and may this user read it?")
        self._number = 0
        self._fd = -1
        try:
            self.size = self._set_mode()
            self._fd = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self.close()
            raise CameraLost(
                f"camera {device}: its controls cannot be reached ({error.strerror}); unplugged?"
            ) from error
        except CameraLost:
            self.close()
            raise
        self.remarks = tuple(filter(None, (controls.put(self._ioctl, *item) for item in place.wanted.items())))

    def read(self) -> Frame:
        held, pixels = self._video.read()
        if not held:
            raise CameraLost(f"camera {self.name}: no frame came; check the cable")
        self._number += 1
        captured_ns = stamp(self._video.get(cv2.CAP_PROP_POS_MSEC), time.monotonic_ns())
        return Frame(self._number, captured_ns, np.asarray(pixels, np.uint8))

    def expose(self, wanted: Exposure) -> bool:
        """Each as near as the camera can."""
        times = {Id.EXPOSURE_ABSOLUTE: wanted.time_us * 0.01, Id.GAIN: wanted.gain}
        taken = [self._expose(id_, value) for id_, value in times.items()]
        return all(taken)

    def close(self) -> None:
        self._video.release()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _expose(self, id_: Id, value: float) -> bool:
        control = controls.query(self._ioctl, id_)
        return control is not None and controls.put(self._ioctl, id_, control.nearest(value)) is None

    def _set_mode(self) -> tuple[int, int]:
        """Raises CameraLost if the device does not have it."""
        mjpeg, (width, height) = cv2.VideoWriter.fourcc(*"MJPG"), SIZE
        wanted = {cv2.CAP_PROP_FOURCC: mjpeg, cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height}
        for setting, value in wanted.items():
            self._video.set(setting, float(value))
        found = {setting: int(self._video.get(setting)) for setting in wanted}
        if found != wanted:
            letters = found[cv2.CAP_PROP_FOURCC].to_bytes(4, "little", signed=True).decode("ascii", "replace")
            mode = f"{found[cv2.CAP_PROP_FRAME_WIDTH]} x {found[cv2.CAP_PROP_FRAME_HEIGHT]} {letters}"
            hint = f"check `v4l2-ctl -d {self.name} --list-formats-ext`"
            raise CameraLost(f"camera {self.name}: gives {mode}, not {width} x {height} MJPG; {hint}")
        self._video.set(cv2.CAP_PROP_BUFFERSIZE, 1.0)
        return SIZE

    def _ioctl(self, request: int, structure: bytes) -> bytes:
        return fcntl.ioctl(self._fd, request, structure)
