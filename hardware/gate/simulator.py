"""The firmware itself, in a simulator of its chip."""

import struct
import subprocess
from enum import IntFlag
from pathlib import Path

from hardware.errors import HardwareError
from hardware.gate.firmware import build
from hardware.gate.limits import MEMORY_SIZE

_RUN = struct.Struct("<cHHH")
_RAN = struct.Struct("<BBH")
_POWER = struct.Struct("<cH")
_MOST_MS = 0xFFFF  # in one request
ERASED = b"\xff" * MEMORY_SIZE


class SimulatorLost(HardwareError):
    """The simulating process has ended, or the chip in it has stopped; names what was asked."""


class Event(IntFlag):
    """What the bench tells of the chip beside its pins."""

    CRASHED = 1
    WATCHDOG = 2  # it has reset the chip
    ASLEEP = 4
    OVERRUN = 8  # a byte for the EEPROM while it was busy: lost


class Simulator:
    """A `Controller`; its chip is powered on at now_ms, by its own clock 0.

    Bytes take as long as on the line: those given to `exchange` are heard, and answered, while the next ticks pass.
    events: what was seen since the start of this object.  memory: None for an erased EEPROM.
    """

    def __init__(self, memory: bytes | None, pins: int, now_ms: int = 0, *, program: Path | None = None) -> None:
        memory = ERASED if memory is None else memory
        if len(memory) != MEMORY_SIZE:
            raise ValueError(f"memory must be {MEMORY_SIZE} bytes, got {len(memory)}")
        command = [str(build.bench()), str(program or build.elf())]
        self._bench = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._now_ms, self._pins = now_ms, pins
        self._drive = 0
        self._coming, self._said = b"", bytearray()
        self.events = Event(0)
        self._power_on(memory)

    def _power_on(self, memory: bytes) -> None:
        self._ask(_POWER.pack(b"P", int(self._pins)) + memory, 1)
        self._drive = 0
        self._coming = b""
        self._said.clear()

    def tick(self, now_ms: int, pins: int) -> int:
        self._pins = pins
        while wait_ms := (now_ms - self._now_ms) % 2**32:
            self._run(min(wait_ms, _MOST_MS))
        return self._drive

    def exchange(self, received: bytes) -> bytes:
        self._coming += received
        said = bytes(self._said)
        self._said.clear()
        return said

    @property
    def memory(self) -> bytes:
        return self._ask(b"M", MEMORY_SIZE)

    def reset(self, pins: int) -> None:
        """Power off and on again at once: the EEPROM stays, with these pins the chip starts."""
        memory, self._pins = self.memory, pins
        self._power_on(memory)

    def freeze(self) -> None:
        """From outside, mask the interrupt of the chip's clock: nothing of the program sees time pass any more."""
        self._ask(b"F", 1)

    def close(self) -> None:
        """Safe to call twice."""
        if self._bench.stdin and self._bench.stdout and self._bench.stderr:
            self._bench.stdin.close()
            self._bench.wait(5)
            self._bench.stdout.close()
            self._bench.stderr.close()

    def _run(self, wait_ms: int) -> None:
        coming, self._coming = self._coming, b""
        request = _RUN.pack(b"R", wait_ms, int(self._pins), len(coming)) + coming
        drive, events, said = _RAN.unpack(self._ask(request, _RAN.size))
        self._said += self._read(said, "R")
        self._drive = drive
        self.events = (self.events & ~Event.ASLEEP) | Event(events)
        self._now_ms = (self._now_ms + wait_ms) % 2**32
        if self.events & Event.CRASHED:
            raise SimulatorLost(f"simulated chip: crashed within {wait_ms} ms; run its program under simavr with gdb")

    def _ask(self, request: bytes, size: int) -> bytes:
        stdin = self._bench.stdin
        assert stdin is not None
        try:
            stdin.write(request)
            stdin.flush()
        except BrokenPipeError:
            return self._read(1, request[:1].decode())  # which finds it gone
        return self._read(size, request[:1].decode())

    def _read(self, size: int, request: str) -> bytes:
        stdout = self._bench.stdout
        assert stdout is not None
        answer = stdout.read(size)
        if len(answer) == size:
            return answer
        _, words = self._bench.communicate(timeout=5)
        said = words.decode(errors="replace").strip() or "no word"
        raise SimulatorLost(f"chip simulator: ended with {self._bench.returncode} at request {request}: {said}")
