"""A gate's question about one traveler, and what the database knows for its answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from backend.access import GATE
from backend.errors import NotAllowed, Refused, Repeated
from backend.rules.directive import Standing
from backend.store import audit
from backend.store.audit import Note
from backend.store.decisions import Decision
from backend.store.facts import Facts, facts

CROSS, IDENTIFY, DOCUMENTS = "cross", "identify", "documents"


@dataclass(frozen=True, slots=True)
class Question:
    """purpose: CROSS, IDENTIFY or DOCUMENTS.  port: where the device stands, "" if it may stand anywhere.  claimed: the
    traveller whose document was scanned or checked.  capture: the device's own measures, as it sent them.  agent: who
    checked the documents."""

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
    held = next((made for made in before if made.attempt == question.attempt), None)
    if held is not None and held.request_sha256 != question.request_sha256:
        asked = f"encounter {question.encounter} attempt {question.attempt}"
        raise Repeated(f"{asked} was already asked with another payload")
    return held


def known_of(
    db: Connection, question: Question, subject: str | None, now_utc_ms: int, before: Sequence[Decision]
) -> Background:
    known = facts(db, question.journey, subject or "", question.gate, now_utc_ms)
    if known is None:
        raise Refused(f"journey {question.journey} is unknown; submit its manifest first")
    return Background(known, frozenset(made.concern for made in before if made.officer and made.concern))


def require_gate_serves_journey(question: Question, of: Facts) -> None:
    """A gate opens for the journey it boards only; who is at a touchpoint may be asked there for any of its port."""
    if question.port and question.port != of.run.port:
        raise NotAllowed(f"gate {question.gate} stands at {question.port}, {of.run.journey} is seen at {of.run.port}")
    if question.purpose != IDENTIFY and of.boards != of.run.journey:
        boards = of.boards or "no journey"
        raise NotAllowed(f"gate {question.gate} boards {boards}, not {of.run.journey}; assign it first")


def note_made(db: Connection, made: Decision, action: str, subject: str, result: str) -> None:
    where = made.gate or made.port
    audit.note(db, Note(made.decided_utc_ms, made.device, GATE, action, subject, where, made.purpose, result))
