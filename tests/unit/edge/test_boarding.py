"""A boarding by documents: with whom in the lane it may begin, how it is taken back, and what the agent sees of it."""

import pytest

from edge.boarding_shown import Boarding, Stage, follow
from edge.encounter.boarding import LANE_S
from edge.encounter.events import (
    AgentBoards,
    AgentWithdraws,
    AskDocuments,
    Boarded,
    CameraChanged,
    Crowd,
    Event,
    GateMoved,
    GateUnseen,
    Grant,
    Nobody,
    NotBoarded,
    Outcome,
    Proceed,
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
from edge.encounter.states import Idle, Passing, State, WithAgent
from edge.encounter.step import step
from edge.lane_state import lane_says
from edge.sentences import LaneSays, Result
from tests.make import UP, play, seen

AWAY = State(service_up=False)
BOARDS = AgentBoards("t9", "AG-7", "e9")
STANDS = AgentBoards("t9", "AG-7", "e9", stands=True)
DARK = (0.0, CameraChanged(False))
Script = tuple[tuple[float, Event], ...]


@pytest.mark.parametrize("start", [UP, AWAY, State(reachable=True)], ids=["up", "away", "no gallery"])
@pytest.mark.parametrize(
    ("before", "word", "may"),
    [
        ((), BOARDS, False),
        ((), STANDS, True),
        (((9.9, seen(at_s=9.9)),), BOARDS, True),
        (((10.1 - LANE_S, seen(at_s=10.1 - LANE_S)),), BOARDS, True),
        (((9.9 - LANE_S, seen(at_s=9.9 - LANE_S)),), BOARDS, False),
        (((9.9 - LANE_S, seen(at_s=9.9 - LANE_S)),), STANDS, True),
        (((9.9, seen(shot=None, at_s=9.9)),), BOARDS, True),
        (((9.9, seen(at_s=5.0)),), BOARDS, False),
        (((9.9, Crowd()),), BOARDS, True),
        (((9.9, Nobody()),), BOARDS, False),
        ((DARK,), BOARDS, False),
        ((DARK,), STANDS, True),
        (((9.9, seen(at_s=9.9)), (9.95, CameraChanged(False))), BOARDS, False),
        ((DARK, (9.0, CameraChanged(True))), STANDS, True),
        ((DARK, (9.0, CameraChanged(True))), BOARDS, False),
    ],
)
def test_no_boarding_begins_with_nobody_in_the_lane_but_whom_the_agent_sees(
    before: Script, word: AgentBoards, may: bool, start: State
) -> None:
    state, done = play(*before, (10.0, word), start=start)
    assert any(isinstance(effect, Grant | AskDocuments) for effect in done) is may
    assert (lane_says(state, 10.0) is LaneSays.SOMEBODY) is (may and not word.stands)


def test_somebody_whose_visit_has_ended_is_still_seen() -> None:
    """Whoever turned back and stands there is nobody new, and is there."""
    _, done = play((9.9, seen(7, at_s=9.9)), (10.0, BOARDS), start=State(Idle(done=7), reachable=True))
    assert AskDocuments("e9", "t9", "AG-7") in done


THERE: Script = ((0.0, seen()), (0.1, BOARDS))
YES: Script = ((0.2, Told("e9", 1, Proceed("d9"))),)
BACK = AgentWithdraws("e9")


@pytest.mark.parametrize(
    ("script", "start", "opens", "told"),
    [
        ((*THERE, (0.15, BACK), *YES), UP, False, None),
        ((*THERE, *YES, (0.3, BACK)), UP, True, NotBoarded(Boarded("t9", "AG-7", "d9"), Why.INTERRUPTED)),
        ((*THERE, (0.3, BACK)), AWAY, True, NotBoarded(Boarded("t9", "AG-7"), Why.INTERRUPTED)),
    ],
    ids=["while asked", "granted", "granted in an outage"],
)
def test_it_is_taken_back_until_the_leaf_moves(
    script: Script, start: State, opens: bool, told: NotBoarded | None
) -> None:
    state, done = play(*script, start=start)
    assert isinstance(state.phase, WithAgent)
    assert any(isinstance(effect, Grant) for effect in done) is opens
    assert (Shut() in done) is opens
    assert [effect.what for effect in done if isinstance(effect, Outcome)] == ([told] if told else [])


@pytest.mark.parametrize(
    ("moves", "back"),
    [
        (((0.3, GateMoved("moving", 0)),), BACK),
        (((0.3, GateMoved("moving", 0)), (0.35, GateMoved("closed", 0))), BACK),
        (((0.3, GateUnseen()),), BACK),
        (((0.3, GateMoved("open", 0)),), BACK),
        (((0.3, GateMoved("moving", 1)),), BACK),
        ((), AgentWithdraws("e8")),
    ],
    ids=["moves", "moved", "nobody can say", "open", "somebody went through", "another's"],
)
def test_it_is_not_taken_back_once_the_leaf_moves_nor_by_another_word(moves: Script, back: AgentWithdraws) -> None:
    before, _ = play(*THERE, *YES, *moves)
    after, done = play((0.4, back), start=before)
    assert isinstance(after.phase, Passing)
    assert done == []


def test_a_face_that_was_let_through_is_not_taken_back() -> None:
    arrive = ((0.0, seen(shot="1")), (0.03, seen(shot="2", at_s=0.03, yaw_deg=5)), (0.06, seen(shot="3", at_s=0.06)))
    state, done = play(*arrive, (0.1, Told("e1", 1, Proceed("d1"))), (0.2, AgentWithdraws("e1")))
    assert isinstance(state.phase, Passing)
    assert Shut() not in done


def shown(*script: tuple[float, Event], start: State = UP) -> Boarding | None:
    state, boarding = start, None
    for now_s, event in script:
        state, effects = step(state, event, now_s)
        boarding = follow(boarding, state, event, effects, now_s)
    return boarding


OPENED: Script = (*THERE, *YES, (0.5, GateMoved("open", 0)))


@pytest.mark.parametrize(
    ("script", "start", "stage", "result"),
    [
        (THERE, UP, Stage.ASKED, None),
        ((*THERE, *YES), UP, Stage.OPENING, None),
        (THERE, AWAY, Stage.OPENING, None),
        ((*THERE, *YES, (0.3, GateMoved("moving", 0))), UP, Stage.OPEN, None),
        ((*THERE, *YES, (0.3, GateUnseen())), UP, Stage.OPEN, None),
        (OPENED, UP, Stage.OPEN, None),
        (
            (*OPENED, (1.0, GateMoved("open", 1)), (1.5, GateMoved("closed", 0))),
            UP,
            Stage.ENDED,
            Result.PASSED_DOCUMENTS,
        ),
        ((*OPENED, (1.5, GateMoved("closed", 0))), UP, Stage.ENDED, Result.NOT_PASSED),
        ((*THERE, (0.2, Told("e9", 1, Wait()))), UP, Stage.ENDED, Result.WAIT_HERE),
        ((*THERE, (0.2, Told("e9", 1, Unanswered("?")))), UP, Stage.ENDED, Result.UNANSWERED),
        ((*THERE, (9.0, Tick())), UP, Stage.ENDED, Result.UNANSWERED),
        ((*THERE, (0.2, BACK)), UP, Stage.ENDED, Result.TAKEN_BACK),
        ((*THERE, *YES, (0.3, BACK)), UP, Stage.ENDED, Result.TAKEN_BACK),
        (((0.1, BOARDS),), UP, Stage.ENDED, Result.NOBODY_SEEN),
        ((*THERE, *YES, (0.3, GateUnseen()), (4.0, Tick())), UP, Stage.ENDED, Result.NOT_OBSERVED),
        ((*THERE, *YES, (9.0, Tick())), UP, Stage.ENDED, Result.NOT_PASSED),
    ],
)
def test_what_the_agent_sees_of_it(script: Script, start: State, stage: Stage, result: Result | None) -> None:
    assert shown(*script, start=start) == Boarding("e9", "t9", stage, result)


def test_a_word_while_another_is_served_changes_nothing_that_is_shown() -> None:
    again = AgentBoards("t8", "AG-7", "e8")
    assert shown(*THERE, (0.15, again)) == Boarding("e9", "t9", Stage.ASKED)


def test_a_lost_camera_and_a_found_one_are_heard_and_say_nothing() -> None:
    state, done = play(DARK, (1.0, ServiceChanged(True)))
    assert (state.camera_up, done) == (False, [])
    assert not any(isinstance(effect, Show) for effect in done)


def test_a_frame_of_long_ago_shows_nobody_now() -> None:
    stale = Seen(1, None, None, 0.0, 0.0, "e1")
    assert lane_says(play((10.0, stale))[0], 10.0) is LaneSays.NOBODY
