"""The camera thread: keep a camera open, judge its frames, open it again whole when it is lost."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import cv2

from edge.errors import CameraLost
from edge.eye.cameras.inspection import Inspection, glance
from edge.eye.frame import Camera, Cause, Latest, Wish

REOPEN_S = 1.0
MOST_MISSED = 1000  # frames believed missing at once, whatever a source counts


@dataclass(frozen=True, slots=True, eq=False)
class Handover:
    """What the camera thread and the looker share.  Frames are numbered through, whatever camera they are from:
    a number means one frame as long as the eye lives."""

    latest: Latest = field(default_factory=Latest)
    wish: Wish = field(default_factory=Wish)
    ended: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


def film(open_: Callable[[], Camera], shared: Handover, rest_s: float = REOPEN_S) -> None:
    """Until `shared.ended`.  The device belongs to this thread alone."""
    while not shared.ended.is_set():
        try:
            with closing(open_()) as camera:
                _roll(camera, shared)
        except CameraLost as error:
            _lost(error, shared, rest_s)
        except (cv2.error, OSError) as error:
            _lost(CameraLost(f"camera: {error}; it is opened again"), shared, rest_s)


def _lost(error: CameraLost, shared: Handover, rest_s: float) -> None:
    shared.latest.put(error)
    shared.ended.wait(rest_s)


def _roll(camera: Camera, shared: Handover) -> None:
    inspection, last = Inspection(camera.size, time.monotonic_ns()), 0
    shared.latest.remarks = camera.remarks
    while not shared.ended.is_set():
        frame = camera.read()
        if frame.number > last + 1:
            shared.latest.drop(Cause.SUPERSEDED, min(frame.number - last - 1, MOST_MISSED))
        last, now_ns = frame.number, time.monotonic_ns()
        cause = inspection.judge(glance(frame.pixels), frame.captured_ns, now_ns)
        if cause is None:
            shared.latest.put(replace(frame, number=next(shared.numbers)))
        else:
            shared.latest.drop(cause)
        if (problem := inspection.problem(now_ns)) is not None:
            raise CameraLost(f"camera {camera.name}: {problem}")
        if (wanted := shared.wish.take()) is not None:
            camera.expose(wanted)
