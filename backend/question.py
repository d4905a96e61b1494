"""A gate's question about one traveler, and what the database knows for its answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from backend.access import GATE, TOUCHPOINT
from backend.errors import NotAllowed, Refused, Repeated
from backend.rules.directive import Standing
from backend.store import audit, journeys
from backend.store.answers import EVER
from backend.store.audit import Note
from backend.store.decisions import Decision
from backend.store.facts import Facts, facts
from backend.store.journeys import Journey

CROSS, IDENTIFY, DOCUMENTS = "cross", "identify", "documents"


@dataclass(frozen=True, slots=True)
class Question:
    """purpose: CROSS, IDENTIFY or DOCUMENTS.  gate, port: where the device stands.  claimed: the traveller whose
    document was scanned or checked.  capture: the device's own measures, as it sent them.  agent: who checked the
    documents.  role: GATE or TOUCHPOINT."""

    encounter: str
    attempt: int
    purpose: str
    journey: str
    device: str
    gate: str
    port: str
    claimed: str | None
    capture: bytes
    request_sha256: str
    agent: str = ""
    role: str = GATE


@dataclass(frozen=True, slots=True)
class Background:
    """What the database knows; the same is asked of it whatever the answer will be.  told: of this encounter."""

    facts: Facts
    told: frozenset[str]

    @property
    def standing(self) -> Standing:
        of = self.facts
        return Standing(
            crossed=of.crossed,
            hotlisted=of.hotlisted,
            intercepted=of.intercepted,
            accommodated=bool(of.known.accommodation),
            photographed=of.known.photographed,
            removed=of.known.removed,
            allowed=of.allowance is not None,
        )


def stored_answer(before: Sequence[Decision], question: Question) -> Decision | None:
    """What the question was answered before.  Raises Repeated if its key has another question's answer, NotAllowed if
    the encounter is another device's."""
    if any(made.device != question.device for made in before):
        raise NotAllowed(f"encounter {question.encounter} was begun by another device than {question.device}")
    held = next((made for made in before if made.attempt == question.attempt), None)
    if held is not None and held.request_sha256 != question.request_sha256:
        asked = f"encounter {question.encounter} attempt {question.attempt}"
        raise Repeated(f"{asked} was already asked with another payload")
    return held


def known_of(
    db: Connection,
    question: Question,
    subject: str | None,
    now_utc_ms: int,
    before: Sequence[Decision],
    by_utc_ms: int = EVER,
) -> Background:
    """by_utc_ms: see `facts`."""
    known = facts(db, question.journey, subject or "", question.gate, now_utc_ms, by_utc_ms)
    if known is None:
        raise Refused(f"journey {question.journey} is unknown; submit its manifest first")
    return Background(known, frozenset(made.concern for made in before if made.officer and made.concern))


def require_gate_serves_journey(question: Question, of: Facts) -> None:
    """A gate asks about the journey it boards only; a touchpoint identifies for any of its port."""
    _require_there(question, of.run, of.boards)


def require_may_ask(db: Connection, question: Question) -> None:
    """The same before anything is known of a traveler.  Raises NotAllowed, and Refused for an unknown journey."""
    run = journeys.announced(db, question.journey)
    _require_there(question, run, journeys.assigned(db, run.port, question.gate))


def _require_there(question: Question, run: Journey, boards: str | None) -> None:
    if question.port != run.port:
        stands = f"{question.role} {question.gate} stands at {question.port or 'no port'}"
        raise NotAllowed(f"{stands}, {run.journey} is seen at {run.port}")
    if question.role == TOUCHPOINT and question.purpose == IDENTIFY:
        return
    if boards != run.journey:
        raise NotAllowed(f"gate {question.gate} boards {boards or 'no journey'}, not {run.journey}; assign it first")


def note_made(db: Connection, question: Question, made: Decision, action: str, subject: str, result: str) -> None:
    where, role = made.gate or made.port, question.role
    audit.note(db, Note(made.decided_utc_ms, made.device, role, action, subject, where, made.purpose, result))
