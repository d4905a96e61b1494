"""Officers are told of whoever waits for them, and nobody but a named person decides what becomes of it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import IntegrityError

from backend import access, adjudicating, alerts
from backend.adjudicating import INTERCEPT, NOT_THIS_PERSON, RELEASE, Verdict
from backend.alerts import View
from backend.caller import Caller
from backend.errors import NotAllowed, Refused, Repeated
from backend.keys import KeyRing, of_gallery
from backend.settings import Rules
from backend.store import alerts as kept
from backend.store import allowances, schema
from backend.store.alerts import Alert
from backend.store.engine import Store, open_store
from calibration.service.postgres import Postgres
from tests.integration.desk import NOW, Desk, officer, rows

MEYER, HUBER = officer("o.meyer"), officer("o.huber")
WARRANT = "warrant 11-204 of the court of Zurich"


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, KeyRing(tmp_path / "keys"))


def take(desk: Desk, who: Caller, alert: Alert) -> View:
    return desk.ask(adjudicating.take, desk.acting(who), alert.alert)


def adjudicate(desk: Desk, who: Caller, alert: Alert, verdict: Verdict) -> View:
    return desk.ask(adjudicating.adjudicate, desk.acting(who), Rules(), alert.alert, verdict)


def hit(desk: Desk) -> Alert:
    """The alert about the first traveller, whom a validated entry stands against."""
    desk.wanted(0)
    return desk.alert("hotlist", desk.people[0])


def noted(desk: Desk, action: str) -> list[tuple[object, ...]]:
    lines = desk.ask(rows, schema.audit_log)
    return [(one["who"], one["subject"], one["purpose"], one["result"]) for one in lines if one["action"] == action]


async def watched(desk: Desk, who: Caller, many: int) -> list[View]:
    """What a stream shows at first."""
    store = Store(desk.engine)
    watching = alerts.watch(store, desk.keys, lambda: desk.now_utc_ms, who)
    return [view async for view in _first(watching, many)]


async def _first(watching: AsyncIterator[View], many: int) -> AsyncIterator[View]:
    for _ in range(many):
        yield await asyncio.wait_for(anext(watching), 10)


def test_air21_a_no_match_tells_the_officers_of_the_port_where_and_which_flight(desk: Desk) -> None:
    alert = desk.alert("no_match")
    (view,) = asyncio.run(watched(desk, MEYER, 1))
    assert view == View(alert, "", "", "")
    assert (alert.reason, alert.port, alert.gate, alert.journey) == ("no_match", "ZRH", "G1", desk.journey)


@pytest.mark.parametrize("concern", ["no_match", "ambiguous", "liveness", "quality"])
def test_nobody_is_named_or_let_pass_for_being_the_nearest_to_a_face_nobody_matched(desk: Desk, concern: str) -> None:
    alert = desk.alert(concern, desk.people[0])
    shown = take(desk, MEYER, alert)
    assert (shown.alert.traveler, shown.name, shown.seat) == (None, "", "")
    adjudicate(desk, MEYER, alert, Verdict(RELEASE, "documents are right"))
    assert desk.ask(rows, schema.allowances) == []


def test_air22_a_hotlist_hit_tells_the_officer_who_where_and_why(desk: Desk) -> None:
    alert = hit(desk)
    (view,) = asyncio.run(watched(desk, MEYER, 1))
    assert (alert.reason, alert.traveler, alert.gate) == ("hotlist", desk.people[0], "G1")
    assert (view.name, view.seat, view.remark) == ("SPECIMEN P0", "1A", "ask about the cargo")


def test_air22_a_release_lets_the_traveller_pass_once_within_ten_minutes(desk: Desk) -> None:
    alert, who = hit(desk), desk.people[0]
    take(desk, MEYER, alert)
    assert desk.ask(allowances.usable, desk.journey, who, NOW) is None
    adjudicate(desk, MEYER, alert, Verdict(RELEASE, "talked to, nothing found"))
    usable = desk.ask(allowances.usable, desk.journey, who, NOW + 599_999)
    assert usable is not None
    assert desk.ask(allowances.usable, desk.journey, who, NOW + 600_000) is None
    assert desk.ask(allowances.usable, desk.journey, desk.people[1], NOW) is None
    assert [desk.ask(allowances.use, usable, decision) for decision in ("first", "second")] == [True, False]
    assert desk.ask(allowances.usable, desk.journey, who, NOW) is None


def test_air22_an_interception_keeps_its_person_and_its_ground(desk: Desk) -> None:
    alert = hit(desk)
    take(desk, MEYER, alert)
    adjudicate(desk, MEYER, alert, Verdict(INTERCEPT, "handed to the police", WARRANT))
    held = desk.found(alert.alert)
    assert (held.adjudication, held.taken_by, held.ground) == (INTERCEPT, "o.meyer", WARRANT)
    assert desk.ask(allowances.usable, desk.journey, desk.people[0], NOW) is None
    assert noted(desk, "alert.intercept") == [("o.meyer", alert.alert, "", desk.people[0])]
    assert len(desk.ask(rows, schema.answers)) == 1  # the carrier is told


def test_not_this_person_lets_pass_and_asks_a_second_person_to_end_the_entry(desk: Desk) -> None:
    alert = hit(desk)
    take(desk, MEYER, alert)
    adjudicate(desk, MEYER, alert, Verdict(NOT_THIS_PERSON, "a brother"))
    assert desk.ask(allowances.usable, desk.journey, desk.people[0], NOW) is not None
    (proposal,) = (one for one in desk.ask(rows, schema.proposals) if one["kind"] == "hotlist_end")
    assert (proposal["proposed_by"], proposal["settled"]) == ("o.meyer", "")
    assert [entry["ended_utc_ms"] for entry in desk.ask(rows, schema.hotlist)] == [None]


def test_hum2_a_proposed_entry_alerts_nobody_as_an_entry(desk: Desk) -> None:
    desk.propose(officer("a.keller", "*", "analyst"), desk.listed(0))
    assert desk.alert("hotlist", desk.people[0]).entry is None


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
    alert, ways = hit(desk), set()
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
    hit(desk)
    desk.now_utc_ms += 60_000
    desk.look()
    assert desk.ask(rows, schema.travelers) == before
    assert desk.ask(rows, schema.answers) == []


def test_one_of_many_officers_gets_an_alert(desk: Desk) -> None:
    alert = desk.alert("no_match")
    crowd = [officer(f"o.{number}") for number in range(8)]

    async def race() -> list[View | BaseException]:
        store = Store(desk.engine)
        tries = (store.run(adjudicating.take, desk.acting(one), alert.alert) for one in crowd)
        return await asyncio.gather(*tries, return_exceptions=True)

    results = asyncio.run(race())
    assert sum(isinstance(one, View) for one in results) == 1
    assert sum(isinstance(one, Repeated) for one in results) == 7
    assert len(noted(desk, "alert.taken")) == 1


def test_taking_again_is_taking_once(desk: Desk) -> None:
    alert = desk.alert("no_match")
    assert take(desk, MEYER, alert) == take(desk, MEYER, alert)
    assert len(noted(desk, "alert.taken")) == 1


def test_only_who_took_it_adjudicates_and_only_once(desk: Desk) -> None:
    alert, said = hit(desk), Verdict(RELEASE, "talked to")
    with pytest.raises(NotAllowed, match="nobody's"):
        adjudicate(desk, MEYER, alert, said)
    take(desk, MEYER, alert)
    with pytest.raises(NotAllowed, match=r"o\.meyer's"):
        adjudicate(desk, HUBER, alert, said)
    assert adjudicate(desk, MEYER, alert, said) == adjudicate(desk, MEYER, alert, said)
    with pytest.raises(Repeated):
        adjudicate(desk, MEYER, alert, Verdict(INTERCEPT, "changed my mind", WARRANT))
    assert len(desk.ask(rows, schema.allowances)) == 1


def test_an_alert_nobody_takes_is_escalated_after_15_s_to_supervisors(desk: Desk) -> None:
    alert, supervisor = desk.alert("no_match"), officer("s.hofer", "ZRH", "supervisor")
    with pytest.raises(NotAllowed, match="not escalated"):
        take(desk, supervisor, alert)
    desk.now_utc_ms = NOW + 14_999
    assert desk.look() == (0, 0)
    desk.now_utc_ms = NOW + 15_000
    assert desk.look() == (0, 1)
    assert desk.look() == (0, 0)
    assert [view.alert.escalated_utc_ms for view in asyncio.run(watched(desk, supervisor, 1))] == [NOW + 15_000]
    assert take(desk, supervisor, alert).alert.taken_by == "s.hofer"
    assert noted(desk, "alert.escalated") == [("alerts", alert.alert, "alert", "")]


def test_what_is_taken_in_time_is_not_escalated(desk: Desk) -> None:
    take(desk, MEYER, desk.alert("no_match"))
    desk.now_utc_ms += 60_000
    assert desk.look() == (0, 0)


@pytest.mark.parametrize(
    ("concern", "reason"),
    [
        ("hotlist", "hotlist"),
        ("already_crossed", "duplicate"),
        ("liveness", "liveness"),
        ("no_match", "no_match"),
        ("ambiguous", "no_match"),
        ("quality", "no_match"),
    ],
)
def test_each_concern_has_its_reason_class(desk: Desk, concern: str, reason: str) -> None:
    assert desk.alert(concern).reason == reason


def test_every_decision_an_officer_must_be_told_has_one_alert_however_often_is_looked(desk: Desk) -> None:
    told = {desk.decided(concern) for concern in ("no_match", "liveness", "hotlist")}
    desk.decided("accommodation", told=False)
    assert [desk.look() for _ in range(3)] == [(3, 0), (0, 0), (0, 0)]
    assert {one.decision for one in desk.ask(kept.open_at, "*")} == told


def test_acc1_an_officer_sees_the_alerts_of_the_own_port_only(desk: Desk) -> None:
    alert = hit(desk)
    other = officer("o.rossi", "GVA")
    elsewhere = desk.decided("no_match", port="GVA")
    desk.look()
    (view,) = asyncio.run(watched(desk, other, 1))
    assert view.alert.decision == elsewhere
    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        take(desk, other, alert)
    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        adjudicate(desk, other, alert, Verdict(RELEASE, "because"))
    assert len(asyncio.run(watched(desk, officer("o.chief", "*"), 2))) == 2


def test_acc1_every_officers_first_view_of_a_person_is_noted_with_a_purpose(desk: Desk) -> None:
    alert = hit(desk)
    for who in (MEYER, MEYER, replace(HUBER, purpose="inspection")):
        asyncio.run(watched(desk, who, 1))
    take(desk, MEYER, alert)
    assert noted(desk, "alert.viewed") == [
        ("o.meyer", alert.alert, "alert", desk.people[0]),
        ("o.huber", alert.alert, "inspection", desk.people[0]),
    ]


def test_the_log_of_an_alert_names_nobody(desk: Desk) -> None:
    alert = hit(desk)
    take(desk, MEYER, alert)
    adjudicate(desk, MEYER, alert, Verdict(NOT_THIS_PERSON, "a brother"))
    told = str(desk.ask(rows, schema.audit_log)) + str(desk.ask(rows, schema.alerts))
    assert all(word not in told for word in ("SPECIMEN", "XX700000", "cargo"))


def test_a_stream_shows_what_is_open_then_each_change_until_it_is_adjudicated(desk: Desk) -> None:
    async def story() -> list[tuple[str | None, str | None]]:
        store, seen = Store(desk.engine), []
        watching = alerts.watch(store, desk.keys, lambda: NOW, MEYER)
        seen.append((await anext(watching)).alert)
        acting, name = desk.acting(HUBER), seen[0].alert
        await store.run(adjudicating.take, acting, name)
        seen.append((await asyncio.wait_for(anext(watching), 10)).alert)
        await store.run(adjudicating.adjudicate, acting, Rules(), name, Verdict(RELEASE, "documents are right"))
        seen.append((await asyncio.wait_for(anext(watching), 10)).alert)
        return [(one.taken_by, one.adjudication) for one in seen]

    desk.alert("no_match")
    assert asyncio.run(story()) == [(None, None), ("o.huber", None), ("o.huber", RELEASE)]


def test_an_alert_outlives_the_names_that_were_purged(desk: Desk) -> None:
    hit(desk)
    desk.keys.destroy(of_gallery(desk.journey))
    (view,) = asyncio.run(watched(desk, MEYER, 1))
    assert (view.name, view.seat) == ("", "")


def test_an_override_is_a_named_officers_with_a_reason_at_the_own_port(desk: Desk) -> None:
    who = desk.people[1]

    def override(by: Caller, traveler: str, journey: str = desk.journey) -> None:
        desk.ask(adjudicating.override, desk.acting(by), journey, traveler, "known to me, passport checked")

    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        override(officer("o.rossi", "GVA"), who)
    for traveler, journey in (("nobody", desk.journey), (who, "XX9-2026-11-22")):
        with pytest.raises(Refused):
            override(MEYER, traveler, journey)
    override(MEYER, who)
    (given,) = desk.ask(rows, schema.allowances)
    assert (given["given_by"], given["reason"], given["alert"]) == ("o.meyer", "known to me, passport checked", None)
    assert noted(desk, "allowance.given") == [("o.meyer", given["allowance"], "", who)]


async def test_alerts_raised_by_one_replica_reach_the_officers_of_the_other(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database()
    desk = Desk(open_store(tmp_path, url), KeyRing(tmp_path / "keys"))
    ours, theirs = Store(desk.engine), Store(open_store(tmp_path, url))
    job = asyncio.create_task(alerts.run(ours, lambda: NOW, 15.0))
    watching = alerts.watch(theirs, desk.keys, lambda: NOW, MEYER)
    decision = await asyncio.to_thread(desk.decided, "no_match")
    assert (await asyncio.wait_for(anext(watching), 20)).alert.decision == decision
    job.cancel()
    await asyncio.wait([job])
    theirs.close()
    ours.close()
