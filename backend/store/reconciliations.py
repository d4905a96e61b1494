"""Crossings on which the biometric repository disagrees with us: open until a person settles them."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from backend.store.portable import insert
from backend.store.schema import crossings, reconciliations


@dataclass(frozen=True, slots=True)
class Open:
    crossing: str
    port: str
    verdict: str
    opened_utc_ms: int


def open_one(db: Connection, crossing: str, verdict: str, now_utc_ms: int) -> None:
    """One that is known already, open or settled, stays."""
    row = {"crossing": crossing, "verdict": verdict, "opened_utc_ms": now_utc_ms}
    db.execute(insert(db, reconciliations).values(row).on_conflict_do_nothing(index_elements=["crossing"]))


def still_open(db: Connection) -> list[Open]:
    """Everywhere, the oldest first."""
    both = reconciliations.join(crossings, reconciliations.c.crossing == crossings.c.crossing)
    columns = (reconciliations.c.crossing, crossings.c.port, reconciliations.c.verdict, reconciliations.c.opened_utc_ms)
    wanted = select(*columns).select_from(both).where(reconciliations.c.settled_utc_ms.is_(None))
    rows = db.execute(wanted.order_by(reconciliations.c.opened_utc_ms, reconciliations.c.crossing))
    return [Open(row.crossing, row.port, row.verdict, row.opened_utc_ms) for row in rows]


def settle(db: Connection, crossing: str, who: str, stands: bool, reason: str, now_utc_ms: int) -> bool:
    """False if none about this crossing is open."""
    here = (reconciliations.c.crossing == crossing) & reconciliations.c.settled_utc_ms.is_(None)
    done = {"settled_by": who, "stands": stands, "reason": reason, "settled_utc_ms": now_utc_ms}
    return db.execute(reconciliations.update().where(here).values(done)).rowcount == 1
