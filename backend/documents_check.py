"""Whether a traveler whose documents an agent checked may pass: asked, decided, recorded as a face is (HUM-3)."""

import uuid
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from backend.question import Background, Question, known_of, note_made, require_gate_serves_journey, stored_answer
from backend.rules.directive import Concern, Directive, Proceed, Wait, decide_documents, held, tells_officer
from backend.store import allowances, decisions
from backend.store.decisions import NOBODY, Decision

UNASKED = "boarded"  # the purpose of a decision nobody asked for: somebody was boarded by documents all the same
BY_DOCUMENTS = ", documents"  # with the policy's version


def conclude_documents(
    db: Connection, question: Question, now_utc_ms: int, vouched: Callable[[], None] = lambda: None
) -> Decision:
    """Decide and record; a question that was answered gets that answer.  vouched: raises where nobody may ask it for
    this agent now.  Raises as `conclude` does."""
    before = decisions.of_encounter(db, question.encounter)
    if (answered := stored_answer(before, question)) is not None:
        return answered
    background = known_of(db, question, question.claimed, now_utc_ms, before)
    require_gate_serves_journey(question, background.facts)
    vouched()
    directive = _of_documents(question, background, closed=not background.facts.run.seen_here)
    return _by_documents(db, question, background, directive, now_utc_ms)


def record_unasked(db: Connection, question: Question, boarded_utc_ms: int, now_utc_ms: int) -> Decision | None:
    """What the answer would have been for somebody who was boarded by documents and not asked about: recorded, and an
    officer told, if the traveler was to be held then, or is by now.  Raises Refused for an unknown journey."""
    before = decisions.of_encounter(db, question.encounter)
    then = known_of(db, question, question.claimed, boarded_utc_ms, before, boarded_utc_ms)
    directive = _of_documents(question, then, closed=not then.facts.run.seen_here_at(boarded_utc_ms))
    if isinstance(directive, Wait):
        return _untold(db, question, before, then, directive, now_utc_ms)
    since = known_of(db, question, question.claimed, now_utc_ms, before)
    let = since.standing.allowed or then.standing.allowed
    if (concern := held(replace(since.standing, allowed=let))) is None:
        return None
    return _untold(db, question, before, since, Wait(concern), now_utc_ms)


def record_second(db: Connection, question: Question, now_utc_ms: int) -> Decision | None:
    """Somebody passed under the name of who had passed before: an officer is told once."""
    before = decisions.of_encounter(db, question.encounter)
    if any(made.purpose == UNASKED for made in before):
        return None
    background = known_of(db, question, question.claimed, now_utc_ms, before)
    return _untold(db, question, before, background, Wait(Concern.ALREADY_CROSSED), now_utc_ms)


def _untold(
    db: Connection, question: Question, before: list[Decision], of: Background, directive: Wait, now_utc_ms: int
) -> Decision:
    following = max((made.attempt for made in before), default=0) + 1
    return _by_documents(db, replace(question, attempt=following, purpose=UNASKED), of, directive, now_utc_ms)


def _of_documents(question: Question, background: Background, *, closed: bool) -> Directive:
    listed = background.facts.known is not NOBODY
    return decide_documents(question.claimed or "", background.standing, listed=listed, closed=closed)


def _by_documents(
    db: Connection, question: Question, background: Background, directive: Directive, now_utc_ms: int
) -> Decision:
    """Whatever the answer is, the same lines are written."""
    made = decisions.record(db, _documents_decision(question, background, directive, now_utc_ms))
    note_made(db, question, made, decisions.MADE, made.decision, decisions.digest(made))
    note_made(
        db, question, made, "documents.checked", question.claimed or "", f"{made.directive} by agent {question.agent}"
    )
    if made.allowance is not None:
        allowances.use(db, made.allowance, made.decision)
    return made


def _documents_decision(question: Question, background: Background, directive: Directive, now_utc_ms: int) -> Decision:
    of, proceeds = background.facts, isinstance(directive, Proceed)
    told = tells_officer(directive, background.told, crossing=True)
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
        cue=None,
        attempts_left=0,
        concern=directive.concern if isinstance(directive, Wait) else None,
        traveler=question.claimed if proceeds else None,
        subject=question.claimed if of.known is not NOBODY else None,
        score=None,
        runner_up=None,
        accept=0.0,
        gallery_size=0,
        policy=of.run.policy + BY_DOCUMENTS,
        assisted=False,
        officer=told or question.purpose == UNASKED,
        allowance=of.allowance if proceeds else None,
        capture=b"",
        decided_utc_ms=now_utc_ms,
    )
