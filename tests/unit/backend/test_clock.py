"""A wall clock that jumps moves no timer by more than a tenth of the time that passes."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from backend.clock import RATE, SteadyClock

START, HOUR, DAY = 1_790_000_000_000, 3_600_000, 86_400_000


@dataclass
class Machine:
    wall_ms: int = START
    mono_ms: int = 5

    def steady(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall_ms, lambda: self.mono_ms)

    def wait(self, ms: int) -> None:
        self.wall_ms, self.mono_ms = self.wall_ms + ms, self.mono_ms + ms


def test_it_shows_what_an_even_wall_clock_shows() -> None:
    machine = Machine()
    clock = machine.steady()
    for ms in (1, 7, 1000, DAY):
        machine.wait(ms)
        assert clock() == machine.wall_ms


@pytest.mark.parametrize("jump_ms", [DAY, -DAY])
def test_er06_after_a_jump_of_a_day_time_goes_on_and_comes_nearer_by_a_tenth(jump_ms: int) -> None:
    machine = Machine()
    clock = machine.steady()
    machine.wall_ms += jump_ms
    assert clock() == START
    for _ in range(100):
        machine.wait(100)
        clock()
    assert clock() - START == 10_000 + (1000 if jump_ms > 0 else -1000)


@given(st.lists(st.tuples(st.integers(0, HOUR), st.integers(-2 * DAY, 2 * DAY)), max_size=30))
def test_er06_no_interval_is_a_tenth_longer_or_shorter_whatever_the_wall_clock_does(
    steps: list[tuple[int, int]],
) -> None:
    machine = Machine()
    clock = machine.steady()
    before = clock()
    for passed_ms, jump_ms in steps:
        machine.wait(passed_ms)
        machine.wall_ms += jump_ms
        now = clock()
        assert abs(now - before - passed_ms) <= RATE * passed_ms + 1
        before = now


def test_it_ends_at_the_wall_clock_and_stays_there() -> None:
    machine = Machine()
    clock = machine.steady()
    machine.wall_ms += HOUR
    for _ in range(12):
        machine.wait(HOUR)
        clock()
    assert clock() == machine.wall_ms


def test_a_jump_is_said_once_and_an_ordinary_correction_is_not() -> None:
    machine = Machine()
    clock = machine.steady()
    with capture_logs() as logs:
        machine.wall_ms += 30_000
        clock()
        machine.wall_ms += DAY
        for _ in range(3):
            machine.wait(1000)
            clock()
    assert [(line["event"], line["by_s"]) for line in logs] == [("clock.jumped", 86_430)]
