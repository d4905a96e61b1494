"""Gate controllers of every kind, for the promises that hold for all of them."""

from collections.abc import Callable, Iterator

import pytest

from hardware.gate.limits import Pin
from hardware.gate.script import READY, SITE, Bench
from tests.contract.chip import CLOSED, Chip
from tests.gates import KINDS, WRAPPING

Make = Callable[..., Bench]
Start = Callable[[bytes | None, Pin], Chip]


@pytest.fixture
def start() -> Iterator[Start]:
    """The firmware in its simulated chip, with this EEPROM and these pins."""
    chips: list[Chip] = []

    def begin(memory: bytes | None = None, pins: Pin = CLOSED) -> Chip:
        chips.append(Chip(memory, pins))
        return chips[-1]

    yield begin
    for chip in chips:
        chip.simulator.close()


def _maker(kind: str) -> Iterator[Make]:
    benches: list[Bench] = []

    def begin(memory: bytes = READY, straps: int = 0, travel_ms: int = SITE.travel_ms) -> Bench:
        benches.append(Bench({**KINDS, **WRAPPING}[kind], memory, straps, travel_ms))
        return benches[-1]

    yield begin
    for bench in benches:
        bench.close()


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A new controller of each kind, not yet greeted."""
    yield from _maker(request.param)


@pytest.fixture(params=["model", "native"])
def make_quick(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Of those that many can be made of."""
    yield from _maker(request.param)


def _greeted(kind: str) -> Iterator[Bench]:
    for begin in _maker(kind):
        bench = begin()
        bench.greet()
        yield bench


@pytest.fixture(params=KINDS)
def gate(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each kind in a session."""
    yield from _greeted(request.param)


@pytest.fixture(params=WRAPPING)
def late(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """In a session, and with a clock that is about to wrap."""
    yield from _greeted(request.param)
