"""A scanned document: which questions are asked with it, and which never are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.encounter.events import (
    AgentBoards,
    Ask,
    CallAgent,
    Claimed,
    Event,
    GateMoved,
    Grant,
    Outcome,
    Proceed,
    Prompt,
    Recapture,
    Seen,
    ServiceChanged,
    Show,
    Tick,
    Told,
    Unanswered,
    Wait,
)
from edge.encounter.states import Asking, Idle, Looking, State, WithAgent
from edge.encounter.step import CLAIM_S, GONE_S, LONGEST_S, step
from tests.make import UP, play, seen
from tests.unit.edge.test_step import PASS, events
from vision.cues import Cue

T = "t-anna"
Script = tuple[tuple[float, Event], ...]


def approach(at_s: float, encounter: str = "e1", subject: int = 1, first: int = 1) -> Script:
    """Three shots that differ: enough for a question."""
    return tuple(
        (at_s + i * 0.03, seen(subject, str(first + i), at_s=at_s + i * 0.03, fresh=encounter, yaw_deg=5.0 * i))
        for i in range(3)
    )


def claimed(at_s: float, traveler: str = T) -> tuple[float, Event]:
    return at_s, Claimed(traveler, at_s)


def asked(*script: tuple[float, Event], start: State = UP) -> list[tuple[str, int, str | None]]:
    return [(e.encounter, e.attempt, e.traveler) for e in play(*script, start=start)[1] if isinstance(e, Ask)]


WAITING: Script = (*approach(0.0), (0.1, Told("e1", 1, Wait())))
AGAIN: Script = (*approach(0.0), (0.1, Told("e1", 1, Recapture(Cue.MORE_LIGHT))))


@pytest.mark.parametrize(
    ("script", "questions"),
    [
        ((*approach(0.0),), [("e1", 1, None)]),
        ((claimed(0.0), *approach(1.0)), [("e1", 1, T)]),
        ((claimed(0.0), *approach(CLAIM_S - 0.1)), [("e1", 1, T)]),
        ((claimed(0.0), *approach(CLAIM_S + 0.1)), [("e1", 1, None)]),
        ((approach(0.0)[0], claimed(0.01), *approach(0.0)[1:]), [("e1", 1, T)]),
        ((claimed(0.0, "t-ben"), claimed(0.1), *approach(1.0)), [("e1", 1, T)]),
        ((*AGAIN, claimed(0.2), *approach(0.3)), [("e1", 1, None), ("e1", 2, T)]),
        ((claimed(-1.0), *AGAIN, *approach(0.3)), [("e1", 1, T), ("e1", 2, T)]),
        ((claimed(-19.9), *AGAIN, *approach(0.3)), [("e1", 1, T), ("e1", 2, T)]),
        ((claimed(-1.0, "t-ben"), *AGAIN, claimed(0.2), *approach(0.3)), [("e1", 1, "t-ben"), ("e1", 2, T)]),
        ((*WAITING, claimed(0.5), *approach(0.6)), [("e1", 1, None), ("e1", 2, T)]),
        (
            (*approach(0.0), claimed(0.08), (0.1, Told("e1", 1, Wait())), *approach(0.2)),
            [("e1", 1, None), ("e1", 2, T)],
        ),
        ((*approach(0.0), claimed(0.1), *approach(0.2, "e2", 2)), [("e1", 1, None), ("e2", 1, T)]),
    ],
    ids=[
        "none",
        "before",
        "just in time",
        "too old",
        "while looking",
        "the latest",
        "before the next attempt",
        "for every attempt",
        "expired after the first question, still about the one",
        "another one after the first attempt",
        "with the agent",
        "while the answer is awaited",
        "while another's answer is awaited",
    ],
)
def test_which_questions_are_about_one_traveller(script: Script, questions: list[tuple[str, int, str | None]]) -> None:
    assert asked(*script) == questions


def test_a_document_serves_one_encounter_and_not_the_next_traveller() -> None:
    passed = (*approach(1.0), (1.2, Told("e1", 1, Proceed("d1"))), *((1 + s, e) for s, e in PASS))
    closed = (2.9, GateMoved("closed", 0))
    assert asked(claimed(0.0), *passed, closed, *approach(4.0, "e2", 2)) == [("e1", 1, T), ("e2", 1, None)]


def test_a_document_of_one_who_was_found_without_it_does_not_stay_for_the_next() -> None:
    passed = (*approach(0.0), claimed(0.08), (0.1, Told("e1", 1, Proceed("d1"))), *PASS, (1.9, GateMoved("closed", 0)))
    assert asked(*passed, *approach(4.0, "e2", 2)) == [("e1", 1, None), ("e2", 1, None)]


def test_a_document_of_one_whom_the_agent_boards_does_not_stay_for_the_next() -> None:
    answer = (0.2, Told("e9", 1, Proceed("d9")))
    there = (0.05, seen(9, at_s=0.05, fresh="e0"))
    boarded = (
        claimed(0.0),
        there,
        (0.1, AgentBoards("t9", "AG-7", "e9")),
        answer,
        *PASS,
        (1.9, GateMoved("closed", 0)),
    )
    assert asked(*boarded, *approach(4.0, "e2", 2)) == [("e2", 1, None)]


def test_the_next_in_line_may_scan_while_somebody_passes() -> None:
    passing = (*approach(0.0), (0.1, Told("e1", 1, Proceed("d1"))), *PASS)
    script = (*passing, claimed(1.6), (1.9, GateMoved("closed", 0)), *approach(4.0, "e2", 2))
    assert asked(*script) == [("e1", 1, None), ("e2", 1, T)]


def test_whom_the_search_did_not_find_is_looked_at_again_with_a_document_and_may_proceed() -> None:
    state, done = play(*WAITING, claimed(0.5))
    assert isinstance(state.phase, Looking)
    assert done[-3:] == [CallAgent("e1"), Show(Prompt.SEE_AGENT), Show(Prompt.LOOK_HERE)]
    _, done = play(*WAITING, claimed(0.5), *approach(0.6, first=4), (0.8, Told("e1", 2, Proceed("d2"))))
    assert Ask("e1", 2, ("4", "5", "6"), T) in done
    assert Grant("e1", "d2") in done


@pytest.mark.parametrize("answer", [Wait(), Recapture(Cue.LOOK_HERE), Unanswered("late")])
def test_the_second_chance_is_one_attempt_and_then_it_is_the_agents(
    answer: Wait | Recapture | Unanswered,
) -> None:
    second = (*WAITING, claimed(0.5), *approach(0.6), claimed(0.7), (0.8, Told("e1", 2, answer)))
    state, done = play(*second, claimed(0.9), *approach(1.0), claimed(1.1), *approach(1.2))
    assert isinstance(state.phase, WithAgent)
    assert [e.attempt for e in done if isinstance(e, Ask)] == [1, 2]
    assert done[-2:] == [CallAgent("e1"), Show(Prompt.SEE_AGENT)]


def test_a_second_chance_in_which_nothing_can_be_seen_ends_with_the_agent() -> None:
    far = [(0.6 + t / 2, seen(shot=None, cue=Cue.HOLD_STILL, at_s=0.6 + t / 2)) for t in range(int(LONGEST_S * 2) + 2)]
    state, done = play(*WAITING, claimed(0.5), *far, (0.6 + LONGEST_S, Tick()), claimed(16.5), *approach(16.6))
    assert isinstance(state.phase, WithAgent)
    assert len([e for e in done if isinstance(e, Ask)]) == 1


def test_a_document_without_a_search_before_it_is_asked_with_too() -> None:
    """The service was away when the encounter began: the first question is the assisted one."""
    up = (0.2, ServiceChanged(True))
    assert asked((0.0, seen()), up, claimed(0.3), *approach(0.4), start=State()) == [("e1", 1, T)]


def test_ops1_without_a_service_a_document_asks_nothing() -> None:
    state, done = play((0.0, seen()), claimed(0.1), *approach(0.2), start=State())
    assert isinstance(state.phase, WithAgent)
    assert not any(isinstance(e, Ask) for e in done)


def test_a_document_read_after_whoever_waited_has_left_is_the_next_ones() -> None:
    script = (*WAITING, claimed(0.1 + GONE_S + 0.2))
    assert Show(Prompt.LOOK_HERE) not in play(*script)[1][-1:], "there is nobody to look at again"
    assert asked(*script, *approach(1.5, "e2", 2)) == [("e1", 1, None), ("e2", 1, T)]


def test_g2_an_encounter_that_was_granted_and_ended_is_never_asked_about_again() -> None:
    """It has an outcome already, and each encounter has one."""
    granted = (*approach(0.0), (0.1, Told("e1", 1, Proceed("d1"))), (2.2, Tick()))
    state, done = play(*granted, (2.3, seen(at_s=2.3)), claimed(2.4), *approach(2.5))
    assert isinstance(state.phase, WithAgent)
    assert len([e for e in done if isinstance(e, Ask)]) == 1
    assert len([e for e in done if isinstance(e, Outcome)]) == 1


def test_an_answer_to_the_search_that_comes_during_the_second_chance_opens_nothing() -> None:
    late = (*approach(0.0), (3.2, Tick()), (3.3, seen(at_s=3.3)), claimed(3.4), *approach(3.5))
    state, done = play(*late, (3.7, Told("e1", 1, Proceed("d1"))))
    assert isinstance(state.phase, Asking)
    assert not any(isinstance(e, Grant) for e in done)


def test_a_document_nobody_comes_for_is_forgotten() -> None:
    state, done = play(claimed(0.0), (CLAIM_S + 0.1, Tick()))
    assert (state, done) == (UP, [])
    assert state.phase == Idle()


@settings(max_examples=300)
@given(st.lists(st.tuples(st.floats(0, 0.7), events), max_size=60))
def test_whatever_happens_no_encounter_goes_from_one_traveller_back_to_everybody(
    script: list[tuple[float, Event]],
) -> None:
    state, now_s = UP, 0.0
    about: dict[str, str | None] = {}
    for wait_s, event in script:
        now_s += wait_s
        before = state
        state, effects = step(state, event, now_s)
        for effect in effects:
            if isinstance(effect, Ask):
                assert effect.attempt == 1 or effect.traveler is not None or about[effect.encounter] is None
                about[effect.encounter] = effect.traveler
            if isinstance(effect, Ask | Grant):
                assert state.claim is None, "a document serves one encounter"
        if isinstance(before.phase, WithAgent) and isinstance(state.phase, Looking | Asking):
            assert state.phase.encounter != before.phase.encounter or isinstance(event, Claimed | Seen)
