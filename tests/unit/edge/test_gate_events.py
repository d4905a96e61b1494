"""What becomes of a visit when the gate, the disk or the lane is not as it should be."""

from edge.encounter.events import (
    Ask,
    CallAgent,
    Crossed,
    GateChanged,
    GateHeld,
    GateLost,
    GateMoved,
    GateTimed,
    GateUnseen,
    Grant,
    NotCrossed,
    Outcome,
    Proceed,
    Prompt,
    Show,
    Shut,
    Tick,
    Told,
    Why,
)
from edge.encounter.states import Idle, WithAgent
from edge.encounter.step import GONE_S
from tests.make import play, seen
from tests.unit.edge.test_step import ARRIVE, OPENED, D


def test_g9_where_nothing_observes_the_passage_no_crossing_is_confirmed() -> None:
    state, done = play(*ARRIVE, (0.1, Told("e1", 1, Proceed(D))), (0.1, GateUnseen()), (3.0, Tick()), (3.2, Tick()))
    assert [e for e in done if isinstance(e, Outcome)] == [Outcome("e1", NotCrossed(D, Why.NOT_OBSERVED), 0)]
    assert done[-1] == Show(Prompt.WELCOME)
    assert isinstance(state.phase, Idle)


def test_somebody_who_stands_in_the_leaf_brings_the_agent_and_still_counts() -> None:
    _, done = play(*OPENED[:-1], (6.0, GateHeld()))
    assert done[-2:] == [CallAgent("e1"), Show(Prompt.SEE_AGENT)]
    _, done = play(*OPENED[:-1], (6.0, GateHeld()), (7.0, GateMoved("open", 1)), (7.5, GateMoved("closed", 0)))
    assert any(isinstance(e, Outcome) and isinstance(e.what, Crossed) for e in done)


def test_a_gate_that_breaks_while_open_is_the_agents() -> None:
    _, done = play(*OPENED[:-1], (1.5, GateLost("relay_stuck")))
    assert Outcome("e1", NotCrossed(D, Why.GATE_FAULT), 1400) in done
    assert done[-1] == Show(Prompt.SEE_AGENT)


def test_a_gate_known_to_be_slow_is_given_its_time_to_open() -> None:
    asked = ((0.0, GateTimed(3.0)), *ARRIVE, (0.1, Told("e1", 1, Proceed(D))))
    _, done = play(*asked, (2.2, Tick()))
    assert not any(isinstance(effect, Outcome) for effect in done)
    _, done = play(*asked, (3.2, Tick()))
    assert Outcome("e1", NotCrossed(D, Why.GATE_FAULT), 3100) in done


def test_g10_an_answer_that_waited_opens_for_nobody_who_has_left() -> None:
    """A disk that stalls: what was seen meanwhile is heard late, with the time it was captured at."""
    late = GONE_S + 0.3
    stalled = (*ARRIVE, (late, seen(at_s=0.1)), (late, seen(at_s=0.2)), (late, Told("e1", 1, Proceed(D))))
    state, done = play(*stalled)
    assert not any(isinstance(effect, Grant) for effect in done)
    assert Outcome("e1", NotCrossed(D, Why.NOBODY_PASSED), 0) in done
    assert isinstance(state.phase, Idle)


def test_a_gate_that_cannot_be_used_sends_everybody_to_the_agent() -> None:
    state, done = play((0.0, GateChanged(False)), *ARRIVE)
    assert done == [CallAgent("e1"), Show(Prompt.SEE_AGENT)]
    assert isinstance(state.phase, WithAgent)
    _, done = play((0.0, GateChanged(False)), (0.0, GateChanged(True)), *ARRIVE)
    assert any(isinstance(effect, Ask) for effect in done)


def test_where_nothing_observes_the_passage_the_door_is_left_to_its_own_time() -> None:
    _, done = play(*ARRIVE, (0.1, Told("e1", 1, Proceed(D))), (0.1, GateUnseen()), (9.0, Tick()))
    assert Shut() not in done
