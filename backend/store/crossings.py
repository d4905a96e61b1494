"""How encounters ended, and the crossings they confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from backend.store import gallery_rows, outbox
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import add, row_of
from backend.store.schema import amendments, crossings, outcomes, travelers

_ENDED = select(outcomes).where(outcomes.c.encounter == bindparam("encounter"))
_ONE = select(crossings).where(crossings.c.crossing == bindparam("crossing"))


@dataclass(frozen=True, slots=True)
class Crossing:
    """See the table.  kind: biometric or biographic.  agent: the account of who checked documents, for the second."""

    crossing: str
    journey: str
    traveler: str
    person: str
    encounter: str
    kind: str
    direction: str
    port: str
    gate: str
    device: str
    agent: str | None
    policy: str
    citizen: bool
    sealed: bytes | None
    crossed_utc_ms: int
    until_utc_ms: int | None
    voided_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """See the table.  what: voided, or traveler."""

    amendment: str
    crossing: str
    what: str
    traveler: str | None
    reason: str
    redress: str
    amended_by: str
    amended_utc_ms: int


def settled(db: Connection, encounter: str) -> tuple[str, str] | None:
    """(outcome, status) already reported for an encounter."""
    row = db.execute(_ENDED, {"encounter": encounter}).one_or_none()
    return (row.outcome, row.status) if row else None


def settle(db: Connection, encounter: str, outcome: str, status: str, now_utc_ms: int) -> None:
    row = {"encounter": encounter, "outcome": outcome, "status": status, "reported_utc_ms": now_utc_ms}
    db.execute(outcomes.insert(), row)


def confirm(db: Connection, crossing: Crossing, systems: Sequence[str], now_utc_ms: int) -> bool:
    """Record a crossing and which systems must be told of it, in the caller's transaction.

    False if this traveller has already crossed on this journey: the unique index decides, so two gates that race
    cannot both win.
    """
    if not add(db, crossings, row_of(crossing)):
        return False
    outbox.queue(db, crossing.crossing, systems, now_utc_ms)
    _seen(db, crossing)
    return True


def find(db: Connection, crossing: str) -> Crossing | None:
    row = db.execute(_ONE, {"crossing": crossing}).one_or_none()
    return Crossing(**row._mapping) if row else None


def of_journey(db: Connection, journey: str) -> list[Crossing]:
    """Every crossing of a journey, voided ones too, in order of time."""
    rows = db.execute(
        select(crossings)
        .where(crossings.c.journey == journey)
        .order_by(crossings.c.crossed_utc_ms, crossings.c.crossing)
    )
    return [Crossing(**row._mapping) for row in rows]


def standing(db: Connection, encounter: str) -> str | None:
    """The crossing that stands for an encounter."""
    here = (crossings.c.encounter == encounter) & crossings.c.voided_utc_ms.is_(None)
    return db.execute(select(crossings.c.crossing).where(here)).scalar_one_or_none()


def recorded(db: Connection, traveler: str) -> bool:
    """Whether the biometric repository is told of this traveller's crossings."""
    return bool(db.execute(select(travelers.c.recorded).where(travelers.c.traveler == traveler)).scalar_one())


def amend(db: Connection, made: Amendment) -> bool:
    """Void a crossing and say why; False if it was voided before, then nothing changes."""
    here = (crossings.c.crossing == made.crossing) & crossings.c.voided_utc_ms.is_(None)
    if db.execute(crossings.update().where(here).values(voided_utc_ms=made.amended_utc_ms)).rowcount == 0:
        return False
    db.execute(amendments.insert(), row_of(made))
    if (of := find(db, made.crossing)) is not None:
        _seen(db, of)
    return True


def _seen(db: Connection, crossing: Crossing) -> None:
    """Whoever watches a journey is told; a citizen who has crossed leaves its gallery (RET-1)."""
    if crossing.citizen:
        gallery_rows.changed(db, [crossing.journey])
    else:
        touch(db, Topic.GALLERIES)


def amendment(db: Connection, of: str) -> Amendment | None:
    row = db.execute(select(amendments).where(amendments.c.amendment == of)).one_or_none()
    return Amendment(**row._mapping) if row else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A crossing as an auditor reads it: by ids, with the systems still to be told."""

    encounter: str
    journey: str
    kind: str
    device: str
    crossed_utc_ms: int
    queued_for: tuple[str, ...]
    voided: bool


def entry(row: Row[Any], queued_for: tuple[str, ...]) -> Entry:
    """From a row of the table."""
    return Entry(
        row.encounter,
        row.journey,
        row.kind,
        row.device,
        row.crossed_utc_ms,
        queued_for,
        row.voided_utc_ms is not None,
    )
