"""Make a journey's gallery, images and names unreadable everywhere, then delete them here and write the receipt.

The key goes first: from then on no copy and no backup can be read.  Stopped in between, the next purge goes on.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, select, update

from backend.keys import KeyRing, of_citizens, of_gallery
from backend.retention.due import PARTS_MS, Terms, citizens_end, gallery_ends
from backend.store import gallery_rows
from backend.store.audit import Note, note
from backend.store.schema import (
    answers,
    captures,
    holds,
    journeys,
    messages,
    sessions,
    templates,
    travelers,
)
from backend.store.templates import forget

WHO, ROLE = "retention", "service"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What went with a journey's keys, by numbers.  keys: fingerprints of the names of the keys destroyed."""

    keys: tuple[str, ...]
    templates: int
    captures: int
    travelers: int
    answers: int


def galleries_due(db: Connection, terms: Terms, now_utc_ms: int) -> list[str]:
    """Journeys whose time has come and that nobody holds, the oldest first."""
    return [
        row.journey for row in _alive(db) if gallery_ends(terms, row.received_utc_ms, row.departs_utc_ms) <= now_utc_ms
    ]


def citizens_due(db: Connection, now_utc_ms: int) -> list[str]:
    """Journeys whose citizens' entries must go: also of those already closed whose entries are still there."""
    left = select(travelers.c.journey).join(templates, templates.c.traveler == travelers.c.traveler)
    there = set(db.execute(left.where(travelers.c.citizen).distinct()).scalars())
    ended = [
        row.journey
        for row in _alive(db)
        if citizens_end(row.received_utc_ms, row.departs_utc_ms, row.closed_utc_ms) <= now_utc_ms
    ]
    return [journey for journey in ended if journey in there]


def _alive(db: Connection) -> list[Row[Any]]:
    held = select(holds.c.journey).where(holds.c.ended_utc_ms.is_(None))
    found = select(journeys).where(
        journeys.c.purged_utc_ms.is_(None), journeys.c.mode != "port", journeys.c.journey.not_in(held)
    )
    return list(db.execute(found.order_by(journeys.c.received_utc_ms)))


def citizens(db: Connection, keys: KeyRing, journey: str, now_utc_ms: int) -> int:
    """Citizens' templates of a journey; how many went.  Idempotent."""
    gone = keys.destroy(of_citizens(journey))
    citizens = select(travelers.c.traveler).where(travelers.c.journey == journey, travelers.c.citizen)
    found = forget(db, db.execute(citizens).scalars())
    if found or gone:
        gallery_rows.changed(db, [journey])
        result = json.dumps({"templates": found, "key": _name(of_citizens(journey))})
        note(db, Note(now_utc_ms, WHO, ROLE, "citizens.purged", journey, purpose="RET-1", result=result))
    return found


def gallery(db: Connection, keys: KeyRing, journey: str, now_utc_ms: int) -> Receipt:
    """Everything of a journey but its crossings, which are records.  Idempotent."""
    names = (of_citizens(journey), of_gallery(journey))
    for name in names:
        keys.destroy(name)
    here = select(travelers.c.traveler).where(travelers.c.journey == journey)
    receipt = Receipt(
        keys=tuple(map(_name, names)),
        templates=forget(db, db.execute(here).scalars()),
        captures=_deleted(db, captures, journey),
        travelers=_nameless(db, journey),
        answers=_deleted(db, answers, journey),
    )
    db.execute(update(journeys).where(journeys.c.journey == journey).values(purged_utc_ms=now_utc_ms))
    gallery_rows.changed(db, [journey])
    result = json.dumps(asdict(receipt))
    note(db, Note(now_utc_ms, WHO, ROLE, "gallery.purged", journey, purpose="RET-2", result=result))
    return receipt


def leftovers(db: Connection, now_utc_ms: int) -> int:
    """Parts of manifests nobody completed, and sessions that have ended."""
    late = (messages.c.sealed.is_not(None)) & (messages.c.received_utc_ms <= now_utc_ms - PARTS_MS)
    parts = db.execute(delete(messages).where(late)).rowcount
    if parts:
        note(db, Note(now_utc_ms, WHO, ROLE, "parts.purged", purpose="RET-2", result=str(parts)))
    return parts + db.execute(delete(sessions).where(sessions.c.until_utc_ms <= now_utc_ms)).rowcount


def overdue(db: Connection, terms: Terms, now_utc_ms: int, grace_ms: int) -> int:
    """Journeys that should have gone `grace_ms` ago and are still there, held ones left out: must be 0."""
    return len(galleries_due(db, terms, now_utc_ms - grace_ms))


def _deleted(db: Connection, table: Table, journey: str) -> int:
    return db.execute(delete(table).where(table.c.journey == journey)).rowcount


def _nameless(db: Connection, journey: str) -> int:
    """What stays of travellers is an id: crossings and answers are told apart by it."""
    gone = update(travelers).where(travelers.c.journey == journey, travelers.c.sealed.is_not(None))
    return db.execute(gone.values(sealed=None, seat="", person=travelers.c.traveler)).rowcount


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
