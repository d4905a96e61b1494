"""What happens while the gate is open for somebody, and how that ends."""

from dataclasses import replace

from edge.encounter.events import (
    AgentWithdraws,
    Boarded,
    CallAgent,
    Crossed,
    Effect,
    Event,
    GateHeld,
    GateLost,
    GateMoved,
    GateUnseen,
    NotBoarded,
    NotCrossed,
    Outcome,
    Prompt,
    Seen,
    Show,
    Shut,
    Tick,
    Why,
)
from edge.encounter.states import Idle, Passing, Phase, WithAgent

UNSEEN_S = 3.0  # where nothing observes the passage the traveller is told to go for this long

Next = tuple[Phase, tuple[Effect, ...]]


def pass_gate(passing: Passing, event: Event, now_s: float, open_s: float) -> Next:
    """open_s: how long after the grant an opening must be observed."""
    match event:
        case GateMoved(position, passed, doubtful):
            counted = replace(passing, passed=passing.passed + passed, doubtful=passing.doubtful + doubtful)
            known = replace(
                counted, opened=passing.opened or position == "open", moved=passing.moved or position != "closed"
            )
            if known.opened and position == "closed":
                return _settled(known, now_s)
            return known, (Shut(),) if known.passed and not passing.passed else ()
        case Seen(subject) if subject != passing.subject and not passing.opened and isinstance(passing.by, Crossed):
            return _ended(passing, Why.INTERRUPTED, now_s)  # the face that was recognised must be the one that walks
        case AgentWithdraws(encounter) if encounter == passing.encounter and _withdrawable(passing):
            return _ended(passing, Why.INTERRUPTED, now_s)
        case GateUnseen():
            return replace(passing, unseen=True), _unseen(passing)
        case GateHeld():  # somebody stands in it: what passes is still counted
            return passing, (CallAgent(passing.encounter), Show(Prompt.SEE_AGENT))
        case GateLost():
            return _ended(passing, Why.GATE_FAULT, now_s)
        case Tick() if passing.unseen and now_s - passing.granted_s > UNSEEN_S:
            return Idle(passing.subject), (Show(Prompt.WELCOME),)  # the door shuts by its own time
        case Tick() if not passing.opened and not passing.unseen and now_s - passing.granted_s > open_s:
            return _ended(passing, Why.GATE_FAULT, now_s)
    return passing, ()


def _withdrawable(passing: Passing) -> bool:
    """By documents alone, and until the leaf moves: who walks through then is recorded as who was let pass."""
    return isinstance(passing.by, Boarded) and not (passing.moved or passing.passed or passing.unseen)


def to_agent(encounter: str, subject: int, now_s: float, again: int | None = None) -> Next:
    return WithAgent(encounter, subject, now_s, again), (CallAgent(encounter), Show(Prompt.SEE_AGENT))


def _settled(passing: Passing, now_s: float) -> Next:
    """The leaf is closed again: exactly one forward passage is a crossing (G9)."""
    if passing.passed > 1:
        return _ended(passing, Why.MORE_THAN_ONE, now_s)
    if passing.passed == 0 or passing.doubtful:
        return _ended(passing, Why.DOUBTFUL if passing.doubtful else Why.NOBODY_PASSED, now_s)
    outcome = Outcome(passing.encounter, passing.by, _ms(now_s - passing.granted_s))
    return Idle(passing.subject), (Shut(), outcome, Show(Prompt.WELCOME))


def not_passed(by: Crossed | Boarded, why: Why) -> NotCrossed | NotBoarded:
    """What is told of a grant that ended without exactly one passage, so that no opening goes untold."""
    return NotBoarded(by, why) if isinstance(by, Boarded) else NotCrossed(by.decision, why)


def _unseen(passing: Passing) -> tuple[Effect, ...]:
    """Nobody can say that exactly one person passed, so it is no crossing (G9).  The door shuts by itself."""
    return (Outcome(passing.encounter, not_passed(passing.by, Why.NOT_OBSERVED), 0),)


def _ended(passing: Passing, why: Why, now_s: float) -> Next:
    """No crossing."""
    phase, effects = to_agent(passing.encounter, passing.subject, now_s)
    if passing.unseen:  # told already
        return phase, (Shut(), *effects)
    outcome = Outcome(passing.encounter, not_passed(passing.by, why), _ms(now_s - passing.granted_s))
    return phase, (Shut(), outcome, *effects)


def _ms(duration_s: float) -> int:
    return max(0, round(duration_s * 1000))
