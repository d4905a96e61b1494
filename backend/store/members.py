"""Frequent crossers of a port: who they are, and what another gallery already knows of them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from backend.store import boardings
from backend.store.schema import assignments, crossings, holds, journeys, templates, travelers


@dataclass(frozen=True, slots=True)
class Known:
    """A person as the newest journey knows him that still can.  templates: how many of this version are there."""

    person: str
    traveler: str
    journey: str
    mode: str
    templates: int


def frequent(db: Connection, port: str, since_utc_ms: int, least: int) -> set[str]:
    """Persons who crossed at a port at least so often since then.  Citizens never: their templates end with each
    journey (RET-1).  A voided crossing does not count (RED-1)."""
    counted = select(crossings.c.person).where(
        crossings.c.port == port,
        crossings.c.crossed_utc_ms >= since_utc_ms,
        ~crossings.c.citizen,
        crossings.c.voided_utc_ms.is_(None),
    )
    return set(db.execute(counted.group_by(crossings.c.person).having(func.count() >= least)).scalars())


def members(db: Connection, journey: str) -> set[str]:
    """Persons of a gallery."""
    return set(db.execute(select(travelers.c.person).where(travelers.c.journey == journey)).scalars())


def known(db: Connection, person: str, version: str) -> Known | None:
    """A journey that took templates from photos before a lane's gallery, which had them from elsewhere; the newest
    first.  None if nothing can be read of him any more, or nobody takes his photo."""
    count = select(func.count()).where(templates.c.traveler == travelers.c.traveler, templates.c.version == version)
    held = count.scalar_subquery().label("held")
    found = (
        select(travelers.c.person, travelers.c.traveler, travelers.c.journey, journeys.c.mode, held)
        .join(journeys, journeys.c.journey == travelers.c.journey)
        .where(
            travelers.c.person == person,
            travelers.c.sealed.is_not(None),
            travelers.c.photographed,
            ~travelers.c.citizen,
            ~travelers.c.removed,
            travelers.c.accommodation == "",
            journeys.c.purged_utc_ms.is_(None),
        )
        .order_by(travelers.c.added_utc_ms.desc())
    )
    rows = db.execute(found).all()
    made = [row for row in rows if row.mode != "port" and row.held] or rows
    return Known(*made[0]) if made else None


def ended(db: Connection, port: str, today: str, before_utc_ms: int) -> list[str]:
    """A port's galleries of other days, neither purged nor held, whose day ended by a time."""
    held = select(holds.c.journey).where(holds.c.ended_utc_ms.is_(None))
    found = select(journeys.c.journey).where(
        journeys.c.mode == "port",
        journeys.c.departure_port == port,
        journeys.c.journey != today,
        journeys.c.departs_utc_ms <= before_utc_ms,
        journeys.c.purged_utc_ms.is_(None),
        journeys.c.journey.not_in(held),
    )
    return list(db.execute(found.order_by(journeys.c.departs_utc_ms)).scalars())


def reassign(db: Connection, old: str, new: str) -> int:
    """Gates that board one journey board another; how many."""
    moved = assignments.update().where(assignments.c.journey == old)
    count = db.execute(moved.values(journey=new)).rowcount
    boardings.keep(db)
    return count
