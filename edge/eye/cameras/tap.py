"""The tap: the one process that fetches a camera's stream from the network; it knows no models and writes no file.

`python -m edge.eye.cameras.tap --memory FD --words FD`, the URL on standard input.  It opens the stream once and ends
when the stream does, when its standard input is closed, or when the far end of the line says so or is gone.
"""

import argparse
import contextlib
import os
import select
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

import cv2
import numpy as np

from edge.errors import CameraLost
from edge.eye.cameras.line import MOST_WORD_BYTES, Writer
from edge.eye.seal import write_no_files

OPEN_MS, READ_MS = 3000, 1500
CONNECT_S = 2.0
SETTLE_S = 2.0
DRIFT = 2e-4  # of a camera's clock against ours: what lags by less is the clocks' difference
FFMPEG = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay|analyzeduration;500000"


class Lag:
    """How far behind its own best a stream is: the part of a frame's age that shows without a common clock."""

    def __init__(self) -> None:
        self._least_ns, self._at_ns = 0, 0

    def of(self, stamp_ms: float, now_ns: int) -> int:
        """stamp_ms: the frame's time by the camera's clock; 0 ns if it has none."""
        if not 0 < stamp_ms < 1e12:
            return 0
        behind_ns = now_ns - round(stamp_ms * 1e6)
        crept_ns = self._least_ns + round(DRIFT * (now_ns - self._at_ns))
        if not self._at_ns or behind_ns < crept_ns:
            crept_ns = behind_ns
        self._least_ns, self._at_ns = crept_ns, now_ns
        return behind_ns - crept_ns


def pour(url: str, writer: Writer) -> None:
    """The stream into the line, until it ends.  Raises CameraLost, OSError when the reader is gone."""
    _knock(url)
    wanted = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    video = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [*wanted, cv2.CAP_PROP_N_THREADS, 1])  # threads would add frames
    if not video.isOpened():
        raise CameraLost(f"it answers, but gives no stream within {OPEN_MS} ms; check path, user and password")
    _catch_up(video)
    lag = Lag()
    while video.grab():
        now_ns = time.monotonic_ns()
        width, height = (int(video.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        slot = writer.slot(width, height)
        held, pixels = video.retrieve(slot)
        if not held:
            continue
        if pixels.shape != slot.shape:  # the stream changed its size just now
            height, width = pixels.shape[:2]
            slot = writer.slot(width, height)
        if not np.may_share_memory(pixels, slot):
            slot[:] = pixels
        writer.announce(width, height, now_ns - lag.of(video.get(cv2.CAP_PROP_POS_MSEC), now_ns))
    raise CameraLost(f"the stream ended, or no frame came for {READ_MS} ms; check the camera's power and the network")


def _knock(url: str) -> None:
    """FFmpeg does not say why it cannot open a stream: see whether anybody is there.  Raises CameraLost."""
    parts = urlsplit(url)
    where = (parts.hostname or "", parts.port or (322 if parts.scheme == "rtsps" else 554))
    try:
        socket.create_connection(where, CONNECT_S).close()
    except OSError as error:
        why = error.strerror or str(error)
        raise CameraLost(f"no connection to {where[0]} port {where[1]}: {why}; check address and network") from error


def _catch_up(video: cv2.VideoCapture) -> None:
    """Pass over what gathered while the stream was opened: frames that come faster than they were filmed are old."""
    until_s, before_ms, before_s = time.monotonic() + SETTLE_S, 0.0, time.monotonic()
    while time.monotonic() < until_s and video.grab():
        now_ms, now_s = video.get(cv2.CAP_PROP_POS_MSEC), time.monotonic()
        if 0 < before_ms < now_ms and (now_s - before_s) * 1000 > (now_ms - before_ms) / 2:
            return
        before_ms, before_s = now_ms, now_s


def _leave_when_told(words: socket.socket) -> None:
    """Whatever arrives means: go.  FFmpeg may be blocked: the process ends at once, its memory is its own."""
    select.select([sys.stdin, words], [], [])
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="edge.eye.cameras.tap", description=__doc__)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--words", type=int, required=True)
    arguments = parser.parse_args()
    write_no_files()
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = FFMPEG
    words = socket.socket(fileno=arguments.words)
    with contextlib.suppress(BlockingIOError):  # meant for the tap before this one
        while words.recv(MOST_WORD_BYTES, socket.MSG_DONTWAIT):
            pass
    url = sys.stdin.readline().strip()
    threading.Thread(target=_leave_when_told, args=(words,), daemon=True).start()
    writer = Writer(arguments.memory, words)
    try:
        pour(url, writer)
    except (CameraLost, cv2.error) as error:
        with contextlib.suppress(OSError):  # nobody listens any more
            writer.complain(str(error))
        sys.exit(1)
    except OSError:
        sys.exit(1)


if __name__ == "__main__":
    main()
