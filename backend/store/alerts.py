"""Alerts to officers: one for each answer an officer must be told of, and for each hotlisted traveler on a manifest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, select

from backend.caller import EVERYWHERE
from backend.clock import SKEW_MS
from backend.store.bell import Topic
from backend.store.chunks import chunks
from backend.store.engine import touch
from backend.store.portable import add, row_of
from backend.store.schema import alerts, audit_log, decisions

# Asked after every answer, so made once.
_UNTOLD = (
    select(decisions)
    .where(decisions.c.officer.is_(True), decisions.c.decided_utc_ms >= bindparam("since"))
    .where(~exists().where(alerts.c.decision == decisions.c.decision))
    .order_by(decisions.c.decided_utc_ms)
)
_OVERDUE = select(alerts).where(
    alerts.c.adjudication.is_(None),
    alerts.c.taken_by.is_(None),
    alerts.c.escalated_utc_ms.is_(None),
    alerts.c.expected.is_(None),  # hours ahead nobody is late
    (alerts.c.raised_utc_ms <= bindparam("raised")) | (alerts.c.raised_utc_ms > bindparam("ahead")),
)


@dataclass(frozen=True, slots=True)
class Alert:
    """See the table."""

    alert: str
    decision: str | None
    reason: str
    port: str
    gate: str
    journey: str
    traveler: str | None
    entry: str | None
    raised_utc_ms: int
    escalated_utc_ms: int | None = None
    taken_by: str | None = None
    taken_utc_ms: int | None = None
    adjudication: str | None = None
    reason_given: str | None = None
    ground: str | None = None
    adjudicated_utc_ms: int | None = None
    expected: str | None = None
    told: str | None = None
    changed: str | None = None
    changed_utc_ms: int | None = None
    ended: str | None = None

    @property
    def open(self) -> bool:
        return self.adjudication is None and self.ended is None


@dataclass(frozen=True, slots=True)
class Adjudicated:
    adjudication: str
    reason_given: str
    ground: str | None
    adjudicated_utc_ms: int


def untold(db: Connection, since_utc_ms: int) -> list[Row[Any]]:
    """Decisions from a time on that an officer must be told and that have no alert yet, the oldest first."""
    return list(db.execute(_UNTOLD, {"since": since_utc_ms}))


def put(db: Connection, alert: Alert) -> bool:
    """False if the decision, or the person on that journey, has its alert already."""
    touch(db, Topic.ALERTS)
    return add(db, alerts, row_of(alert))


def find(db: Connection, alert: str) -> Alert | None:
    row = db.execute(select(alerts).where(alerts.c.alert == alert)).one_or_none()
    return Alert(**row._mapping) if row else None


def open_at(db: Connection, ports: Iterable[str]) -> list[Alert]:
    """Nobody has adjudicated them and they are not over, the oldest first."""
    here, found = set(ports), select(alerts).where(alerts.c.adjudication.is_(None), alerts.c.ended.is_(None))
    if EVERYWHERE not in here:
        found = found.where(alerts.c.port.in_(here))
    return [Alert(**row._mapping) for row in db.execute(found.order_by(alerts.c.raised_utc_ms, alerts.c.alert))]


def overdue(db: Connection, now_utc_ms: int, escalate_s: float) -> list[Alert]:
    """Raised so long ago, taken by nobody, not escalated yet; what a clock that was ahead has raised is late, too."""
    times = {"raised": now_utc_ms - int(escalate_s * 1000), "ahead": now_utc_ms + SKEW_MS}
    return [Alert(**row._mapping) for row in db.execute(_OVERDUE, times)]


def escalate(db: Connection, alert: str, now_utc_ms: int) -> None:
    touch(db, Topic.ALERTS)
    db.execute(alerts.update().where(alerts.c.alert == alert).values(escalated_utc_ms=now_utc_ms))


def take(db: Connection, alert: str, officer: str, now_utc_ms: int) -> bool:
    """False if somebody has taken it."""
    free = (alerts.c.alert == alert) & alerts.c.taken_by.is_(None) & alerts.c.ended.is_(None)
    touch(db, Topic.ALERTS)
    return db.execute(alerts.update().where(free).values(taken_by=officer, taken_utc_ms=now_utc_ms)).rowcount == 1


def adjudicate(db: Connection, alert: str, officer: str, what: Adjudicated) -> bool:
    """False unless this officer has taken it and nobody has adjudicated it."""
    theirs = (alerts.c.alert == alert) & (alerts.c.taken_by == officer) & alerts.c.adjudication.is_(None)
    touch(db, Topic.ALERTS)
    return db.execute(alerts.update().where(theirs).values(row_of(what))).rowcount == 1


def expected(db: Connection, keys: Iterable[str]) -> dict[str, Alert]:
    """Those raised ahead of boarding that are open, or by these `expected`, in whatever state; by `expected`."""
    open_ = alerts.c.expected.is_not(None) & alerts.c.adjudication.is_(None) & alerts.c.ended.is_(None)
    wanted = (open_, *(alerts.c.expected.in_(part) for part in chunks(keys)))
    rows = (row for which in wanted for row in db.execute(select(alerts).where(which)))
    return {row.expected: Alert(**row._mapping) for row in rows}


def change(db: Connection, alert: Alert) -> None:
    """What is known of somebody who is expected, as it is now."""
    touch(db, Topic.ALERTS)
    now = {name: getattr(alert, name) for name in ("gate", "traveler", "told", "changed", "changed_utc_ms", "ended")}
    db.execute(alerts.update().where(alerts.c.alert == alert.alert).values(now))


def noted(db: Connection, alert: str, who: str, action: str) -> bool:
    """Whether the audit log holds this action of somebody's on an alert."""
    line = (audit_log.c.subject == alert) & (audit_log.c.who == who) & (audit_log.c.action == action)
    return db.execute(select(audit_log.c.number).where(line).limit(1)).first() is not None
