"""A boarding by documents: the service is asked, and the gate opens for its answer alone (HUM-3)."""

from dataclasses import replace

from edge.encounter.events import (
    AgentBoards,
    AgentWithdraws,
    AskDocuments,
    Boarded,
    Event,
    Grant,
    Outcome,
    Proceed,
    Prompt,
    Show,
    Tick,
    Told,
    Why,
)
from edge.encounter.passing import Next, not_passed, to_agent
from edge.encounter.states import AskingDocuments, Passing, State

LANE_S = 2.5  # somebody last seen this long ago is still taken to be in the lane
ANSWER_S = 3.0  # beyond the service's own deadline


def somebody_there(state: State, now_s: float) -> bool | None:
    """Whether somebody is seen in the lane; None while there is no camera to see them."""
    return now_s - state.present_s <= LANE_S if state.camera_up else None


def may_board(event: AgentBoards, state: State, now_s: float) -> bool:
    """No gate opens for documents with nobody before it.  Where no face is seen, since the camera is lost or the
    traveler wears a veil (DIG-2), the agent's own word stands for it."""
    return bool(somebody_there(state, now_s)) or event.stands


def check_documents(event: AgentBoards, subject: int, now_s: float, *, reachable: bool) -> Next:
    """An encounter of its own: one outcome each.

    While the service is known to be away the agent's word opens (OPS-1), and the service decides when it is told: it
    alerts an officer if the traveler was to be held.
    """
    if reachable:
        asking = AskingDocuments(event.fresh, subject, event.traveler, event.agent, now_s, event.session)
        ask = AskDocuments(event.fresh, event.traveler, event.agent, event.session)
        return asking, (ask, Show(Prompt.CHECKING))
    by = Boarded(event.traveler, event.agent, session=event.session)
    passing = Passing(event.fresh, subject, by, now_s)
    return passing, (Grant(event.fresh, event.agent), Show(Prompt.GO))


def asking_documents(asking: AskingDocuments, event: Event, now_s: float) -> Next:
    """Whatever is not a PROCEED, silence too, leaves the gate shut and the traveler with the agent."""
    match event:
        case Told(encounter, _, Proceed(decision)) if encounter == asking.encounter:
            by = Boarded(asking.traveler, asking.agent, decision, asking.session)
            passing = Passing(asking.encounter, asking.subject, by, now_s)
            return passing, (Grant(asking.encounter, decision), Show(Prompt.GO))
        case Told(encounter) if encounter == asking.encounter:
            return to_agent(asking.encounter, asking.subject, now_s)
        case AgentWithdraws(encounter) if encounter == asking.encounter:
            return to_agent(asking.encounter, asking.subject, now_s)
        case Tick() if now_s - asking.asked_s > ANSWER_S:
            return to_agent(asking.encounter, asking.subject, now_s)
    return asking, ()


def unheard(told: Told, state: State) -> Outcome | None:
    """What is told of a PROCEED that nobody waits for any more: whom it let pass did not."""
    if told.boarding is None or not isinstance(told.answer, Proceed):
        return None
    if isinstance(state.phase, AskingDocuments) and state.phase.encounter == told.encounter:
        return None
    boarding = replace(told.boarding, decision=told.answer.decision)
    return Outcome(told.encounter, not_passed(boarding, Why.INTERRUPTED), 0)
