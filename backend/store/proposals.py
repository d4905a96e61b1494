"""What one person has proposed, and what another made of it."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from backend.store.portable import row_of
from backend.store.schema import proposals

APPROVED, REJECTED = "approved", "rejected"


@dataclass(frozen=True, slots=True)
class Proposal:
    """See the table.  settled: "", APPROVED or REJECTED."""

    proposal: str
    kind: str
    sealed: bytes
    reason: str
    proposed_by: str
    proposed_utc_ms: int
    settled: str = ""
    settled_by: str | None = None
    settled_reason: str | None = None
    settled_utc_ms: int | None = None
    made: str = ""
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """settled: APPROVED or REJECTED.  made: what came into being, "" if nothing did.  digest: of what was seen."""

    settled: str
    settled_by: str
    settled_reason: str
    settled_utc_ms: int
    made: str = ""
    digest: str = ""


def add(db: Connection, proposal: Proposal) -> None:
    db.execute(proposals.insert(), row_of(proposal))


def find(db: Connection, proposal: str) -> Proposal | None:
    row = db.execute(select(proposals).where(proposals.c.proposal == proposal)).one_or_none()
    return Proposal(**row._mapping) if row else None


def settle(db: Connection, proposal: str, settlement: Settlement) -> bool:
    """False if it is settled already.  The database refuses the proposer's own hand: IntegrityError."""
    unsettled = (proposals.c.proposal == proposal) & (proposals.c.settled == "")
    return db.execute(proposals.update().where(unsettled).values(row_of(settlement))).rowcount == 1


def listed(db: Connection, most: int, name: str = "", *, open_only: bool) -> list[Proposal]:
    """The newest first.  name: of the only one wanted, "" for any."""
    found = select(proposals).order_by(proposals.c.proposed_utc_ms.desc(), proposals.c.proposal).limit(most)
    found = found.where(proposals.c.proposal == name) if name else found
    rows = db.execute(found.where(proposals.c.settled == "") if open_only else found)
    return [Proposal(**row._mapping) for row in rows]
