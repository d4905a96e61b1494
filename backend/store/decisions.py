"""Answers given, so that the same question gets the same answer."""

import hashlib
import json
from dataclasses import dataclass, fields

from limen.v1.verification_pb2 import VerifyRequest
from sqlalchemy import Connection, Select, bindparam, select

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import Given, add, row_of
from backend.store.schema import crossings, decisions, travelers

MADE = "decision.made"
# Made once, not with each question: a traveller waits meanwhile.
_ASKED = select(decisions).where(decisions.c.encounter == bindparam("encounter"))
_GRANTED = _ASKED.where(decisions.c.decision == bindparam("decision"), decisions.c.directive == "proceed")


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer, with everything that led to it but the images; see the table.

    subject: who it was about, if anybody; operators never see it.  officer: an officer must be told.
    assisted: a document was scanned, and its traveller alone was compared (1:1); whose it was is in capture.
    capture: what the device said, a VerifyRequest without images.
    """

    encounter: str
    attempt: int
    request_sha256: str
    decision: str
    purpose: str
    device: str
    gate: str
    port: str
    journey: str
    directive: str
    cue: str | None
    attempts_left: int
    concern: str | None
    traveler: str | None
    subject: str | None
    score: float | None
    runner_up: float | None
    accept: float
    gallery_size: int
    policy: str
    assisted: bool
    officer: bool
    allowance: str | None
    capture: bytes
    decided_utc_ms: int


def record(db: Connection, decision: Decision) -> Decision:
    """Keep a decision; if one is already kept under its encounter and attempt, return that instead.

    The bell rings for every one: who is told by it does the same work whoever the answer is about.
    """
    touch(db, Topic.DECISIONS)
    if add(db, decisions, row_of(decision)):
        return decision
    return next(made for made in of_encounter(db, decision.encounter) if made.attempt == decision.attempt)


def digest(of: Decision | None) -> str:
    """SHA-256 over a decision as it is kept; of None for one that is not there."""
    values = [_plain(value) for value in row_of(of).values()] if of else None
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _plain(value: object) -> object:
    """As either database gives it back."""
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, bool | int | str) else float(str(value))


def by_id(db: Connection, decision: str) -> Decision | None:
    row = db.execute(select(decisions).where(decisions.c.decision == decision)).one_or_none()
    return Decision(**row._mapping) if row else None


def of_encounter(db: Connection, encounter: str) -> list[Decision]:
    rows = db.execute(_ASKED, {"encounter": encounter})
    return [Decision(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class Known:
    """What the manifest and the policy set of the day say of a traveller; see the table."""

    person: str
    seat: str
    citizen: bool
    photographed: bool
    recorded: bool
    accommodation: str
    removed: bool


KNOWN = tuple(field.name for field in fields(Known))
_KNOWN = select(*(travelers.c[name] for name in KNOWN)).where(
    travelers.c.journey == bindparam("journey"), travelers.c.traveler == bindparam("traveler")
)
NOBODY = Known("", "", citizen=False, photographed=True, recorded=False, accommodation="", removed=False)


def known(db: Connection, journey: str, traveler: str) -> Known:
    """NOBODY for a traveller who was never on the journey's manifest."""
    row = db.execute(_KNOWN, {"journey": journey, "traveler": traveler}).one_or_none()
    return Known(**row._mapping) if row else NOBODY


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as an auditor reads it."""

    encounter: str
    attempt: int
    directive: str
    concern: str | None
    score: float | None
    runner_up: float | None
    accept: float
    gallery_size: int
    policy: str
    assisted: bool
    liveness: tuple[float, ...]


def answer(kept: Decision) -> Answer:
    return Answer(
        encounter=kept.encounter,
        attempt=kept.attempt,
        directive=kept.directive,
        concern=kept.concern,
        score=kept.score,
        runner_up=kept.runner_up,
        accept=kept.accept,
        gallery_size=kept.gallery_size,
        policy=kept.policy,
        assisted=kept.assisted,
        liveness=tuple(shot.liveness.score for shot in VerifyRequest.FromString(kept.capture).shots),
    )


def granted(db: Connection, encounter: str, decision: str) -> Decision | None:
    """The PROCEED with this id, if it was given to this encounter."""
    row = db.execute(_GRANTED, {"encounter": encounter, "decision": decision}).one_or_none()
    return Decision(**row._mapping) if row else None


def crossed(db: Connection, journey: str, traveler: str) -> bool:
    return db.execute(standing(journey, traveler)).first() is not None


def standing(journey: Given[str], traveler: Given[str]) -> Select[str]:
    """The traveller's crossing, voided ones left out."""
    of = crossings.c
    here = (of.journey == journey) & (of.traveler == traveler) & of.voided_utc_ms.is_(None)
    return select(of.crossing).where(here)
