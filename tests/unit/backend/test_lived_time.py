"""What deletion may go by, whatever a wall clock says: a table written apart, and a property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.retention.lived_time import HOUR_MS, LONGEST_MS, MINUTE_MS, STEADY_MS, TOLERANCE_MS, Lived, begin, look

T = 1_800_000_000_000
DAY_MS = 24 * HOUR_MS
STEP_MS = MINUTE_MS // 2


def lived(before: Lived, hours: float, jump_ms: int = 0, kept: int = 0) -> Lived:
    """So long by the monotonic clock, in looks of half a minute; the wall clock jumps at the first."""
    now = before
    for _ in range(int(hours * HOUR_MS / STEP_MS)):
        now = look(now, kept, now.wall_ms + STEP_MS + jump_ms, now.mono_ms + STEP_MS)
        jump_ms = 0
    return now


def test_an_empty_database_believes_the_clock() -> None:
    assert begin(None, T, 5).utc_ms == T


@pytest.mark.parametrize("jump_ms", [15 * DAY_MS, DAY_MS, 2 * MINUTE_MS])
def test_er06_a_clock_that_jumps_ahead_moves_nothing_for_hours(jump_ms: int) -> None:
    now = lived(begin(T, T, 0), 3)
    jumped = lived(now, STEADY_MS / HOUR_MS - 0.1, jump_ms)
    assert jumped.utc_ms <= now.utc_ms + STEADY_MS
    assert jumped.ahead_ms >= jump_ms - TOLERANCE_MS


@pytest.mark.parametrize(
    ("jump_ms", "believed"), [(HOUR_MS, True), (LONGEST_MS - HOUR_MS, True), (LONGEST_MS + HOUR_MS, False)]
)
def test_what_runs_evenly_for_hours_is_believed_up_to_a_day(jump_ms: int, believed: bool) -> None:
    jumped = lived(lived(begin(T, T, 0), 3), 3, jump_ms)
    assert (jumped.ahead_ms == 0) is believed
    assert (lived(jumped, 100).ahead_ms == 0) is believed


def test_a_person_may_confirm_a_clock_that_is_further_ahead() -> None:
    away = begin(T, T + 15 * DAY_MS, 0)
    assert away.utc_ms == T
    assert lived(away, 1, kept=away.wall_ms).ahead_ms <= TOLERANCE_MS


def test_er06_a_clock_set_back_deletes_nothing_early_and_is_followed() -> None:
    back = lived(lived(begin(T, T, 0), 3), 1, -DAY_MS)
    assert back.utc_ms == back.wall_ms
    assert lived(back, 1, DAY_MS).ahead_ms >= DAY_MS - TOLERANCE_MS, "the way forward again is a jump, too"


def test_a_restart_believes_what_was_lived_through_and_no_more() -> None:
    assert begin(T, T + 15 * DAY_MS, 0).utc_ms == T
    assert lived(begin(T, T + 3 * HOUR_MS, 0), 1.9).utc_ms <= T + 2 * HOUR_MS
    assert lived(begin(T, T + 3 * HOUR_MS, 0), 2.1).ahead_ms == 0


def test_two_replicas_live_through_no_more_time_than_one() -> None:
    first, second, kept = begin(T, T + DAY_MS, 0), begin(T, T + DAY_MS, 7), T
    for n in range(1, 200):
        wall = T + DAY_MS + n * STEP_MS
        first = look(first, kept, wall, n * STEP_MS)
        second = look(second, first.utc_ms, wall, 7 + n * STEP_MS)
        kept = second.utc_ms
    assert kept <= T + 200 * STEP_MS


@given(st.lists(st.tuples(st.integers(0, HOUR_MS), st.integers(-20 * DAY_MS, 20 * DAY_MS)), max_size=30))
def test_whatever_a_clock_does_it_is_never_overtaken_nor_believed_within_the_hours(
    steps: list[tuple[int, int]],
) -> None:
    now, passed, most = begin(T, T, 0), 0, T
    for wait_ms, jump_ms in steps:
        passed += wait_ms
        before = now
        now = look(now, 0, now.wall_ms + wait_ms + jump_ms, now.mono_ms + wait_ms)
        assert now.utc_ms <= now.wall_ms
        if now.mono_ms - now.steady_ms < STEADY_MS:
            assert now.utc_ms <= before.utc_ms + wait_ms
        most = max(most, now.utc_ms)
        assert most <= T + passed + (LONGEST_MS + HOUR_MS) * (1 + passed // STEADY_MS)
