"""A door, a reader and the pseudo terminal between them, for the promises of an OSDP door."""

import os
import time
import tty
from collections.abc import Callable

from hardware.osdp.door import OsdpDoor, Wiring
from hardware.osdp.keys import Key
from hardware.osdp.model import ReaderModel
from hardware.osdp.panel import Panel
from hardware.port import SerialPort

OURS, THEIRS = bytes.fromhex("8f3a1c5577e0a92bd4461e08b3f7c96a"), bytes.fromhex("02c7a55b1e9f3d80647ab1cc49e2f610")
STEP_S = 0.01
PATIENCE_S = 10.0


class FarEnd:
    """The reader's end of a pseudo terminal, with a cable that can be cut."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self.cut = False
        self.echo = False
        self.noise = b""
        self.heard = 0
        self._closed: set[int] = set()

    def read(self) -> bytes:
        try:
            arrived = os.read(self._ours, 4096)
        except BlockingIOError:
            return b""
        self.heard += len(arrived)
        if self.echo or self.noise:
            os.write(self._ours, arrived if self.echo else self.noise)
        return b"" if self.cut else arrived

    def write(self, frame: bytes) -> None:
        if not self.cut:
            os.write(self._ours, frame)

    def close(self) -> None:
        for end in {self._ours, self._theirs} - self._closed:
            os.close(end)
            self._closed.add(end)


class Rig:
    """A door and a reader, run by one clock."""

    def __init__(self, wiring: Wiring, secret: bytes | None = OURS, refuses: frozenset[int] = frozenset()) -> None:
        self.line = FarEnd()
        self.reader = ReaderModel(self.line, 5, secret, refuses)
        self.door = OsdpDoor(Panel(SerialPort(self.line.path, 9600), 5, Key(OURS), time.monotonic()), wiring)
        self.seen_on: list[bool] = []

    def step(self) -> None:
        self.reader.advance(time.monotonic())
        self.seen_on.append(self.reader.is_on(0, time.monotonic()))
        self.door.poll(time.monotonic())
        time.sleep(STEP_S)

    def until(self, happened: Callable[[], bool]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not happened():
            assert time.monotonic() < end_s, f"never happened: {self.door.state}"
            self.step()

    def ready(self) -> bool:
        return self.door.state is not None and self.door.state.ready

    def codes(self) -> set[str]:
        return {fault.code for fault in self.door.state.faults} if self.door.state else set()

    def told(self, kind: int) -> list[dict[str, object]]:
        return [command for command in self.reader.commands if command["command"] == kind]

    def close(self) -> None:
        self.door.close()
        self.reader.close()
