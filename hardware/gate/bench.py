"""Serve a controller on a pseudo terminal, with a lane and people around it, for rehearsals and tests."""

import json
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from hardware.door import Position
from hardware.gate import frames
from hardware.gate.lane import Lane, Walk
from hardware.gate.limits import Flag, Pin
from hardware.gate.messages import Status

STEP_S = 0.003


class Terminal:
    """The controller's end of a pseudo terminal; `path` is the end a host opens."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)

    def read(self, wait_s: float) -> bytes:
        ready, _, _ = select.select([self._ours], [], [], wait_s)
        return os.read(self._ours, 4096) if ready else b""

    def write(self, data: bytes) -> None:
        try:
            os.write(self._ours, data)
        except BlockingIOError:
            return  # nobody reads: a wire does not wait either

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


class People:
    """Walk through every opening, one at a time, and tell what the leaf does meanwhile."""

    def __init__(self, lane: Lane, walk: Walk | None, seen: Callable[[dict[str, object]], None]) -> None:
        self._lane, self._walk, self._seen = lane, walk, seen
        self._position = Position.CLOSED
        self._decoder, self._safe = frames.Decoder(), True

    def _overhear(self, said: bytes, at_s: float) -> None:
        """Tell when the controller says that it became safe, or that it no longer is."""
        for payload in self._decoder.feed(said, round(at_s * 1000)):
            status = Status.unpack(payload)
            safe = bool(status.flags & Flag.SAFE) if status else self._safe
            if safe != self._safe:
                self._seen({"at_s": at_s, "safe": safe})
            self._safe = safe

    def advance(self, received: bytes, to_ms: int, at_s: float) -> bytes:
        """Let the lane's time pass until to_ms; at_s: the same on the clock of whoever reads the events.

        received: heard then.  Returns what the controller said meanwhile.
        """
        said = b""
        while self._lane.now_ms < to_ms:
            self._lane.advance(1, self._pins)
            said += self._lane.controller.exchange(b"")
            position = _position(self._lane.sensed())
            if position is not self._position:
                behind_s = (to_ms - self._lane.now_ms) / 1000
                self._seen({"at_s": at_s - behind_s, "position": position.name.lower()})
            self._position = position
        said += self._lane.controller.exchange(received)
        self._overhear(said, at_s)
        return said

    def _pins(self) -> int:
        if self._walk is None or self._lane.opened_ms is None:
            return 0
        return self._walk.pins(self._lane.now_ms - self._lane.opened_ms)


def _position(pins: int) -> Position:
    closed, open_ = bool(pins & Pin.LEAF_CLOSED), bool(pins & Pin.LEAF_OPEN)
    return Position.MOVING if closed == open_ else Position.OPEN if open_ else Position.CLOSED


def serve(lane: Lane, people: People, link: Path, clock: Callable[[], float], until: Callable[[], bool]) -> None:
    """Run the lane in real time on a pty that `link` points to, until told to stop."""
    terminal = Terminal()
    link.unlink(missing_ok=True)
    link.symlink_to(terminal.path)
    started_s = clock()
    try:
        while not until():
            received = terminal.read(STEP_S)
            now_s = clock()
            if said := people.advance(received, round((now_s - started_s) * 1000), now_s):
                terminal.write(said)
    finally:
        link.unlink(missing_ok=True)
        terminal.close()
        lane.controller.close()


class Served:
    """A lane served in a thread of its own, in real time, until it is stopped."""

    def __init__(self, lane: Lane, people: People, link: Path) -> None:
        self._ended = threading.Event()
        words = (lane, people, link, time.monotonic, self._ended.is_set)
        self._thread = threading.Thread(target=serve, args=words)
        self._thread.start()
        while not link.is_symlink() and self._thread.is_alive():
            time.sleep(0.002)

    def stop(self) -> None:
        """The terminal is closed under whoever has it open.  Safe to call twice."""
        self._ended.set()
        self._thread.join()


def write_line(file: TextIO) -> Callable[[dict[str, object]], None]:
    """A listener that appends each event to `file` as one JSON line."""

    def write(event: dict[str, object]) -> None:
        file.write(json.dumps(event) + "\n")
        file.flush()

    return write
