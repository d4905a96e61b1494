"""A wall clock that is set has no effect on what counts minutes (ER-06)."""

import pytest

from backend.clock import BELIEVED_MS, SteadyClock

NOW = 1_800_000_000_000
DAY_MS = 86_400_000


class Machine:
    wall_ms, mono_ms = NOW, 5

    def wait(self, ms: int) -> None:
        self.wall_ms, self.mono_ms = self.wall_ms + ms, self.mono_ms + ms


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS, 2_000, -60_000])
def test_er06_a_jump_moves_no_timer_and_is_followed_once_it_lasts(jump_ms: int) -> None:
    machine = Machine()
    clock = SteadyClock(lambda: machine.wall_ms, lambda: machine.mono_ms)
    machine.wait(1_000)
    machine.wall_ms += jump_ms
    for second in range(BELIEVED_MS // 1000):
        assert clock() == NOW + 1_000 * (second + 1)
        machine.wait(1_000)
    assert clock() == machine.wall_ms


def test_er06_a_clock_that_jumps_to_and_fro_is_never_followed() -> None:
    machine = Machine()
    clock = SteadyClock(lambda: machine.wall_ms, lambda: machine.mono_ms)
    for minute in range(1, 100):
        machine.wait(60_000)
        machine.wall_ms += DAY_MS if minute % 2 else -DAY_MS
        assert clock() == NOW + minute * 60_000


def test_a_clock_that_is_slowly_corrected_is_followed_at_once() -> None:
    machine = Machine()
    clock = SteadyClock(lambda: machine.wall_ms, lambda: machine.mono_ms)
    for _ in range(100):
        machine.wait(1_000)
        machine.wall_ms += 1
        assert clock() == machine.wall_ms
