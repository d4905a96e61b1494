"""The encounter as a table, and what must hold whatever happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.encounter.events import (
    AgentBoards,
    Ask,
    Boarded,
    CallAgent,
    Claimed,
    Crossed,
    Crowd,
    CutOff,
    Event,
    GateLost,
    GateMoved,
    Grant,
    Nobody,
    NotCrossed,
    Outcome,
    Proceed,
    Prompt,
    Recapture,
    Seen,
    ServiceChanged,
    Show,
    Shut,
    Tick,
    Told,
    Unanswered,
    Wait,
    Why,
)
from edge.encounter.states import Asking, AskingDocuments, Idle, Looking, Passing, State, WithAgent
from edge.encounter.step import FRESH_S, GONE_S, step
from tests.make import UP, play, seen
from vision.cues import Cue

D = "d1"


ARRIVE = ((0.0, seen(shot="1")), (0.03, seen(shot="2", at_s=0.03, yaw_deg=5)), (0.06, seen(shot="3", at_s=0.06)))
PASS = ((0.3, GateMoved("moving", 0)), (0.5, GateMoved("open", 0)), (1.5, GateMoved("open", 1)))
OPENED = (*ARRIVE, (0.1, Told("e1", 1, Proceed(D))), *PASS)


def test_a_known_traveller_walks_through_and_is_recorded() -> None:
    state, done = play(*OPENED, (1.9, GateMoved("closed", 0)))
    assert done == [
        Show(Prompt.LOOK_HERE),
        Ask("e1", 1, ("1", "2", "3")),
        Show(Prompt.CHECKING),
        Grant("e1", D),
        Show(Prompt.GO),
        Shut(),
        Shut(),
        Outcome("e1", Crossed(D), 1800),
        Show(Prompt.WELCOME),
    ]
    assert state.phase == Idle(done=1)


def test_whoever_has_passed_starts_no_second_encounter_by_standing_there() -> None:
    state, done = play(*OPENED, (1.9, GateMoved("closed", 0)), (2.0, seen(fresh="e2")), (3.0, seen(fresh="e3")))
    assert state.phase == Idle(done=1)
    assert not any(isinstance(e, Ask) and e.encounter != "e1" for e in done)


@pytest.mark.parametrize(
    ("passages", "outcome"),
    [
        ([0], NotCrossed(D, Why.NOBODY_PASSED)),
        ([1, 1], NotCrossed(D, Why.MORE_THAN_ONE)),
        ([2], NotCrossed(D, Why.MORE_THAN_ONE)),
    ],
)
def test_g9_a_crossing_needs_exactly_one_passage(passages: list[int], outcome: NotCrossed) -> None:
    moves = [(0.6 + i / 10, GateMoved("open", n)) for i, n in enumerate(passages)]
    start = (*ARRIVE, (0.1, Told("e1", 1, Proceed(D))), (0.5, GateMoved("open", 0)))
    state, done = play(*start, *moves, (2.0, GateMoved("closed", 0)))
    assert Outcome("e1", outcome, 1900) in done
    assert isinstance(state.phase, WithAgent)


def test_g9_a_passage_that_is_not_certainly_one_person_is_no_crossing() -> None:
    doubt = (*OPENED[:-1], (1.5, GateMoved("open", 1, doubtful=1)), (1.9, GateMoved("closed", 0)))
    _, done = play(*doubt)
    assert Outcome("e1", NotCrossed(D, Why.DOUBTFUL), 1800) in done


def test_a_gate_that_does_not_open_is_the_agents() -> None:
    _, done = play(*ARRIVE, (0.1, Told("e1", 1, Proceed(D))), (2.2, Tick()))
    assert Outcome("e1", NotCrossed(D, Why.GATE_FAULT), 2100) in done
    assert CallAgent("e1") in done


@pytest.mark.parametrize(
    "answer",
    [Told("e0", 1, Proceed(D)), Told("e1", 2, Proceed(D)), Told("e1", 0, Proceed(D))],
    ids=["somebody else", "a later try", "an earlier try"],
)
def test_an_answer_to_another_question_opens_nothing(answer: Told) -> None:
    state, done = play(*ARRIVE, (0.2, answer))
    assert isinstance(state.phase, Asking)
    assert not any(isinstance(e, Grant) for e in done)


def test_g10_an_old_capture_opens_nothing() -> None:
    busy = [(t / 2, seen()) for t in range(1, 12)]
    _, done = play(*ARRIVE, *busy, (FRESH_S + 0.5, Told("e1", 1, Proceed(D))))
    assert not any(isinstance(e, Grant) for e in done)


def test_nobody_there_any_more_opens_nothing_and_is_reported() -> None:
    state, done = play(*ARRIVE, (0.03 + GONE_S + 0.1, Told("e1", 1, Proceed(D))))
    assert Outcome("e1", NotCrossed(D, Why.NOBODY_PASSED), 0) in done
    assert not any(isinstance(e, Grant) for e in done)
    assert isinstance(state.phase, Idle)


def test_another_face_in_the_track_starts_over() -> None:
    state, done = play(*ARRIVE, (0.1, seen(subject=2, fresh="e2", at_s=0.1)), (0.2, Told("e1", 1, Proceed(D))))
    assert isinstance(state.phase, Looking)
    assert state.phase.encounter == "e2"
    assert not any(isinstance(e, Grant) for e in done)


def test_g10_another_face_before_the_leaf_has_opened_takes_the_grant_back() -> None:
    granted = (*ARRIVE, (0.1, Told("e1", 1, Proceed(D))))
    state, done = play(*granted, (0.2, seen(subject=2, fresh="e2", at_s=0.2)))
    assert Shut() in done
    assert Outcome("e1", NotCrossed(D, Why.INTERRUPTED), 100) in done
    assert isinstance(state.phase, WithAgent)
    _, later = play(*granted, (0.5, GateMoved("open", 0)), (0.9, seen(subject=2, fresh="e2", at_s=0.9)))
    assert Shut() not in later, "who waits behind is seen while the first walks through"


def test_a_recapture_asks_for_the_change_and_tries_again() -> None:
    again = (0.1, Told("e1", 1, Recapture(Cue.MORE_LIGHT)))
    _, done = play(*ARRIVE, again, (0.3, seen(shot="3", at_s=0.3)), (0.53, seen(shot="4", at_s=0.53)))
    assert Show(Prompt.MORE_LIGHT) in done
    assert Ask("e1", 2, ("3", "4")) in done


def test_frames_from_before_a_look_here_cue_are_not_sent_again() -> None:
    again = (0.1, Told("e1", 1, Recapture(Cue.LOOK_HERE)))
    _, done = play(*ARRIVE, again, *[(0.1 + i / 30, seen(shot=f"x{i}", at_s=0.1 + i / 30)) for i in range(20)])
    assert len([e for e in done if isinstance(e, Ask)]) == 1


def test_a_wait_calls_the_agent_without_a_reason() -> None:
    state, done = play(*ARRIVE, (0.1, Told("e1", 1, Wait())))
    assert done[-2:] == [CallAgent("e1"), Show(Prompt.SEE_AGENT)]
    assert isinstance(state.phase, WithAgent)


def test_dark_frames_are_submitted_when_patience_ends() -> None:
    dark = [(i / 10, seen(shot=str(i), cue=Cue.MORE_LIGHT, rank=i / 100, at_s=i / 10)) for i in range(25)]
    _, done = play(*dark)
    assert done[0] == Show(Prompt.MORE_LIGHT)
    asked = [e for e in done if isinstance(e, Ask)]
    assert [len(a.shots) for a in asked] == [1]


def test_a_cue_stays_long_enough_to_be_read() -> None:
    flicker = [(i / 10, seen(shot=None, cue=[Cue.COME_CLOSER, Cue.HOLD_STILL][i % 2])) for i in range(30)]
    _, done = play(*flicker)
    assert len(done) <= 4


def test_ops1_without_a_service_the_agent_is_called_at_once() -> None:
    state, done = play((0.0, seen()), start=State())
    assert done == [CallAgent("e1"), Show(Prompt.SEE_AGENT)]
    assert isinstance(state.phase, WithAgent)


@pytest.mark.parametrize("lost", [Told("e1", 1, Unanswered("gone")), Tick()])
def test_ops1_no_answer_is_never_a_yes(lost: Event) -> None:
    _, done = play(*ARRIVE, (3.2, lost))
    assert CallAgent("e1") in done
    assert not any(isinstance(e, Grant) for e in done)


def test_ops1_an_agent_boards_a_traveller_on_documents() -> None:
    board = (0.1, AgentBoards("t9", "AG-7", "e9"))
    closed = (1.9, GateMoved("closed", 0))
    _, done = play((0.0, seen()), board, *PASS, closed, start=State())
    assert Grant("e9", "AG-7") in done
    assert Outcome("e9", Boarded("t9", "AG-7"), 1800) in done


def test_somebody_who_stands_in_the_gate_is_waited_for() -> None:
    held = [(2.0 + t, Tick()) for t in range(30)]
    _, done = play(*OPENED[:-1], *held, (33.0, GateMoved("open", 1)), (34.0, GateMoved("closed", 0)))
    assert [type(e.what) for e in done if isinstance(e, Outcome)] == [Crossed]


def test_two_side_by_side_are_asked_to_part_and_nothing_is_submitted() -> None:
    _, done = play((0.0, Crowd()), (0.1, Crowd()), (0.9, Nobody()))
    assert done == [Show(Prompt.ONE_PERSON), Show(Prompt.WELCOME)]


def test_an_encounter_cut_off_by_a_stop_is_reported_and_not_opened_again() -> None:
    state, done = play((0.0, CutOff("e0", D)))
    assert done == [Outcome("e0", NotCrossed(D, Why.INTERRUPTED), 0)]
    assert state == UP


def test_a_lost_gate_ends_the_passage() -> None:
    state, done = play(*ARRIVE, (0.1, Told("e1", 1, Proceed(D))), (0.2, GateLost("cut")))
    assert Outcome("e1", NotCrossed(D, Why.GATE_FAULT), 100) in done
    assert isinstance(state.phase, WithAgent)


ids = st.sampled_from(["e1", "e2", "e3", "b1"])
answers = st.one_of(
    st.sampled_from(["d1", "d2"]).map(Proceed),
    st.sampled_from(Cue).map(Recapture),
    st.just(Wait()),
    st.just(Unanswered("?")),
)
events = st.one_of(
    st.builds(
        Seen,
        st.integers(1, 2),
        st.none() | st.just("s"),
        st.none() | st.sampled_from(Cue),
        st.floats(0, 1),
        st.floats(0, 9),
        ids,
    ),
    st.builds(Told, ids, st.integers(1, 3), answers),
    st.builds(GateMoved, st.sampled_from(["closed", "moving", "open"]), st.integers(0, 2)),
    st.builds(Claimed, st.sampled_from(["t1", "t2"]), st.floats(0, 20)),
    st.builds(AgentBoards, st.just("t"), st.just("AG"), st.sampled_from(["b1", "b2"])),
    st.sampled_from([Crowd(), Nobody(), Tick(), GateLost("?"), ServiceChanged(True), ServiceChanged(False)]),
    st.just(ServiceChanged(False, reachable=True)),
)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.floats(0, 0.7), events), max_size=60))
def test_whatever_happens_only_a_fitting_yes_or_an_agent_opens(script: list[tuple[float, Event]]) -> None:
    state, now_s = UP, 0.0
    for wait_s, event in script:
        now_s += wait_s
        before = state
        state, effects = step(state, event, now_s)
        for effect in effects:
            if isinstance(effect, Grant):
                assert not isinstance(before.phase, Passing), "two grants at once"
                if isinstance(event, Told):
                    assert isinstance(before.phase, Asking | AskingDocuments)
                    assert event.encounter == before.phase.encounter
                    assert isinstance(event.answer, Proceed)
                    if isinstance(before.phase, Asking):
                        assert event.attempt == before.phase.attempt
                        assert now_s - before.phase.captured_s <= FRESH_S
                else:
                    assert isinstance(event, AgentBoards)
                    assert not before.reachable
        if isinstance(before.phase, Passing) and not isinstance(state.phase, Passing):
            assert Shut() in effects, "a passage that ended leaves a grant"
