"""Alerts: raised for every answer an officer must be told of, told to the officers of the port, escalated if nobody
comes.

They are made from recorded decisions by a job, so that an answer at the gate takes the same time whoever it is about,
and so that a crash between the two loses none: what has no alert when the service starts gets one then.
"""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import structlog
from limen.v1.approvals_pb2 import HotlistEntry
from sqlalchemy import Connection, Row

from backend import access, documents
from backend.acting import Acting
from backend.caller import EVERYWHERE, Caller
from backend.clock import Clock
from backend.documents_check import UNASKED
from backend.errors import KeyGone
from backend.keys import RECORDS, KeyRing
from backend.store import alerts, audit, hotlist, journeys, travelers
from backend.store.alerts import Alert
from backend.store.audit import Note
from backend.store.bell import Topic
from backend.store.engine import Store
from backend.store.journeys import Journey

log = structlog.get_logger()
LOOK_S = 1.0  # longest between two looks, should a bell of another replica not be heard
AT_ONCE = 20  # shown in one transaction, so that a backlog does not hold up the gates
LOOKBACK_MS = 3_600_000  # replicas' clocks differ by less; older decisions are looked for at the start
RECENT_MS = 60_000  # that far only once in this time, else so far: no answer is longer on its way to the disk
HOTLIST, NO_MATCH, DUPLICATE, LIVENESS = "hotlist", "no_match", "duplicate", "liveness"
EXPECTED = "expected"  # on a manifest, see `expected_alerts`
HELD_BOARDED = "held_boarded"  # by documents, without the service having been asked
# Whatever else makes somebody wait, poor pictures too, leaves the officer with a person nobody has identified.
REASONS = {
    "hotlist": HOTLIST,
    "intercepted": HOTLIST,
    "already_crossed": DUPLICATE,
    "duplicate": DUPLICATE,
    "liveness": LIVENESS,
}
# A no-match's nearest, or whose print was held up, is not the person who waits: an officer is not given the name.
IDENTIFIED = frozenset({HOTLIST, DUPLICATE, HELD_BOARDED, EXPECTED})
WHO, ROLE, PURPOSE = "alerts", "service", "alert"
VIEWED, NAMED = "alert.viewed", "alert.protected_name_viewed"


@dataclass(frozen=True, slots=True)
class View:
    """An alert as an officer sees it.  name and seat: "" where nobody was identified.  remark: of the hotlist entry.
    protected: the name is shown only to who says it is for a case (ACC-2).  document: masked; it and run: of somebody
    who is expected."""

    alert: Alert
    name: str
    seat: str
    remark: str
    protected: bool = False
    document: tuple[str, str, str] = ("", "", "")
    run: Journey | None = None


async def run(store: Store, clock: Clock, escalate_s: float) -> None:
    """Raise and escalate for ever, when a decision rings and at least every LOOK_S.  Raises StoreDown."""
    last_utc_ms = whole_utc_ms = 0
    while True:
        heard, now = store.bell.revision(Topic.DECISIONS), clock()
        whole = abs(now - whole_utc_ms) >= RECENT_MS
        since_utc_ms = min(last_utc_ms, now) - (LOOKBACK_MS if whole else RECENT_MS)
        if await store.read(due, since_utc_ms, now, escalate_s):
            await store.run(look, since_utc_ms, now, escalate_s)
        last_utc_ms, whole_utc_ms = now, now if whole else whole_utc_ms
        await store.bell.wait(Topic.DECISIONS, heard, LOOK_S)


def due(db: Connection, since_utc_ms: int, now_utc_ms: int, escalate_s: float) -> bool:
    """Whether a look would find something: asked after every answer, so without holding up the next one."""
    return bool(alerts.untold(db, since_utc_ms) or alerts.overdue(db, now_utc_ms, escalate_s))


def look(db: Connection, since_utc_ms: int, now_utc_ms: int, escalate_s: float) -> tuple[int, int]:
    """One look at decisions since a time: how many alerts were raised, and how many escalated."""
    raised = sum(_raise(db, decision, now_utc_ms) for decision in alerts.untold(db, since_utc_ms))
    late = alerts.overdue(db, now_utc_ms, escalate_s)
    for alert in late:
        alerts.escalate(db, alert.alert, now_utc_ms)
        audit.note(db, Note(now_utc_ms, WHO, ROLE, "alert.escalated", alert.alert, alert.port, PURPOSE))
    return raised, len(late)


def _raise(db: Connection, decision: Row[Any], now_utc_ms: int) -> bool:
    reason = _reason(decision)
    run = journeys.find(db, decision.journey)
    alert = Alert(
        alert=str(uuid.uuid4()),
        decision=decision.decision,
        reason=reason,
        port=decision.port or (run.port if run else ""),  # a gate registered without one stands where the journey is
        gate=decision.gate,
        journey=decision.journey,
        traveler=decision.subject if reason in IDENTIFIED else None,
        entry=_entry(db, decision) if REASONS.get(decision.concern) == HOTLIST else None,
        raised_utc_ms=now_utc_ms,
    )
    raised = alerts.put(db, alert)
    if raised:
        decided = decision.decision
        audit.note(db, Note(now_utc_ms, WHO, ROLE, "alert.raised", alert.alert, alert.port, PURPOSE, decided))
    return raised


def _reason(decision: Row[Any]) -> str:
    reason = REASONS.get(decision.concern, NO_MATCH)
    return HELD_BOARDED if decision.purpose == UNASKED and reason != DUPLICATE else reason


def _entry(db: Connection, decision: Row[Any]) -> str | None:
    """What stood against the person when the answer was given."""
    if decision.subject is None:
        return None
    return hotlist.against(db, decision.subject, decision.decided_utc_ms)


def concerns(alert: Alert, who: Caller) -> bool:
    """Officers of the port from the start, supervisors there once nobody came in time."""
    return who.holds_at(alert.port) and (who.role == access.OFFICER or alert.escalated_utc_ms is not None)


async def watch(store: Store, keys: KeyRing, clock: Clock, who: Caller) -> AsyncIterator[View]:
    """What concerns the caller and nobody has adjudicated: all at once, then each change, for ever."""
    told: dict[str, Alert] = {}
    while True:
        heard = store.bell.revision(Topic.ALERTS)
        news = await store.read(_news, who, told)
        for start in range(0, len(news), AT_ONCE):
            for shown in await store.run(views, Acting(who, keys, clock()), news[start : start + AT_ONCE]):
                told[shown.alert.alert] = shown.alert
                yield shown
        told = {name: alert for name, alert in told.items() if alert.open}
        await store.bell.wait(Topic.ALERTS, heard, LOOK_S)


def _news(db: Connection, who: Caller, told: dict[str, Alert]) -> list[Alert]:
    ports = (EVERYWHERE,) if EVERYWHERE in who.ports else who.ports
    open_ = [alert for alert in alerts.open_at(db, ports) if concerns(alert, who)]
    ended = told.keys() - {alert.alert for alert in open_}
    found = [*open_, *(alert for name in sorted(ended) if (alert := alerts.find(db, name)) is not None)]
    return [alert for alert in found if told.get(alert.alert) != alert]


def views(db: Connection, acting: Acting, found: list[Alert]) -> list[View]:
    return [view(db, acting, alert) for alert in found]


def view(db: Connection, acting: Acting, alert: Alert) -> View:
    """Show an officer whom an alert is about; the first time is noted (ACC-1)."""
    if alert.traveler is None:
        return View(alert, "", "", "")
    _note_once(db, acting, alert, VIEWED)
    try:
        shown = travelers.named(db, acting.keys, alert.journey, alert.traveler)
    except KeyGone:  # purged: the alert stays, the name is gone
        shown = None
    remark = _remark(db, acting.keys, alert.entry)
    run = journeys.find(db, alert.journey) if alert.reason == EXPECTED else None
    if shown is None:
        return View(alert, "", "", remark, run=run)
    if shown.protected and acting.who.purpose != access.CASE:
        return View(alert, "", shown.seat, remark, protected=True, run=run)
    if shown.protected:
        _note_once(db, acting, alert, NAMED)
    of = shown.biographic
    document = (of.document_type, of.document_issuer, documents.masked(of.document_number))
    told = document if run else ("", "", "")
    return View(alert, of.name, shown.seat, remark, shown.protected, told, run)


def _note_once(db: Connection, acting: Acting, alert: Alert, action: str) -> None:
    """In the log the first time an officer sees it."""
    if not alerts.noted(db, alert.alert, acting.who.name, action):
        purposeful = replace(acting, who=replace(acting.who, purpose=acting.who.purpose or PURPOSE))
        purposeful.note(db, action, alert.alert, alert.port, alert.traveler or "")


def _remark(db: Connection, keys: KeyRing, entry: str | None) -> str:
    """ "" of an entry that cannot be opened: the officer is told of the alert all the same."""
    held = hotlist.find(db, entry) if entry else None
    if held is None:
        return ""
    try:
        return HotlistEntry.FromString(keys.box(RECORDS).open(held.sealed, held.entry)).remark
    except KeyGone as error:
        log.error("hotlist.unreadable", entry=held.entry, why=str(error))
        return ""
