"""What still waits to be done, and for how long: counts and times, nothing of anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from backend.store import shifts
from backend.store.schema import alerts, audit_log, holds, journeys, outbox

DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """oldest_utc_ms: since when the oldest waits; None if none does."""

    count: int
    oldest_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """outbox: by system of record.  alerts: not yet adjudicated; untaken: nobody has taken them.  purge: galleries
    whose time is up, since they began.  audit: entries of the log.  doubtful: shifts of the last day
    begun by a code that was not good."""

    outbox: Mapping[str, Waiting]
    alerts: Waiting
    untaken: Waiting
    purge: Waiting
    audit: int
    doubtful: int


@dataclass(frozen=True, slots=True)
class Searchable:
    journey: str
    received_utc_ms: int
    searchable_utc_ms: int


def backlog(db: Connection, now_utc_ms: int, begun_utc_ms: int, ahead_ms: int) -> Backlog:
    """Galleries are overdue, unless held, that began before begun_utc_ms: with their receipt, and no sooner than
    ahead_ms before they leave, as in `backend.retention.due`."""
    first = journeys.c.departs_utc_ms - ahead_ms
    left = case((first > journeys.c.received_utc_ms, first), else_=journeys.c.received_utc_ms)
    held = select(holds.c.journey).where(holds.c.ended_utc_ms.is_(None))
    due = journeys.c.purged_utc_ms.is_(None) & (left < begun_utc_ms) & journeys.c.journey.not_in(held)
    # Of those raised ahead of boarding, which may wait for a day, the figures an operator sees say nothing.
    open_ = alerts.c.adjudicated_utc_ms.is_(None) & alerts.c.expected.is_(None)
    return Backlog(
        outbox=_outbox(db),
        alerts=_waiting(db, select(func.count(), func.min(alerts.c.raised_utc_ms)).where(open_)),
        untaken=_waiting(
            db,
            select(func.count(), func.min(alerts.c.raised_utc_ms)).where(open_, alerts.c.taken_utc_ms.is_(None)),
        ),
        purge=_waiting(db, select(func.count(), func.min(left)).where(due, journeys.c.mode != "port")),
        audit=db.execute(select(func.coalesce(func.max(audit_log.c.number), 0))).scalar_one(),
        doubtful=shifts.doubtful(db, now_utc_ms - DAY_MS),
    )


def became_searchable(db: Connection, since_utc_ms: int) -> list[Searchable]:
    """After that time, in order."""
    columns = (journeys.c.journey, journeys.c.received_utc_ms, journeys.c.searchable_utc_ms)
    later = journeys.c.searchable_utc_ms > since_utc_ms
    return [Searchable(*row) for row in db.execute(select(*columns).where(later).order_by(columns[2]))]


def searchable(db: Connection, departs_after_utc_ms: int) -> list[str]:
    """Journeys that were searchable, and still must be."""
    alive = journeys.c.purged_utc_ms.is_(None) & ~journeys.c.cancelled & journeys.c.searchable_utc_ms.is_not(None)
    soon = journeys.c.departs_utc_ms.is_(None) | (journeys.c.departs_utc_ms > departs_after_utc_ms)
    return list(db.execute(select(journeys.c.journey).where(alive, soon)).scalars())


def _outbox(db: Connection) -> dict[str, Waiting]:
    unsent = outbox.c.sent_utc_ms.is_(None)
    asked = select(outbox.c.system, func.count(), func.min(outbox.c.queued_utc_ms)).where(unsent)
    return {system: Waiting(count, oldest) for system, count, oldest in db.execute(asked.group_by(outbox.c.system))}


def _waiting(db: Connection, asked: Select[Any, Any]) -> Waiting:
    count, oldest = db.execute(asked).one()
    return Waiting(count, oldest)
