"""How often a peer may ask: what comes too soon waits for its turn."""

import pytest

from backend.budgets import BURST_S, BYTES_OF_CALL, LONGEST_S, OF_PERSON, REMEMBERED, Pace
from backend.errors import TooMany

A_SECOND = 100
BURST = round(BURST_S * A_SECOND)


def test_a_few_calls_at_once_need_not_wait_and_those_beyond_come_one_after_the_other() -> None:
    pace = Pace(A_SECOND)
    waits = [pace.wait_s("g1", 50.0) for _ in range(BURST + 3)]
    assert waits[:BURST] == [0.0] * BURST
    assert waits[BURST:] == pytest.approx([0.01, 0.02, 0.03])
    assert pace.wait_s("g2", 50.0) == 0.0, "another peer waits for nobody"
    assert pace.wait_s("g1", 60.0) == 0.0


def test_a_share_of_a_peers_calls_is_as_much_slower() -> None:
    pace = Pace(A_SECOND)
    assert [pace.wait_s("c1 p1", 50.0, OF_PERSON) for _ in range(int(BURST * OF_PERSON))][-1] == 0.0
    assert pace.wait_s("c1 p1", 50.0, OF_PERSON) == pytest.approx(0.03)
    assert pace.wait_s("c1 p2", 50.0, OF_PERSON) == 0.0


def test_holders_that_need_not_wait_are_forgotten_and_the_others_are_not() -> None:
    pace = Pace(A_SECOND)
    waits = [pace.wait_s("c1 p1", 50.0) for _ in range(BURST + 100)]
    for number in range(REMEMBERED + 5):
        pace.wait_s(f"c1 junk{number}", 50.0 + number * 0.0001)
    assert pace.wait_s("c1 p1", 51.0) == pytest.approx(waits[-1] - 1.0 + 0.01)


def test_a_large_request_counts_as_several_calls_of_what_comes_next() -> None:
    pace = Pace(A_SECOND)
    pace.wait_s("g1", 50.0)
    pace.read("g1", BYTES_OF_CALL * (BURST + 10))
    assert pace.wait_s("g1", 50.0) == pytest.approx(0.12)


def test_whose_calls_would_wait_too_long_is_told_and_a_call_refused_takes_no_turn() -> None:
    pace = Pace(A_SECOND)
    for _ in range(round(BURST + LONGEST_S * A_SECOND)):
        pace.wait_s("g1", 50.0)
    for _ in range(3):
        with pytest.raises(TooMany, match="more calls than 100 a second; ask less often"):
            pace.wait_s("g1", 50.0)
    assert pace.wait_s("g1", 50.0 + LONGEST_S) == pytest.approx(0.01, abs=0.001)
