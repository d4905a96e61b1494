"""What an officer does about an alert: take it, say what came of it, or let somebody pass in spite of the policy.

Adverse is what keeps somebody from travelling: an interception, and the carrier being told not to board.  A WAIT at a
gate is not: it asks for an agent, who may board the traveller by documents.  Nothing but `adjudicate` intercepts, and
it takes the officer who has taken the alert and a ground that is not the face (HUM-1, BI-07); the database refuses an
interception without both.
"""

import contextlib
import uuid
from dataclasses import dataclass

from limen.v1.approvals_pb2 import HotlistEnd, ProposeRequest
from sqlalchemy import Connection

from backend import approvals
from backend.acting import Acting
from backend.alerts import View, concerns, view
from backend.announcing import tell_carrier
from backend.errors import Changed, KeyGone, NotAllowed, Refused, Repeated
from backend.grounds import not_biometric
from backend.manifests.cusres import Code
from backend.settings import Rules
from backend.store import alerts, allowances, answers, journeys, travelers
from backend.store.alerts import Adjudicated, Alert
from backend.store.allowances import VALID_MS, Allowance

RELEASE, INTERCEPT, NOT_THIS_PERSON = "release", "intercept", "not_this_person"


@dataclass(frozen=True, slots=True)
class Verdict:
    """adjudication: RELEASE, INTERCEPT or NOT_THIS_PERSON.  ground: for an interception; "" for none."""

    adjudication: str
    reason: str
    ground: str = ""


def take(db: Connection, acting: Acting, name: str) -> View:
    """The caller goes there.  Raises Repeated if another has taken it, Refused, NotAllowed, Changed if it is over."""
    alert = _running(_found(db, acting, name))
    if alerts.take(db, name, acting.who.name, acting.now_utc_ms):
        acting.note(db, "alert.taken", name, alert.port)
    elif alert.taken_by != acting.who.name:
        raise Repeated(f"alert {name} was taken by {alert.taken_by}")
    return view(db, acting, _found(db, acting, name))


def adjudicate(db: Connection, acting: Acting, rules: Rules, name: str, verdict: Verdict) -> View:
    """Say once what came of an alert, as who took it.  Raises Refused, NotAllowed, Repeated, Changed."""
    alert = _found(db, acting, name)
    if alert.taken_by != acting.who.name:
        raise NotAllowed(f"alert {name} is {alert.taken_by or 'nobody'}'s: who has taken it adjudicates it")
    if alert.adjudication is not None:
        return _again(db, acting, alert, verdict)
    _running(alert)
    told = _adjudicated(acting, verdict)
    if not alerts.adjudicate(db, name, acting.who.name, told):
        raise Repeated(f"alert {name} was adjudicated meanwhile")
    acting.note(db, f"alert.{told.adjudication}", name, alert.port, alert.traveler or "")
    _follow(db, acting, rules, alert, verdict)
    return view(db, acting, _found(db, acting, name))


def _running(alert: Alert) -> Alert:
    if alert.ended:
        raise Changed(f"alert {alert.alert} is over ({alert.ended}): nobody waits there any more")
    return alert


def _adjudicated(acting: Acting, verdict: Verdict) -> Adjudicated:
    ground = not_biometric(verdict.ground) if verdict.adjudication == INTERCEPT else verdict.ground.strip() or None
    return Adjudicated(verdict.adjudication, verdict.reason, ground, acting.now_utc_ms)


def _again(db: Connection, acting: Acting, alert: Alert, verdict: Verdict) -> View:
    if alert.adjudication != verdict.adjudication:
        raise Repeated(f"alert {alert.alert} was already adjudicated: {alert.adjudication}")
    return view(db, acting, alert)


def _follow(db: Connection, acting: Acting, rules: Rules, alert: Alert, verdict: Verdict) -> None:
    if alert.traveler is None:
        return  # nobody was identified: documents, or a new look, decide
    match verdict.adjudication:
        case "intercept":
            allowances.spend(db, alert.journey, alert.traveler, alert.alert)
            _tell(db, acting, alert.journey, alert.traveler, Code.DO_NOT_BOARD)
        case "release":
            _allow(db, acting, alert.journey, alert.traveler, (alert.alert, verdict.reason))
        case "not_this_person" if alert.entry is not None:
            # No allowance: it would be the matched traveller's, who is the one that does not stand here.
            reason = f"alert {alert.alert}: not this person"
            end = ProposeRequest(reason=reason, hotlist_end=HotlistEnd(entry=alert.entry))
            approvals.propose(db, acting, rules, end)


def override(db: Connection, acting: Acting, journey: str, traveler: str, reason: str) -> Allowance:
    """Let one traveller pass once.  Raises Refused for somebody unknown there, NotAllowed at another's port."""
    run = journeys.find(db, journey)
    if run is None:
        raise Refused(f"journey {journey} is unknown")
    acting.who.require(run.port)
    if travelers.one(db, acting.keys, journey, traveler) is None:
        raise Refused(f"traveler {traveler} is not expected on journey {journey}")
    return _allow(db, acting, journey, traveler, (None, reason))


def _allow(db: Connection, acting: Acting, journey: str, traveler: str, why: tuple[str | None, str]) -> Allowance:
    """why: the alert it answers, if any, and the reason."""
    alert, reason = why
    stopped = traveler in answers.intercepted(db, journey)
    given = Allowance(
        allowance=str(uuid.uuid4()),
        journey=journey,
        traveler=traveler,
        given_by=acting.who.name,
        reason=reason,
        alert=alert,
        given_utc_ms=acting.now_utc_ms,
        until_utc_ms=acting.now_utc_ms + VALID_MS,
    )
    allowances.give(db, given)
    acting.note(db, "allowance.given", given.allowance, journey, traveler)
    if stopped:
        _tell(db, acting, journey, traveler, Code.CLEARED)
    return given


def _tell(db: Connection, acting: Acting, journey: str, traveler: str, code: Code) -> None:
    with contextlib.suppress(KeyGone):  # purged: the journey is over, and there is nobody to tell
        tell_carrier(db, acting.keys, journey, traveler, code, acting.now_utc_ms)


def _found(db: Connection, acting: Acting, name: str) -> Alert:
    alert = alerts.find(db, name)
    if alert is None:
        raise Refused(f"alert {name} is unknown")
    acting.who.require(alert.port)
    if not concerns(alert, acting.who):
        raise NotAllowed(f"alert {name} waits for an officer of {alert.port}; it was not escalated")
    return alert
