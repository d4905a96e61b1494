"""The implementations of the controller under test, by name, and two of them in lock-step."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from hardware.gate.controller import Controller
from hardware.gate.memory import Site
from hardware.gate.model import GateModel
from hardware.gate.native import Native
from hardware.gate.simulator import Simulator

SECRET = bytes.fromhex("8d1f5e3a9b7c024466f0a1c2d3e4f597")
SITE = Site(gate=7, opens_ms=5000, travel_ms=200, key=SECRET)
LATE_MS = 30  # the simulated chip: bytes take their time on the line, and a full line keeps its loop busy


class Kind(StrEnum):
    """both: the model and the firmware's C sources built for this machine, in lock-step."""

    MODEL = "model"
    NATIVE = "native"
    FIRMWARE = "firmware"
    BOTH = "both"


NAMES = {
    Kind.MODEL: "model (Python)",
    Kind.NATIVE: "native (the firmware's C sources, compiled for this machine)",
    Kind.FIRMWARE: "firmware (the AVR ELF in simavr)",
    Kind.BOTH: "model and native, byte for byte",
}
Begin = Callable[[bytes, int, int], Controller]  # memory, pins, now_ms


class Differs(AssertionError):
    """Model and native are given the same and do not do the same."""


class Both:
    """A `Controller`."""

    def __init__(self, memory: bytes, pins: int, now_ms: int) -> None:
        self._model, self._native = GateModel(memory, pins, now_ms), Native(memory, pins, now_ms)

    def tick(self, now_ms: int, pins: int) -> int:
        drive = self._native.tick(now_ms, pins)
        if self._model.tick(now_ms, pins) != drive:
            raise Differs(f"at {now_ms} ms the model and native drive different outputs under pins {int(pins):x}")
        return drive

    def exchange(self, received: bytes) -> bytes:
        said = self._native.exchange(received)
        if self._model.exchange(received) != said:
            raise Differs(f"the model and native answer {received.hex()} differently; native: {said.hex()}")
        if said and self._model.memory != self._native.memory:
            raise Differs("the model and native remember different things")
        return said

    @property
    def memory(self) -> bytes:
        return self._native.memory

    def close(self) -> None:
        self._native.close()


def beginner(kind: Kind, library: Path | None = None) -> Begin:
    """library: of changed C sources, for native."""
    match kind:
        case Kind.MODEL:
            return GateModel
        case Kind.NATIVE:
            return lambda memory, pins, now_ms: Native(memory, pins, now_ms, library=library)
        case Kind.FIRMWARE:
            return lambda memory, pins, now_ms: Simulator(memory, pins, now_ms)
        case Kind.BOTH:
            return Both
