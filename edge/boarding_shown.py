"""What the agent sees of a boarding by documents, from the agent's word to its end: pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from edge.encounter.boarding import may_board
from edge.encounter.events import (
    AgentBoards,
    AgentWithdraws,
    Boarded,
    Effect,
    Event,
    Outcome,
    Told,
    Wait,
)
from edge.encounter.states import AskingDocuments, Passing, State
from edge.sentences import Result


class Stage(StrEnum):
    """OPENING: asked of the gate, and may be taken back.  OPEN: the leaf moves, or nobody can say whether it does."""

    ASKED = "asked"
    OPENING = "opening"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Boarding:
    """result: how it ended, None before."""

    encounter: str
    traveler: str
    stage: Stage
    result: Result | None = None


def follow(
    before: Boarding | None, state: State, event: Event, effects: Sequence[Effect], now_s: float
) -> Boarding | None:
    """After a step of the encounter."""
    if isinstance(event, AgentBoards):
        return _begun(before, event, state, now_s)
    if before is None or before.stage is Stage.ENDED:
        return before
    stage = _stage(state, before.encounter)
    if stage is not Stage.ENDED:
        return replace(before, stage=stage)
    return replace(before, stage=stage, result=_result(before.stage, event, effects, before.encounter))


def _begun(before: Boarding | None, event: AgentBoards, state: State, now_s: float) -> Boarding | None:
    stage = _stage(state, event.fresh)
    if stage is not Stage.ENDED:
        return Boarding(event.fresh, event.traveler, stage)
    if before is not None and before.stage is not Stage.ENDED:
        return before  # another one is under way
    refused = Result.BUSY if may_board(event, state, now_s) else Result.NOBODY_SEEN
    return Boarding(event.fresh, event.traveler, stage, refused)


def _stage(state: State, encounter: str) -> Stage:
    match state.phase:
        case AskingDocuments() if state.phase.encounter == encounter:
            return Stage.ASKED
        case Passing() if state.phase.encounter == encounter:
            return Stage.OPEN if state.phase.moved or state.phase.unseen else Stage.OPENING
    return Stage.ENDED


def _result(was: Stage, event: Event, effects: Sequence[Effect], encounter: str) -> Result:
    if isinstance(event, AgentWithdraws):
        return Result.TAKEN_BACK
    for effect in effects:
        if isinstance(effect, Outcome) and effect.encounter == encounter:
            return Result.PASSED_DOCUMENTS if isinstance(effect.what, Boarded) else Result.NOT_PASSED
    if was is Stage.OPEN:  # told already, when nothing observed the door
        return Result.NOT_OBSERVED
    return Result.WAIT_HERE if isinstance(event, Told) and isinstance(event.answer, Wait) else Result.UNANSWERED
