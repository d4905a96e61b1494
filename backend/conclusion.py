"""From what was seen to a recorded answer: the one transaction in which a question is decided."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection

from backend import captures
from backend.keys import KeyRing
from backend.looking import Seen
from backend.matching.gallery import Best, Compared, Match
from backend.matching.threshold import OperatingPoint, accept, accept_claimed
from backend.question import (
    CROSS,
    IDENTIFY,
    Background,
    Question,
    known_of,
    note_made,
    require_gate_serves_journey,
    require_may_ask,
    stored_answer,
)
from backend.rules.directive import (
    Directive,
    Evidence,
    Policy,
    Proceed,
    Recapture,
    Wait,
    decide,
    tells_officer,
)
from backend.settings import Rules
from backend.store import allowances, decisions
from backend.store.decisions import Decision

CLAIM = ", claim 1:1"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A question with all that settles it.  match: among `size` travellers."""

    question: Question
    seen: Seen
    match: Match
    size: int
    rules: Rules
    point: OperatingPoint
    now_utc_ms: int

    @property
    def subject(self) -> str | None:
        """Who the question is about: who was claimed, else who is most similar, however little that may be."""
        found = self.match.traveler if isinstance(self.match, Best | Compared) else None
        return self.question.claimed or found


def conclude(db: Connection, keys: KeyRing, case: Case) -> Decision:
    """Decide and record; a question that was answered gets that answer.

    Raises NotAllowed for a device that is not where the journey is, Refused for an unknown journey, Repeated.
    """
    before = decisions.of_encounter(db, case.question.encounter)
    if (held := stored_answer(before, case.question)) is not None:
        return held
    background = known_of(db, case.question, case.subject, case.now_utc_ms, before)
    require_gate_serves_journey(case.question, background.facts)
    policy = _policy(case, background.facts.run.policy)
    directive = decide(_evidence(case, background), policy)
    made = decisions.record(db, _decision(case, background, directive, policy))
    # Whatever the answer is, by a line of the same size: a decision edited later is found.
    note_made(db, case.question, made, decisions.MADE, made.decision, decisions.digest(made))
    if case.question.purpose == IDENTIFY:  # whoever is told who somebody is has searched for a person (ACC-1)
        note_made(db, case.question, made, "traveler.identified", made.traveler or "", made.directive)
    elif isinstance(directive, Proceed):
        _passed(db, keys, case, background, made)
    return made


def answered(db: Connection, question: Question) -> Decision | None:
    """The answer this very question already has; None if it may be asked.  Raises Repeated if the key has another
    one's, NotAllowed where the device has nothing to ask: before its images are looked at."""
    if (held := stored_answer(decisions.of_encounter(db, question.encounter), question)) is None:
        require_may_ask(db, question)
    return held


def _evidence(case: Case, background: Background) -> Evidence:
    return Evidence(
        match=case.match,
        obstacle=case.seen.obstacle,
        live=case.seen.live,
        attempts_left=case.rules.attempts - case.question.attempt,
        standing=background.standing,
        claimed=case.question.claimed is not None,
        closed=not background.facts.run.seen_here,
    )


def _policy(case: Case, version: str) -> Policy:
    """version: of the set of the journey's day.  A claim has a threshold of its own."""
    point, rules, claimed = case.point, case.rules, case.question.claimed is not None
    return Policy(
        version=version + CLAIM if claimed else version,
        accept=accept_claimed(point, rules.fpir) if claimed else accept(point, max(1, case.size), rules.fpir),
        margin=rules.margin,
        least_liveness=rules.least_liveness,
        liveness_enforced=rules.liveness_enforced,
    )


def _passed(db: Connection, keys: KeyRing, case: Case, background: Background, made: Decision) -> None:
    """What a PROCEED also changes: an allowance is spent, and of whom a record is due the live image is kept."""
    if background.facts.allowance is not None:
        allowances.use(db, background.facts.allowance, made.decision)
    if background.facts.known.recorded and not background.facts.known.citizen and case.seen.image:
        captures.keep(db, keys, made, case.seen.image)


def _decision(case: Case, background: Background, directive: Directive, policy: Policy) -> Decision:
    question, match, crossing = case.question, case.match, case.question.purpose == CROSS
    proceeds = isinstance(directive, Proceed)
    return Decision(
        encounter=question.encounter,
        attempt=question.attempt,
        request_sha256=question.request_sha256,
        decision=str(uuid.uuid4()),
        purpose=question.purpose,
        device=question.device,
        gate=question.gate,
        port=question.port,
        journey=question.journey,
        directive=type(directive).__name__.lower(),
        cue=directive.cue if isinstance(directive, Recapture) else None,
        attempts_left=directive.attempts_left if isinstance(directive, Recapture) else 0,
        concern=directive.concern if isinstance(directive, Recapture | Wait) else None,
        traveler=directive.traveler if isinstance(directive, Proceed) else None,
        subject=match.traveler if isinstance(match, Best | Compared) else None,
        score=match.score if isinstance(match, Best | Compared) else None,
        runner_up=match.runner_up if isinstance(match, Best) else None,
        accept=policy.accept,
        gallery_size=case.size,
        policy=policy.version,
        assisted=question.claimed is not None,
        officer=tells_officer(directive, background.told, crossing=crossing),
        allowance=background.facts.allowance if proceeds and crossing else None,
        capture=question.capture,
        decided_utc_ms=case.now_utc_ms,
    )
