"""When the service is down and when it is up again: as a table, and whatever happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.service_health import CONFIRM_S, PROBE_S, REST_S, Call, ServiceHealth, judge, next_probe_s

UP = ServiceHealth(True)
P, Q, R = Call.PROBE, Call.QUESTION, Call.REPORT
Said = tuple[Call, bool, float]


def after(*said: Said, start: ServiceHealth = UP) -> ServiceHealth:
    health = start
    for call, answered, now_s in said:
        health = judge(health, call, answered=answered, now_s=now_s)
    return health


@pytest.mark.parametrize(
    ("said", "up"),
    [
        ((), True),
        (((P, False, 1.0),), True),
        (((P, False, 1.0), (P, False, 2.0)), False),
        (((P, False, 1.0), (P, True, 2.0), (P, False, 3.0)), True),
        (((Q, False, 1.0), (P, False, 1.5)), False),
        (((P, False, 1.0), (R, False, 1.5)), False),
        (((Q, False, 1.0), (P, True, 1.5), (P, True, 2.5)), True),
        (((Q, False, 1.0), (P, True, 1.5), (Q, False, 2.0)), False),
        (((Q, False, 1.0), (Q, True, 1.5), (Q, False, 2.0)), True),
        (((R, False, 1.0), (P, True, 1.5), (R, False, 4.0), (P, True, 4.5), (R, False, 8.0)), True),
        (((P, False, 1.0), (P, False, 2.0), (P, True, 3.0)), True),
        (((P, False, 1.0), (P, False, 2.0), (R, True, 2.1)), True),
        (((Q, False, 1.0), (P, True, 1.1), (Q, False, 2.0), (P, True, 2.5)), False),
        (((Q, False, 1.0), (P, True, 1.1), (Q, False, 2.0), (P, True, 1.9 + REST_S)), False),
        (((Q, False, 1.0), (P, True, 1.1), (Q, False, 2.0), (P, True, 2.1 + REST_S)), True),
        (((Q, False, 1.0), (P, True, 1.1), (Q, False, 2.0), (Q, True, 2.5)), True),
        (((Q, False, 1.0), (Q, False, 2.0), (P, True, float("nan"))), False),
    ],
)
def test_down_is_what_is_confirmed_and_up_what_has_answered(said: tuple[Said, ...], up: bool) -> None:
    assert after(*said).up is up


def test_at_the_start_nothing_is_known_and_nobody_is_invited() -> None:
    assert not ServiceHealth().up
    assert not after((P, False, 0.0), start=ServiceHealth()).up
    assert after((P, True, 0.0), start=ServiceHealth()).up


@pytest.mark.parametrize("stopped_s", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("answers_late_by_s", [PROBE_S, 0.001])
def test_a_service_that_stops_is_down_within_three_seconds(stopped_s: float, answers_late_by_s: float) -> None:
    """Probes as they are sent; each is missed at its deadline, or refused at once."""
    health, sent_s, now_s = UP, 0.0, 0.0
    while health.up:
        answered = sent_s < stopped_s
        now_s = sent_s + (0.01 if answered else answers_late_by_s)
        health = judge(health, P, answered=answered, now_s=now_s)
        sent_s = max(now_s, next_probe_s(health, sent_s))
    assert now_s - stopped_s <= 3.0


def test_a_miss_is_confirmed_sooner_than_the_next_probe_was_due() -> None:
    assert next_probe_s(UP, 5.0) == 5.0 + PROBE_S
    assert next_probe_s(after((P, False, 5.1)), 5.0) == 5.0 + CONFIRM_S


calls = st.tuples(st.sampled_from(Call), st.booleans(), st.floats(0, 2))


@given(st.lists(calls, max_size=50), st.booleans())
def test_nothing_but_an_answer_brings_it_up_and_nothing_but_a_miss_down(
    said: list[tuple[Call, bool, float]], start: bool
) -> None:
    health, now_s = ServiceHealth(start), 0.0
    for call, answered, wait_s in said:
        now_s += wait_s
        before, health = health, judge(health, call, answered=answered, now_s=now_s)
        if health.up != before.up:
            assert health.up is answered
