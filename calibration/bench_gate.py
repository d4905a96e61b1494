"""The gate's share of the bench: the record before the opening, one poll, command to movement."""

import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from edge.encounter.codec import Step
from edge.encounter.events import Grant, Proceed, Prompt, Show, Told
from edge.encounter.journal import Journal
from hardware.door import Position
from hardware.gate import keys
from hardware.gate.bench import People, Served
from hardware.gate.driver import Gate
from hardware.gate.lane import Lane
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.native import Native
from hardware.port import SerialPort

INTENTS = 500
OPENINGS = 200
POLL_S = 0.02  # the brain's, while somebody passes


def intents(folder: Path) -> tuple[float, float]:
    """GS-12: p99 of a journaled grant on disk, in ms; bare: of fdatasync alone after as many bytes."""
    return asyncio.run(_intents(folder))


async def _intents(folder: Path) -> tuple[float, float]:
    journal = Journal(folder / "journal")
    effects = (Grant("00000000-0000-4000-8000-000000000000", "d"), Show(Prompt.GO))
    step = Step(0.0, Told("00000000-0000-4000-8000-000000000000", 1, Proceed("d")), effects)
    taken_ms = []
    for _ in range(INTENTS):
        began = time.perf_counter()
        await journal.write(step, "journey")
        taken_ms.append((time.perf_counter() - began) * 1000)
    line = journal.path.read_bytes().split(b"\n")[0] + b"\n"
    journal.close()
    with (folder / "bare").open("wb", buffering=0) as bare:

        def append() -> None:
            bare.write(line)
            os.fdatasync(bare.fileno())

        bare_ms = [_ms(append) for _ in range(INTENTS)]
    return float(np.percentile(taken_ms, 99)), float(np.percentile(bare_ms, 99))


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


class GateBench:
    """The firmware's controller, built for this machine, behind a real pseudo terminal."""

    def __init__(self, folder: Path) -> None:
        site = Site(1, 5000, 200, keys.new())
        lane = Lane(lambda pins: Native(site.image(commissioned=True), pins))
        link = folder / "gate.tty"
        self._far = Served(lane, People(lane, None, lambda _: None), link)
        nonces = itertools.count(1)
        self._gate = Gate(SerialPort(str(link)), Key(site.key), 1, time.monotonic(), lambda: next(nonces))

    def movements(self) -> list[float]:
        """Command to observed movement, in ms, of each opening."""
        return [self._opening() for _ in range(OPENINGS)]

    def poll_us(self) -> float:
        """One poll, in µs: the median of a thousand."""
        taken = [_ms(lambda: self._gate.poll(time.monotonic())) for _ in range(1000)]
        return float(np.median(taken)) * 1000

    def close(self) -> None:
        self._far.stop()
        self._gate.close()

    def _opening(self) -> float:
        self._until(
            lambda: self._position is Position.CLOSED and self._gate.state is not None and self._gate.state.ready
        )
        began = time.perf_counter()
        self._gate.grant()
        self._until(lambda: self._position is not Position.CLOSED)
        taken_ms = (time.perf_counter() - began) * 1000
        self._gate.shut()
        return taken_ms

    @property
    def _position(self) -> Position | None:
        return self._gate.state.position if self._gate.state else None

    def _until(self, so: Callable[[], bool]) -> None:
        self._gate.poll(time.monotonic())
        while not so():
            time.sleep(POLL_S)
            self._gate.poll(time.monotonic())


def measure() -> dict[str, tuple[float, str, float | None]]:
    """Value, unit and bare cost by name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        on_disk, bare = intents(folder)
        bench = GateBench(folder)
        try:
            moved = bench.movements()
            poll_us = bench.poll_us()
        finally:
            bench.close()
    return {
        "gate.intent.p99": (on_disk, "ms", bare),
        "gate.moves.p50": (float(np.percentile(moved, 50)), "ms", None),
        "gate.moves.p95": (float(np.percentile(moved, 95)), "ms", None),
        "gate.poll": (poll_us, "µs", None),
    }
