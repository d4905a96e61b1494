"""Answers given, so that the same question gets the same answer."""

from dataclasses import asdict, dataclass

from limen.v1.verification_pb2 import VerifyRequest
from sqlalchemy import Connection, select

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import add
from backend.store.schema import crossings, decisions


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
    """Keep a decision; if one is already kept under its encounter and attempt, return that instead."""
    if add(db, decisions, asdict(decision)):
        if decision.officer:
            touch(db, Topic.DECISIONS)
        return decision
    held = recorded(db, decision.encounter, decision.attempt)
    assert held is not None, "the conflict was on encounter and attempt"
    return held


def recorded(db: Connection, encounter: str, attempt: int) -> Decision | None:
    row = db.execute(
        select(decisions).where(decisions.c.encounter == encounter, decisions.c.attempt == attempt)
    ).one_or_none()
    return Decision(**row._mapping) if row else None


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


def entries(db: Connection) -> list[Answer]:
    rows = db.execute(select(decisions).order_by(decisions.c.decided_utc_ms))
    return [_answer(Decision(**row._mapping)) for row in rows]


def _answer(kept: Decision) -> Answer:
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
    row = db.execute(
        select(decisions).where(
            decisions.c.decision == decision, decisions.c.encounter == encounter, decisions.c.directive == "proceed"
        )
    ).one_or_none()
    return Decision(**row._mapping) if row else None


def crossed(db: Connection, journey: str, traveler: str) -> bool:
    found = select(crossings.c.crossing).where(crossings.c.journey == journey, crossings.c.traveler == traveler)
    found = found.where(crossings.c.voided_utc_ms.is_(None))
    return db.execute(found).first() is not None
