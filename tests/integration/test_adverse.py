"""Nobody is kept from travelling but by a named person with a ground that is not the face.

Adverse is what keeps somebody from travelling by the service: an interception, and the carrier being told not to board.
A WAIT is not: it asks for an agent, who may board the traveller by documents.
"""

import contextlib
import itertools

import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

from backend import access, adjudicating
from backend.adjudicating import INTERCEPT, NOT_THIS_PERSON, RELEASE, Verdict
from backend.caller import Caller
from backend.errors import NotAllowed, Refused
from backend.settings import Rules
from backend.store import alerts as kept
from backend.store import allowances, schema
from tests.integration.desk import MEYER, NOW, WARRANT, Desk, officer, rows


def test_air22_an_interception_keeps_its_person_and_its_ground(desk: Desk) -> None:
    alert = desk.hit()
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "handed to the police", WARRANT))
    held = desk.found(alert.alert)
    assert (held.adjudication, held.taken_by, held.ground) == (INTERCEPT, "o.meyer", WARRANT)
    assert desk.ask(allowances.usable, desk.journey, desk.people[0], NOW) is None
    assert desk.noted("alert.intercept") == [("o.meyer", alert.alert, "", desk.people[0])]
    assert len(desk.ask(rows, schema.answers)) == 1  # the carrier is told


GROUNDS = ("", "   ", "face match", "The camera is sure: same person, score 0.99", WARRANT)
VERDICTS = (*((INTERCEPT, ground) for ground in GROUNDS), (RELEASE, WARRANT), (NOT_THIS_PERSON, WARRANT))
# The caller's port, and who has taken the alert before.
TAKEN = (("ZRH", ""), ("ZRH", "o.meyer"), ("ZRH", "o.huber"), ("GVA", "o.meyer"))
ROLES = tuple(sorted(access.DEVICE_ROLES | access.PEOPLE_ROLES))
ADJUDICATE = "/limen.v1.Alerts/Adjudicate"


def outcome(db: Connection, desk: Desk, alert: str, who: Caller, taken_by: str, verdict: Verdict) -> str | None:
    """What becomes of an alert when the caller adjudicates it so, by the way every call goes."""
    with contextlib.suppress(NotAllowed, Refused):
        access.check(ADJUDICATE, {(who.role, port) for port in who.ports})
        if taken_by:
            adjudicating.take(db, desk.acting(officer(taken_by)), alert)
        adjudicating.adjudicate(db, desk.acting(who), Rules(), alert, verdict)
        held = kept.find(db, alert)
        return held.adjudication if held else None
    return None


def test_bi07_every_way_to_an_interception_has_a_named_person_and_a_ground_that_is_no_face(desk: Desk) -> None:
    """Adverse is what keeps somebody from travelling by the service: an interception.  A WAIT asks for an agent.

    Every role at the port and at another, every verdict with every ground, taken by nobody, the caller, somebody else.
    """
    alert, ways = desk.hit(), set()
    desk.ask(kept.escalate, alert.alert, NOW)
    with desk.engine.begin() as db:
        for role, (word, ground), (port, taken_by) in itertools.product(ROLES, VERDICTS, TAKEN):
            who, verdict = Caller("o.meyer", role, ports=frozenset({port})), Verdict(word, "looked at it", ground)
            undone = db.begin_nested()
            if outcome(db, desk, alert.alert, who, taken_by, verdict) == INTERCEPT:
                ways.add((role, port, ground, taken_by))
            undone.rollback()
    assert ways == {(role, "ZRH", WARRANT, "o.meyer") for role in ("officer", "supervisor")}


def test_bi07_the_database_refuses_an_interception_without_a_person_or_a_ground(desk: Desk) -> None:
    alert = desk.alert("hotlist", desk.people[0])
    for taken_by, ground in ((None, WARRANT), ("o.meyer", None), ("o.meyer", ""), (None, None)):
        row = {"adjudication": INTERCEPT, "taken_by": taken_by, "ground": ground}
        with pytest.raises(IntegrityError):
            desk.ask(lambda db, row=row: db.execute(update(schema.alerts).values(row)))
    assert desk.found(alert.alert) == alert


def test_hum1_a_hit_alone_changes_nothing_about_the_traveller(desk: Desk) -> None:
    before = desk.ask(rows, schema.travelers)
    desk.hit()
    desk.now_utc_ms += 60_000
    desk.look()
    assert desk.ask(rows, schema.travelers) == before
    assert desk.ask(rows, schema.answers) == []
