"""What the store and the systems of record hold when the day is over."""

from collections.abc import Awaitable, Callable

from sqlalchemy import Connection, Table, func, select

from backend import auditing
from backend.keys import of_citizens, of_gallery
from backend.parts import Parts
from backend.store.outbox import SYSTEMS
from backend.store.schema import (
    alerts,
    audit_log,
    captures,
    crossings,
    decisions,
    journeys,
    outbox,
    templates,
    travelers,
)
from calibration.service.day.accounts import Ended
from calibration.service.day.gates import Books
from calibration.service.sinks import Sinks


def open_work(db: Connection) -> int:
    """Answers without their alert, alerts without a verdict, messages not sent."""
    told = select(alerts.c.decision)
    unraised = _count(db, decisions, decisions.c.officer & decisions.c.decision.not_in(told))
    waiting = _count(db, outbox, outbox.c.sent_utc_ms.is_(None))
    return unraised + waiting + _count(db, alerts, alerts.c.adjudication.is_(None))


async def at_the_end(parts: Parts, sinks: Sinks, books: Books, later: Callable[[], Awaitable[None]]) -> Ended:
    """later: lets two weeks pass and the purge do its work."""
    ended = await parts.store.read(_recorded, books)
    ended.effects = {system: sinks.effects(system) for system in SYSTEMS}
    await later()
    await parts.store.read(_left, parts, ended)
    return ended


def _recorded(db: Connection, books: Books) -> Ended:
    stands = select(crossings.c.traveler, crossings.c.kind).where(crossings.c.voided_utc_ms.is_(None))
    return Ended(
        books=books,
        crossings=[(row.traveler, row.kind) for row in db.execute(stands)],
        decisions=_count(db, decisions, decisions.c.attempt > 0),
        officer_decisions=_count(db, decisions, decisions.c.officer),
        alerts=_count(db, alerts, alerts.c.alert != ""),
        adjudicated=_count(db, alerts, alerts.c.adjudication.is_not(None)),
        told_to_log=_count(db, audit_log, audit_log.c.action == "crossing.recorded"),
        log_problems=len(auditing.verify(db, [])),
        waiting=_count(db, outbox, outbox.c.sent_utc_ms.is_(None)),
        sealed_copies=_count(db, crossings, crossings.c.sealed.is_not(None)),
    )


def _left(db: Connection, parts: Parts, ended: Ended) -> None:
    """After the purge."""
    names = _count(db, travelers, travelers.c.sealed.is_not(None))
    images = _count(db, captures, captures.c.attempt > 0) + _count(db, templates, templates.c.sample >= 0)
    every = list(db.execute(select(journeys.c.journey)).scalars())
    keys = sum(parts.keys.has(name) for one in every for name in (of_gallery(one), of_citizens(one)))
    ended.names_left = names + images + keys
    ended.purged = _count(db, journeys, journeys.c.purged_utc_ms.is_not(None))


def _count(db: Connection, table: Table, which: object) -> int:
    return int(db.execute(select(func.count()).select_from(table).where(which)).scalar_one())  # type: ignore[arg-type]
