"""Keys of days (`backend.daily`) go when nothing sealed under them may or need be read: from then on no copy can."""

from sqlalchemy import Connection, LargeBinary, func, select

from backend import daily
from backend.keys import MANIFESTS, RECORDS, KeyRing, of_day
from backend.retention.due import DAY_MS, PARTS_MS
from backend.store.audit import Note, note
from backend.store.schema import crossings, outbox

WHO, ROLE = "retention", "service"
RECORDS_MS = 14 * DAY_MS  # so long a record can be looked at even though every system holds it
AT_ONCE = 50  # keys


def end(db: Connection, keys: KeyRing, now_utc_ms: int) -> int:
    """Destroy the keys of days that are over; how many went.

    Parts of a manifest wait until the next day is over at the latest.  Crossing records wait for the systems of
    record for as long as it takes, also for the first that is configured.
    """
    parts = _before(keys, MANIFESTS, now_utc_ms - PARTS_MS)
    records = _before(keys, RECORDS, now_utc_ms - RECORDS_MS)
    waiting = _waiting(db) if records else set()
    over = [of_day(MANIFESTS, day) for day in parts]
    over += [of_day(RECORDS, day) for day in records if day not in waiting]
    for name in over[:AT_ONCE]:
        keys.destroy(name)
        note(db, Note(now_utc_ms, WHO, ROLE, "day.purged", name, purpose="RET-2"))
    return len(over[:AT_ONCE])


def _before(keys: KeyRing, kind: str, utc_ms: int) -> list[str]:
    return [day for day in keys.days(kind) if day < daily.day(utc_ms)]


def _waiting(db: Connection) -> set[str | None]:
    """Days of records that a system must still be told of, or that none was configured for when they were made."""
    here = outbox.c.crossing == crossings.c.crossing
    unsent = select(outbox.c.number).where(here, outbox.c.sent_utc_ms.is_(None)).exists()
    untold = ~select(outbox.c.number).where(here).exists() & crossings.c.voided_utc_ms.is_(None)
    written = func.substr(crossings.c.sealed, 1, daily.WRITTEN, type_=LargeBinary)
    found = select(written).where(crossings.c.sealed.is_not(None), unsent | untold).distinct()
    return {daily.day_of(bytes(on)) for on in db.execute(found).scalars()}
