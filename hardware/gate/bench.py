"""Serve the controller model on a pseudo terminal, with a lane and people in it, for rehearsals and tests."""

import json
import os
import select
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hardware.gate.messages import Position
from hardware.gate.model import GateModel

STEP_S = 0.005


@dataclass(frozen=True, slots=True)
class Walker:
    """A person who walks through `after_s` seconds after the leaf is open: entry beam, both, exit beam."""

    after_s: float = 0.5
    beam_s: float = 0.4

    def beams(self, since_open_s: float) -> tuple[bool, bool]:
        t = since_open_s - self.after_s
        return 0 <= t < self.beam_s, self.beam_s / 2 <= t < 1.5 * self.beam_s


class Lane:
    """The model, the people, and a list of what was seen to happen: position changes and passages."""

    def __init__(self, model: GateModel, walker: Walker | None, seen: Callable[[dict[str, object]], None]) -> None:
        self.model = model
        self._walker = walker
        self._seen = seen
        self._position = Position.CLOSED
        self._open_s: float | None = None
        self._passages = 0

    def advance(self, now_s: float) -> None:
        position = self.model.position(now_s)
        if position is Position.OPEN and self._position is not Position.OPEN:
            self._open_s = now_s
        if self._walker and self._open_s is not None:
            self.model.passage.sense(*self._walker.beams(now_s - self._open_s))
        if position is not self._position:
            self._seen({"at_s": now_s, "position": position.name.lower()})
        if self.model.passage.forward != self._passages:
            self._seen({"at_s": now_s, "passages": self.model.passage.forward})
        self._position, self._passages = position, self.model.passage.forward


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
        os.write(self._ours, data)

    def close(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)


def serve(lane: Lane, link: Path, clock: Callable[[], float], until: Callable[[], bool]) -> None:
    """Run the lane on a pty that `link` points to, until told to stop."""
    terminal = Terminal()
    link.unlink(missing_ok=True)
    link.symlink_to(terminal.path)
    try:
        while not until():
            received = terminal.read(STEP_S)
            lane.advance(clock())
            if reply := lane.model.exchange(received, clock()):
                terminal.write(reply)
    finally:
        link.unlink(missing_ok=True)
        terminal.close()


def write_line(file: TextIO) -> Callable[[dict[str, object]], None]:
    """A listener that appends each event to `file` as one JSON line."""

    def write(event: dict[str, object]) -> None:
        file.write(json.dumps(event) + "\n")
        file.flush()

    return write
