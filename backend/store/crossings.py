"""How encounters ended, and the crossings they confirm."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.schema import crossings, outbox, outcomes

RECORD_SYSTEMS = ("ident", "tecs", "adis")


@dataclass(frozen=True, slots=True)
class Crossing:
    """See the table.  kind: biometric or biographic.  agent: the badge of who checked documents, for the second."""

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


def settled(db: Connection, encounter: str) -> tuple[str, str] | None:
    """(outcome, status) already reported for an encounter."""
    row = db.execute(select(outcomes).where(outcomes.c.encounter == encounter)).one_or_none()
    return (row.outcome, row.status) if row else None


def settle(db: Connection, encounter: str, outcome: str, status: str, now_utc_ms: int) -> None:
    row = {"encounter": encounter, "outcome": outcome, "status": status, "reported_utc_ms": now_utc_ms}
    db.execute(outcomes.insert(), row)


def confirm(db: Connection, crossing: Crossing) -> bool:
    """Record a crossing and what other systems must be told of it, in the caller's transaction.

    False if this traveller has already crossed on this journey: the unique index decides, so two gates that race
    cannot both win.
    """
    try:
        with db.begin_nested():
            db.execute(crossings.insert(), asdict(crossing))
            db.execute(outbox.insert(), [_due(system, crossing) for system in RECORD_SYSTEMS])
    except IntegrityError:
        return False
    touch(db, Topic.OUTBOX)
    touch(db, Topic.GALLERIES)
    return True


def _due(system: str, crossing: Crossing) -> dict[str, object]:
    return {
        "system": system,
        "crossing": crossing.crossing,
        "amendment": "",
        "tries": 0,
        "next_utc_ms": crossing.crossed_utc_ms,
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """A crossing as an auditor reads it: by ids, with the systems still to be told."""

    encounter: str
    journey: str
    kind: str
    device: str
    crossed_utc_ms: int
    queued_for: tuple[str, ...]


def entries(db: Connection) -> list[Entry]:
    found = []
    for row in db.execute(select(crossings).order_by(crossings.c.crossed_utc_ms)):
        waiting = select(outbox.c.system).where(outbox.c.crossing == row.crossing, outbox.c.sent_utc_ms.is_(None))
        queued = tuple(db.execute(waiting.order_by(outbox.c.number)).scalars())
        found.append(Entry(row.encounter, row.journey, row.kind, row.device, row.crossed_utc_ms, queued))
    return found
