"""The eye's two threads: the camera fills the mailbox, the looker empties it and tells the brain."""

import socket
import struct
import threading
import time
from functools import partial

from limen.v1 import eye_pb2, verification_pb2

from edge.errors import CameraLost
from edge.eye.calibrated import Calibration
from edge.eye.cameras import open_camera, spoken
from edge.eye.cameras.film import Handover, film
from edge.eye.cameras.inspection import NOTICE_NS, OLDEST_NS
from edge.eye.exposure import Follower
from edge.eye.frame import Cause, Frame
from edge.eye.look import Candidate, Look, Nobody, Sight
from edge.eye.message import message
from edge.eye.pulse import Pulse
from vision.optics import Mounting, default_lens
from vision.subject import View

TICK_S = 0.25
ALONE_NS = 1_000_000_000  # nobody there for this long:
IDLE_PERIOD_NS = 66_000_000  # look 15 times a second, whatever the camera gives
STUCK_NS = 10_000_000_000  # a thread that hangs in a driver cannot be ended: the eye ends and is started again


def watch(address: str, brain: socket.socket, calibration: Calibration | None = None) -> None:
    """Look for ever.  Without a calibration the lens is a guess and the exposure is the camera's own.

    Raises OSError when the brain is gone, SystemExit when the camera's driver hangs.
    """
    shared, look = Handover(), Look(partial(_view, calibration))
    limits = calibration.exposure_limits if calibration else None
    threading.Thread(target=film, args=(partial(open_camera, address), shared), name="camera", daemon=True).start()
    watcher = _Watcher(spoken(address), brain, shared, Follower(limits) if limits else None)
    while True:
        watcher.rest()
        if (frame := watcher.next()) is not None:
            watcher.saw(frame, look(frame))


def _view(calibration: Calibration | None, width: int, height: int) -> View:
    """Raises CalibrationUnfit if the calibration is of pictures of another shape."""
    if calibration is None:
        return View(default_lens(width, height))
    return View(calibration.lens(width, height), calibration.mounting or Mounting(), calibration.volume)


class _Watcher:
    """What the looker knows of its camera between two frames."""

    def __init__(self, name: str, brain: socket.socket, shared: Handover, follower: Follower | None) -> None:
        self._name, self._brain, self._shared, self._follower = name, brain, shared, follower
        self._described = False
        self._looked_ns = self._somebody_ns = 0
        self._came = 0
        self._heard_ns = time.monotonic_ns()
        self._pulse = Pulse(shared.latest, self._heard_ns)

    def rest(self) -> None:
        """While nobody is there, until it is time for the next look."""
        now_ns = time.monotonic_ns()
        if now_ns - self._somebody_ns > ALONE_NS:
            time.sleep(max(0, self._looked_ns + IDLE_PERIOD_NS - now_ns) / 1e9)

    def next(self) -> Frame | None:
        """A frame fit to be looked at, None if there is none now."""
        latest = self._shared.latest
        try:
            frame = latest.take(TICK_S)
        except CameraLost as error:
            self._heard_ns = time.monotonic_ns()
            self._lost(str(error))
            frame = None
        now_ns = time.monotonic_ns()
        if (health := self._pulse.beat(now_ns)) is not None:
            _tell(self._brain, eye_pb2.Sight(camera_health=health))
        filmed, dropped = latest.counts()
        if (came := filmed + dropped.total()) != self._came:
            self._came, self._heard_ns = came, now_ns
        if frame is None:
            self._wait(now_ns)
            return None
        if now_ns - frame.captured_ns > OLDEST_NS:
            latest.drop(Cause.LATE)
            return None
        self._describe(frame)
        self._looked_ns = now_ns
        return frame

    def saw(self, frame: Frame, sight: Sight) -> None:
        """Tell the brain, and have the camera expose for the face."""
        self._pulse.looked += 1
        if not isinstance(sight, Nobody):
            self._somebody_ns = time.monotonic_ns()
        _tell(self._brain, message(frame, sight))
        if self._follower is None:
            return
        if (wanted := self._follower.want(_luma(sight), time.monotonic_ns())) is not None:
            self._shared.wish.leave(wanted)

    def _wait(self, now_ns: int) -> None:
        """Nothing to look at: a camera thread that gets no frames at all, good or bad, cannot say so itself."""
        silent_ns = now_ns - self._heard_ns
        if silent_ns > STUCK_NS:
            raise SystemExit(f"camera {self._name}: its driver has not answered for {STUCK_NS / 1e9:g} s")
        if silent_ns > NOTICE_NS and self._described:
            self._lost(f"camera {self._name}: no frame for more than {NOTICE_NS / 1e9:g} s; check cable and power")

    def _lost(self, problem: str) -> None:
        _tell(self._brain, eye_pb2.Sight(camera_fault=eye_pb2.CameraFault(problem=problem)))
        self._described = False
        if self._follower is not None:
            self._follower.forget()

    def _describe(self, frame: Frame) -> None:
        """Once for each opening, before its first frame is looked at."""
        if self._described:
            return
        self._described = True
        height, width = frame.pixels.shape[:2]
        camera = verification_pb2.Camera(name=self._name[-80:], width=width, height=height)
        ready = eye_pb2.CameraReady(camera=camera, remarks=self._shared.latest.remarks)
        _tell(self._brain, eye_pb2.Sight(camera_ready=ready))


def _luma(sight: Sight) -> float | None:
    """Mean luma of the subject's face, 0..1, where it was measured."""
    return sight.quality.exposure if isinstance(sight, Candidate) else None


def _tell(brain: socket.socket, sight: eye_pb2.Sight) -> None:
    body = sight.SerializeToString()
    brain.sendall(struct.pack(">I", len(body)) + body)
