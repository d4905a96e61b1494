"""A boarding by documents opens on the service's answer alone, and no opening by it goes untold (HUM-3)."""

import pytest

from edge.encounter.events import (
    AgentBoards,
    AgentWithdraws,
    AskDocuments,
    Boarded,
    CallAgent,
    CutOff,
    Event,
    GateLost,
    GateMoved,
    GateUnseen,
    Grant,
    NotBoarded,
    Outcome,
    Proceed,
    Prompt,
    Recapture,
    Show,
    Tick,
    Told,
    Unanswered,
    Wait,
    Why,
)
from edge.encounter.states import Passing, State, WithAgent
from tests.make import UP, play, seen
from tests.unit.edge.test_step import ARRIVE, PASS, D
from vision.cues import Cue

BOARDS = (0.1, AgentBoards("t9", "AG-7", "e9"))


def test_hum3_a_boarding_by_documents_is_asked_and_opens_on_its_answer() -> None:
    _, done = play((0.0, seen()), BOARDS)
    assert AskDocuments("e9", "t9", "AG-7") in done
    assert not any(isinstance(e, Grant) for e in done)
    _, done = play((0.0, seen()), BOARDS, (0.2, Told("e9", 1, Proceed(D))), *PASS, (1.9, GateMoved("closed", 0)))
    assert Grant("e9", D) in done
    assert Outcome("e9", Boarded("t9", "AG-7", D), 1700) in done


@pytest.mark.parametrize("answer", [Wait(), Unanswered("late"), Recapture(Cue.LOOK_HERE), None])
def test_hum3_nothing_but_a_proceed_opens_for_documents(answer: Wait | Unanswered | Recapture | None) -> None:
    heard = (0.2, Told("e9", 1, answer)) if answer else (3.2, Tick())
    late = (3.3, Told("e9", 1, Proceed(D)))
    state, done = play((0.0, seen()), BOARDS, heard, late)
    assert not any(isinstance(e, Grant) for e in done)
    assert CallAgent("e9") in done
    assert Show(Prompt.SEE_AGENT) in done
    assert isinstance(state.phase, WithAgent)


def test_documents_may_be_asked_about_while_the_gallery_is_in_the_making() -> None:
    _, done = play((0.0, seen()), BOARDS, start=State(service_up=False, reachable=True))
    assert AskDocuments("e9", "t9", "AG-7") in done


@pytest.mark.parametrize("boarding", [Boarded("t9", "AG-7", D), Boarded("t9", "AG-7")])
@pytest.mark.parametrize(
    ("moves", "why"),
    [
        (((0.5, GateMoved("open", 2)), (1.9, GateMoved("closed", 0))), Why.MORE_THAN_ONE),
        (((0.5, GateMoved("open", 0)), (1.9, GateMoved("closed", 0))), Why.NOBODY_PASSED),
        (((0.5, GateLost("cut")),), Why.GATE_FAULT),
        (((0.5, GateUnseen()), (9.0, Tick())), Why.NOT_OBSERVED),
    ],
)
def test_hum3_no_opening_by_documents_goes_untold(
    boarding: Boarded, moves: tuple[tuple[float, Event], ...], why: Why
) -> None:
    answer = ((0.2, Told("e9", 1, Proceed(D))),) if boarding.decision else ()
    _, done = play((0.0, seen()), BOARDS, *answer, *moves, start=UP if answer else State())
    assert [e.what for e in done if isinstance(e, Outcome)] == [NotBoarded(boarding, why)]


def test_hum3_an_opening_by_documents_that_a_stop_cut_off_is_told() -> None:
    boarding = Boarded("t9", "AG-7")
    _, done = play((0.0, CutOff("e9", "", boarding)))
    assert done == [Outcome("e9", NotBoarded(boarding, Why.INTERRUPTED), 0)]


@pytest.mark.parametrize("gone", [(3.2, Tick()), (0.2, AgentWithdraws("e9"))], ids=["too late", "taken back"])
def test_hum3_a_proceed_that_nobody_waits_for_opens_nothing_and_is_told_of(gone: tuple[float, Event]) -> None:
    boarding = Boarded("t9", "AG-7", session="s1")
    state, done = play((0.0, seen()), BOARDS, gone, (3.3, Told("e9", 1, Proceed(D), boarding)))
    assert not any(isinstance(e, Grant) for e in done)
    not_boarded = NotBoarded(Boarded("t9", "AG-7", D, "s1"), Why.INTERRUPTED)
    assert [e for e in done if isinstance(e, Outcome)] == [Outcome("e9", not_boarded, 0)]
    assert isinstance(state.phase, WithAgent)


def test_an_agent_boards_also_while_an_answer_is_awaited() -> None:
    state, done = play(*ARRIVE, BOARDS, (0.2, Told("e1", 1, Proceed(D))), (0.3, Told("e9", 1, Proceed("d9"))))
    assert [e for e in done if isinstance(e, Grant)] == [Grant("e9", "d9")]
    assert isinstance(state.phase, Passing)
