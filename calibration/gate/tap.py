"""A port that remembers: every message that went by, with the time at which it did."""

from collections.abc import Callable
from dataclasses import dataclass

from hardware.gate import frames
from hardware.gate.diagnosis import Heard, classify
from hardware.gate.mac import Key
from hardware.gate.messages import Status, Want
from hardware.port import Port


@dataclass(frozen=True, slots=True)
class Said:
    """An authentic Status of the gate.  at_s: when the host read it; the controller's own time is in it."""

    at_s: float
    status: Status


@dataclass(frozen=True, slots=True)
class Asked:
    """A Want.  at_s: when the host wrote it."""

    at_s: float
    epoch: int
    sequence: int


class Tap:
    """A `Port` in front of another.  The driver keeps only the newest Status; here none is lost."""

    def __init__(self, port: Port, key: Key, gate: int, clock: Callable[[], float]) -> None:
        self._port, self._key, self._gate, self._clock = port, key, gate, clock
        self._going, self._coming = frames.Decoder(), frames.Decoder()
        self.asked: list[Asked] = []
        self.said: list[Said] = []

    def write(self, data: bytes) -> None:
        self._port.write(data)
        now_s = self._clock()
        for payload in self._going.feed(data, round(now_s * 1000)):
            if want := Want.unpack(payload):
                self.asked.append(Asked(now_s, want.epoch, want.sequence))

    def read(self) -> bytes:
        data = self._port.read()
        now_s = self._clock()
        for payload in self._coming.feed(data, round(now_s * 1000)):
            status = Status.unpack(payload)
            if status and classify(payload, self._gate, self._key) is Heard.OURS:
                self.said.append(Said(now_s, status))
        return data

    def close(self) -> None:
        self._port.close()
