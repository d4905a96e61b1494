"""Make a journey's gallery, images and names unreadable everywhere, then delete them here and write the receipt.

The key goes first: from then on no copy and no backup can be read.  Stopped in between, the next purge goes on.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, exists, select, update

from backend.keys import KeyRing, of_citizens, of_gallery
from backend.retention.due import ANSWERS_MS, PARTS_MS, Terms, citizens_end, gallery_ends
from backend.store import gallery_rows, shifts
from backend.store.audit import Note, note
from backend.store.messages import WHOLE
from backend.store.schema import (
    answers,
    captures,
    holds,
    journeys,
    messages,
    sessions,
    traveler_documents,
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


def citizens_due(db: Connection, keys: KeyRing, now_utc_ms: int) -> list[str]:
    """Journeys whose citizens' entries must go and have not, or of which there is a key again."""
    ended = [row for row in _alive(db) if _doors_closed(row) or _citizens_end(row) <= now_utc_ms]
    return [row.journey for row in ended if row.citizens_purged_utc_ms is None or keys.has(of_citizens(row.journey))]


def _doors_closed(row: Row[Any]) -> bool:
    """Whatever any clock says: processing is complete."""
    return row.direction != "in" and row.closed_utc_ms is not None


def _citizens_end(row: Row[Any]) -> int:
    """Doors close where a journey begins: who arrives is still to be seen, and counts from the arrival."""
    if row.direction == "in":
        return citizens_end(row.received_utc_ms, row.arrives_utc_ms or row.departs_utc_ms, None)
    return citizens_end(row.received_utc_ms, row.departs_utc_ms, row.closed_utc_ms)


def _alive(db: Connection) -> list[Row[Any]]:
    held = select(holds.c.journey).where(holds.c.ended_utc_ms.is_(None))
    found = select(journeys).where(
        journeys.c.purged_utc_ms.is_(None), journeys.c.mode != "port", journeys.c.journey.not_in(held)
    )
    return list(db.execute(found.order_by(journeys.c.received_utc_ms)))


def citizens(db: Connection, keys: KeyRing, journey: str, now_utc_ms: int) -> int:
    """Citizens' templates of a journey; how many went.  Idempotent."""
    gone = keys.destroy(of_citizens(journey))
    found = citizens_templates(db, journey)
    first = journeys.c.citizens_purged_utc_ms.is_(None)
    db.execute(update(journeys).where(journeys.c.journey == journey, first).values(citizens_purged_utc_ms=now_utc_ms))
    if found or gone:
        gallery_rows.changed(db, [journey])
        result = json.dumps({"templates": found, "key": _name(of_citizens(journey))})
        note(db, Note(now_utc_ms, WHO, ROLE, "citizens.purged", journey, purpose="RET-1", result=result))
    return found


def citizens_templates(db: Connection, journey: str) -> int:
    """Delete them here, the key left out: may be undone with the rest of a transaction.  How many went."""
    citizens = select(travelers.c.traveler).where(travelers.c.journey == journey, travelers.c.citizen)
    return forget(db, db.execute(citizens).scalars())


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
    _forget_replies(db, journey)
    db.execute(update(journeys).where(journeys.c.journey == journey).values(purged_utc_ms=now_utc_ms))
    gallery_rows.changed(db, [journey])
    result = json.dumps(asdict(receipt))
    note(db, Note(now_utc_ms, WHO, ROLE, "gallery.purged", journey, purpose="RET-2", result=result))
    return receipt


def leftovers(db: Connection, now_utc_ms: int) -> int:
    """Parts of manifests nobody completed, replies that need not be known any more, and sessions that have ended."""
    late = (messages.c.part != WHOLE) & (messages.c.received_utc_ms <= now_utc_ms - PARTS_MS)
    parts = db.execute(delete(messages).where(late)).rowcount
    _forget_answered(db, now_utc_ms)
    shifts.forget(db, now_utc_ms)
    if parts:
        note(db, Note(now_utc_ms, WHO, ROLE, "parts.purged", purpose="RET-2", result=str(parts)))
    return parts + db.execute(delete(sessions).where(sessions.c.until_utc_ms <= now_utc_ms)).rowcount


def _forget_replies(db: Connection, journey: str) -> None:
    """What carriers were answered.  That it was stays, so that the same bytes again are not taken for new ones."""
    ours = update(messages).where(messages.c.part == WHOLE, messages.c.reference == journey)
    db.execute(ours.values(sealed=None))


def _forget_answered(db: Connection, now_utc_ms: int) -> None:
    """Of parts as soon as they wait no longer, so that they can be sent again; of a purged journey once the same bytes
    would be refused anyway."""
    parts = (messages.c.reference == "") & (messages.c.received_utc_ms <= now_utc_ms - PARTS_MS)
    purged = messages.c.sealed.is_(None) & (messages.c.received_utc_ms <= now_utc_ms - ANSWERS_MS)
    db.execute(delete(messages).where(messages.c.part == WHOLE, parts | purged))


def _deleted(db: Connection, table: Table, journey: str) -> int:
    return db.execute(delete(table).where(table.c.journey == journey)).rowcount


def _nameless(db: Connection, journey: str) -> int:
    """What stays of travellers is an id: crossings and answers are told apart by it.  Documents stay while
    somebody on another journey is known by them: what stands against them stands there too."""
    gone = update(travelers).where(travelers.c.journey == journey, travelers.c.sealed.is_not(None))
    count = db.execute(gone.values(sealed=None, seat="", person=travelers.c.traveler)).rowcount
    here, known = select(travelers.c.origin).where(travelers.c.journey == journey), traveler_documents.c.origin
    elsewhere = exists().where(travelers.c.origin == known, travelers.c.sealed.is_not(None))
    db.execute(delete(traveler_documents).where(known.in_(here), ~elsewhere))
    return count


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
