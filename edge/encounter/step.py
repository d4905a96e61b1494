"""What happens next in one traveller's visit: a pure function of state, event and time."""

from dataclasses import replace

from edge.encounter.boarding import ANSWER_S, asking_documents, check_documents, may_board, unheard
from edge.encounter.events import (
    AgentBoards,
    Ask,
    CameraChanged,
    Claimed,
    Crossed,
    Crowd,
    CutOff,
    Effect,
    Event,
    GateChanged,
    GateTimed,
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
    Tick,
    Told,
    Unanswered,
    Wait,
    Why,
)
from edge.encounter.passing import Next, not_passed, pass_gate, to_agent
from edge.encounter.shots import ENOUGH_SHOTS, keep, with_new
from edge.encounter.states import Asking, AskingDocuments, Idle, Kept, Looking, Passing, State, WithAgent
from vision.cues import Cue

GATHER_S = 0.15  # after the first acceptable frame, for others that differ
PATIENCE_S = 2.0  # with a face near enough but never acceptable: submit the best there is
LONGEST_S = 15.0  # near, and still nothing that could be submitted: an agent helps
HOLD_S = 0.8  # a cue stays at least this long
GONE_S = 1.0  # not seen for this long: left
FRESH_S = 5.0  # a grant needs a capture at most this old (G10)
CLAIM_S = 20.0  # a document counts for whoever is there or comes within this time of its reading
PRESENT_S = 1.0  # how exactly it is remembered that somebody is in the lane
SEEN_S = 0.2  # how exactly it is remembered when somebody was last seen: each change is a line in the journal


def step(state: State, event: Event, now_s: float) -> tuple[State, tuple[Effect, ...]]:
    """What happens next.  What is not listed changes nothing and does nothing."""
    if isinstance(event, ServiceChanged | GateChanged | GateTimed | CameraChanged):
        return _surroundings(state, event), ()
    if isinstance(event, CutOff):  # never opened again, never counted as crossed
        by = event.boarding or Crossed(event.decision)
        return state, (Outcome(event.encounter, not_passed(by, Why.INTERRUPTED), 0),)
    if isinstance(event, Told) and (late := unheard(event, state)) is not None:
        return state, (late,)
    state = _hear(state, event, now_s)
    if isinstance(event, AgentBoards) and not may_board(event, state, now_s):
        return state, ()
    phase, effects = _in_phase(state, event, now_s)
    used = any(isinstance(effect, Ask | Grant) for effect in effects)  # a document serves one encounter and no other
    return replace(state, phase=phase, claim=None if used else state.claim), effects


def _surroundings(state: State, event: ServiceChanged | GateChanged | GateTimed | CameraChanged) -> State:
    match event:
        case ServiceChanged(up, reachable):
            return replace(state, service_up=up, reachable=up if reachable is None else reachable)
        case GateChanged(up):
            return replace(state, gate_up=up)
        case GateTimed(open_s):
            return replace(state, open_s=open_s)
        case CameraChanged(up):
            return replace(state, camera_up=up)


def _in_phase(state: State, event: Event, now_s: float) -> Next:
    match state.phase:
        case Idle():
            return _idle(state.phase, event, now_s, state)
        case Looking():
            return _looking(state.phase, event, now_s, state)
        case Asking():
            return _asking(state.phase, event, now_s, state)
        case AskingDocuments():
            return asking_documents(state.phase, event, now_s)
        case Passing():
            return pass_gate(state.phase, event, now_s, state.open_s)
        case WithAgent():
            return _with_agent(state.phase, event, now_s, state)


def _hear(state: State, event: Event, now_s: float) -> State:
    """The latest document, while it counts, and whether somebody is in the lane."""
    if isinstance(event, Seen | Crowd):
        at_s = event.captured_s if isinstance(event, Seen) else now_s
        if at_s - state.present_s > PRESENT_S:
            state = replace(state, present_s=at_s)
    latest = event if isinstance(event, Claimed) else state.claim
    expired = latest is not None and not now_s - latest.read_s <= CLAIM_S
    return replace(state, claim=None if expired else latest)


def _idle(idle: Idle, event: Event, now_s: float, state: State) -> Next:
    match event:
        case Seen(subject) if subject != idle.done:
            return _begin(event, now_s, state)
        case Crowd() if not idle.crowd:
            return replace(idle, crowd=True), (Show(Prompt.ONE_PERSON),)
        case Nobody() if idle.crowd:
            return replace(idle, crowd=False), (Show(Prompt.WELCOME),)
        case AgentBoards():
            return check_documents(event, 0, now_s, reachable=state.reachable)
    return idle, ()


def _begin(seen: Seen, now_s: float, state: State) -> Next:
    """A new encounter; without a service it is the agent's from the start (OPS-1)."""
    if not state.service_up or not state.gate_up:
        return to_agent(seen.fresh, seen.subject, now_s, again=1)
    prompt = Prompt(seen.cue) if seen.cue else Prompt.LOOK_HERE
    looking = Looking(seen.fresh, seen.subject, 1, now_s, now_s, now_s, prompt, now_s)
    phase, effects = _look(looking, seen, now_s, state)
    return phase, (Show(prompt), *effects)


def _looking(looking: Looking, event: Event, now_s: float, state: State) -> Next:
    match event:
        case Seen(subject) if subject != looking.subject:
            return _begin(event, now_s, state)  # another face: the one submitted must be the one that walks
        case Seen():
            near_s = _seen(looking.near_s, now_s) if event.cue is Cue.COME_CLOSER else looking.near_s
            return _look(
                replace(looking, seen_s=_seen(looking.seen_s, event.captured_s), near_s=near_s), event, now_s, state
            )
        case Crowd():
            alone = replace(looking, seen_s=_seen(looking.seen_s, now_s), shots=(), poor=None)
            return _say(alone, Prompt.ONE_PERSON, now_s)
        case Tick() if now_s - looking.seen_s > GONE_S:
            return Idle(), (Show(Prompt.WELCOME),)
        case Tick() if now_s - looking.near_s > LONGEST_S:
            return to_agent(looking.encounter, looking.subject, now_s, None if looking.last else looking.attempt)
        case Tick():
            return _ask_if_due(looking, now_s, state)
        case AgentBoards():
            return check_documents(event, looking.subject, now_s, reachable=state.reachable)
    return looking, ()


def _look(looking: Looking, seen: Seen, now_s: float, state: State) -> Next:
    if seen.cue is not None:
        if seen.cue is Cue.MOMENT:
            looking = replace(looking, shots=())  # the evidence of a live face has turned
        better = looking.poor is None or seen.rank > looking.poor.rank
        if seen.shot is not None and better and seen.captured_s >= looking.not_before_s:
            kept = keep(seen.shot, seen)
            since_s = kept.captured_s if looking.poor is None else looking.poor.since_s
            looking = replace(looking, poor=replace(kept, since_s=since_s))
        looking, effects = _say(looking, Prompt(seen.cue), now_s)
        phase, more = _ask_if_due(looking, now_s, state)
        return phase, (*effects, *more)
    if seen.shot is not None and seen.captured_s >= looking.not_before_s:
        looking = replace(looking, shots=with_new(looking.shots, keep(seen.shot, seen)))
    return _ask_if_due(looking, now_s, state)


def _seen(before_s: float, now_s: float) -> float:
    return now_s if now_s - before_s > SEEN_S else before_s


def _say(looking: Looking, prompt: Prompt, now_s: float) -> tuple[Looking, tuple[Effect, ...]]:
    """Change the cue, but leave each long enough to be read."""
    if prompt is looking.shown or now_s - looking.shown_s < HOLD_S:
        return looking, ()
    return replace(looking, shown=prompt, shown_s=now_s), (Show(prompt),)


def _ask_if_due(looking: Looking, now_s: float, state: State) -> Next:
    gathered = looking.shots and now_s - min(kept.since_s for kept in looking.shots) >= GATHER_S
    if len(looking.shots) >= ENOUGH_SHOTS or gathered:
        return _ask(looking, looking.shots, now_s, state)
    if looking.poor is not None and now_s - max(looking.poor.since_s, looking.not_before_s) >= PATIENCE_S:
        return _ask(looking, (looking.poor,), now_s, state)
    return looking, ()


def _ask(looking: Looking, shots: tuple[Kept, ...], now_s: float, state: State) -> Next:
    """Once a document was asked with, this encounter is about its traveller: never about everybody again."""
    asking = Asking(
        encounter=looking.encounter,
        subject=looking.subject,
        attempt=looking.attempt,
        asked_s=now_s,
        captured_s=min(kept.captured_s for kept in shots),
        seen_s=looking.seen_s,
        traveler=state.claim.traveler if state.claim else looking.traveler,
        last=looking.last,
    )
    names = tuple(kept.shot for kept in shots)
    return asking, (Ask(asking.encounter, asking.attempt, names, asking.traveler), Show(Prompt.CHECKING))


def _asking(asking: Asking, event: Event, now_s: float, state: State) -> Next:
    match event:
        case Told(encounter, attempt) if (encounter, attempt) != (asking.encounter, asking.attempt):
            return asking, ()  # a late answer about somebody else or an earlier try
        case Told(_, _, answer):
            return _answered(asking, answer, now_s, state)
        case Seen(subject) if subject != asking.subject:
            return _begin(event, now_s, state)
        case Seen():
            return replace(asking, seen_s=_seen(asking.seen_s, event.captured_s)), ()
        case AgentBoards():
            return check_documents(event, asking.subject, now_s, reachable=state.reachable)
        case Tick() if now_s - asking.asked_s > ANSWER_S:
            return _give_up(asking, now_s)
    return asking, ()


def _answered(asking: Asking, answer: Proceed | Recapture | Wait | Unanswered, now_s: float, state: State) -> Next:
    match answer:
        case Proceed(decision) if now_s - asking.captured_s <= FRESH_S and now_s - asking.seen_s <= GONE_S:
            passing = Passing(asking.encounter, asking.subject, Crossed(decision), now_s)
            return passing, (Grant(asking.encounter, decision), Show(Prompt.GO))
        case Proceed(decision):  # whoever it was about has left
            ended = Outcome(asking.encounter, NotCrossed(decision, Why.NOBODY_PASSED), 0)
            return Idle(), (ended, Show(Prompt.WELCOME))
        case Recapture(cue) if not asking.last:
            prompt, again = Prompt(cue), now_s + (HOLD_S if cue is Cue.LOOK_HERE else 0.0)  # or the same frames again
            following = (asking.encounter, asking.subject, asking.attempt + 1)
            looking = Looking(*following, again, now_s, now_s, prompt, now_s, traveler=asking.traveler)
            return looking, (Show(prompt),)
        case Wait() if state.claim is not None and not asking.last:  # read while the answer was awaited
            return _once_more(asking, asking.attempt + 1, state.claim, now_s)
        case Recapture() | Wait() | Unanswered():
            return _give_up(asking, now_s)


def _once_more(after: Asking | WithAgent, attempt: int, claim: Claimed, now_s: float) -> Next:
    """The second chance of whom a search did not find: a comparison with the one traveller of a document."""
    encounter, subject, prompt = after.encounter, after.subject, Prompt.LOOK_HERE
    looking = Looking(encounter, subject, attempt, now_s, now_s, now_s, prompt, now_s)
    return replace(looking, traveler=claim.traveler, last=True), (Show(prompt),)


def _give_up(asking: Asking, now_s: float) -> Next:
    return to_agent(asking.encounter, asking.subject, now_s, None if asking.last else asking.attempt + 1)


def _with_agent(waiting: WithAgent, event: Event, now_s: float, state: State) -> Next:
    match event:
        case Seen(subject) if subject == waiting.subject:
            return replace(waiting, seen_s=_seen(waiting.seen_s, now_s)), ()
        case Seen() if now_s - waiting.seen_s > GONE_S:
            return _begin(event, now_s, state)
        case Claimed() if state.claim and state.service_up and waiting.again and now_s - waiting.seen_s <= GONE_S:
            return _once_more(waiting, waiting.again, state.claim, now_s)
        case Tick() if now_s - waiting.seen_s > GONE_S:
            return Idle(waiting.subject), (Show(Prompt.WELCOME),)
        case AgentBoards():
            return check_documents(event, waiting.subject, now_s, reachable=state.reachable)
    return waiting, ()
