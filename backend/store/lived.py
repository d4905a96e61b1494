"""Up to which time the service has lived: what deletion goes by, over restarts and for every replica."""

from sqlalchemy import Connection, func, select

from backend.store.portable import insert
from backend.store.schema import audit_log, lived_time

PURGE = "purge"


def kept(db: Connection, *, to_change: bool = False) -> int | None:
    """UTC in milliseconds; of a database from before this was kept the newest line of its log; None of an empty one.
    to_change: nobody else changes it before this transaction ends."""
    asked = select(lived_time.c.utc_ms).where(lived_time.c.name == PURGE)
    held = db.execute(asked.with_for_update() if to_change else asked).scalar_one_or_none()
    return db.execute(select(func.max(audit_log.c.at_utc_ms))).scalar() if held is None else held


def keep(db: Connection, utc_ms: int) -> None:
    row = {"name": PURGE, "utc_ms": utc_ms}
    db.execute(insert(db, lived_time).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
