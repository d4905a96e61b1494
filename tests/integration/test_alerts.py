"""Officers are told of whoever waits for them, and nobody but a named person decides what becomes of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from backend import adjudicating, alerts
from backend.adjudicating import INTERCEPT, NOT_THIS_PERSON, RELEASE, Verdict
from backend.alerts import View
from backend.caller import Caller
from backend.errors import NotAllowed, Refused, Repeated
from backend.keys import KeyRing, of_gallery
from backend.settings import Rules
from backend.store import alerts as kept
from backend.store import allowances, answers, schema
from backend.store.engine import Store, open_store
from calibration.service.postgres import Postgres
from tests.integration.desk import NOW, Desk, officer, rows

MEYER, HUBER = officer("o.meyer"), officer("o.huber")
WARRANT = "warrant 11-204 of the court of Zurich"


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, KeyRing(tmp_path / "keys"))


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
    shown = desk.take(MEYER, alert)
    assert (shown.alert.traveler, shown.name, shown.seat) == (None, "", "")
    desk.adjudicate(MEYER, alert, Verdict(RELEASE, "documents are right"))
    assert desk.ask(rows, schema.allowances) == []


def test_air22_a_hotlist_hit_tells_the_officer_who_where_and_why(desk: Desk) -> None:
    alert = desk.hit()
    (view,) = asyncio.run(watched(desk, MEYER, 1))
    assert (alert.reason, alert.traveler, alert.gate) == ("hotlist", desk.people[0], "G1")
    assert (view.name, view.seat, view.remark) == ("SPECIMEN P0", "1A", "ask about the cargo")


def test_air22_a_release_lets_the_traveller_pass_once_within_ten_minutes(desk: Desk) -> None:
    alert, who = desk.hit(), desk.people[0]
    desk.take(MEYER, alert)
    assert desk.ask(allowances.usable, desk.journey, who, NOW) is None
    desk.adjudicate(MEYER, alert, Verdict(RELEASE, "talked to, nothing found"))
    usable = desk.ask(allowances.usable, desk.journey, who, NOW + 599_999)
    assert usable is not None
    assert desk.ask(allowances.usable, desk.journey, who, NOW + 600_000) is None
    assert desk.ask(allowances.usable, desk.journey, desk.people[1], NOW) is None
    assert [desk.ask(allowances.use, usable, decision) for decision in ("first", "second")] == [True, False]
    assert desk.ask(allowances.usable, desk.journey, who, NOW) is None


def told_to_carrier(desk: Desk) -> list[bytes]:
    """What the carrier is to do, answer after answer."""
    waiting = desk.ask(answers.waiting, desk.keys, "carrier", 0)
    return [re.findall(rb"ERC\+(\dZ)", one.interchange)[-1] for one in waiting]


def test_air22_who_may_pass_after_an_interception_is_cleared_with_the_carrier_too(desk: Desk) -> None:
    stopped, again, who = desk.hit(), desk.alert("hotlist", desk.people[0]), desk.people[0]
    for alert in (stopped, again):
        desk.take(MEYER, alert)
    desk.adjudicate(MEYER, stopped, Verdict(INTERCEPT, "a warrant is out", WARRANT))
    assert desk.ask(answers.intercepted, desk.journey) == {who}
    desk.now_utc_ms += 60_000
    desk.adjudicate(MEYER, again, Verdict(RELEASE, "the court has lifted it"))
    assert told_to_carrier(desk) == [b"1Z", b"0Z"]
    assert desk.ask(answers.intercepted, desk.journey) == frozenset()
    desk.ask(adjudicating.override, desk.acting(MEYER), desk.journey, who, "once more")
    assert len(told_to_carrier(desk)) == 2, "who is not stopped needs no clearing"


def test_air22_an_override_clears_who_was_intercepted_until_the_next_interception(desk: Desk) -> None:
    first, second, who = desk.hit(), desk.alert("hotlist", desk.people[0]), desk.people[0]
    for alert in (first, second):
        desk.take(MEYER, alert)
    desk.adjudicate(MEYER, first, Verdict(INTERCEPT, "a warrant is out", WARRANT))
    desk.now_utc_ms += 60_000
    desk.ask(adjudicating.override, desk.acting(MEYER), desk.journey, who, "the court has lifted it")
    desk.now_utc_ms += 60_000
    desk.adjudicate(MEYER, second, Verdict(INTERCEPT, "it stands again", WARRANT))
    assert told_to_carrier(desk) == [b"1Z", b"0Z", b"1Z"]
    assert desk.ask(answers.intercepted, desk.journey) == {who}


def test_air22_an_interception_ends_what_let_the_traveller_pass(desk: Desk) -> None:
    alert, who = desk.hit(), desk.people[0]
    desk.ask(adjudicating.override, desk.acting(MEYER), desk.journey, who, "known to me")
    desk.ask(adjudicating.override, desk.acting(MEYER), desk.journey, desk.people[1], "another")
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "a warrant is out", WARRANT))
    assert desk.ask(allowances.usable, desk.journey, who, NOW) is None
    assert desk.ask(allowances.usable, desk.journey, desk.people[1], NOW) is not None
    desk.now_utc_ms += 1
    desk.ask(adjudicating.override, desk.acting(MEYER), desk.journey, who, "the court has lifted it")
    assert desk.ask(allowances.usable, desk.journey, who, desk.now_utc_ms) is not None


def test_air22_not_this_person_lets_nobody_pass_and_asks_a_second_person_to_end_the_entry(desk: Desk) -> None:
    alert = desk.hit()
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(NOT_THIS_PERSON, "a brother"))
    assert desk.ask(rows, schema.allowances) == [], (
        "it would be the listed person's, who is not the one that stands here"
    )
    (proposal,) = (one for one in desk.ask(rows, schema.proposals) if one["kind"] == "hotlist_end")
    assert (proposal["proposed_by"], proposal["settled"]) == ("o.meyer", "")
    assert [entry["ended_utc_ms"] for entry in desk.ask(rows, schema.hotlist)] == [None]


def test_hum2_a_proposed_entry_alerts_nobody_as_an_entry(desk: Desk) -> None:
    desk.propose(officer("a.keller", "*", "analyst"), desk.listed(0))
    assert desk.alert("hotlist", desk.people[0]).entry is None


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
    assert len(desk.noted("alert.taken")) == 1


def test_taking_again_is_taking_once(desk: Desk) -> None:
    alert = desk.alert("no_match")
    assert desk.take(MEYER, alert) == desk.take(MEYER, alert)
    assert len(desk.noted("alert.taken")) == 1


def test_only_who_took_it_adjudicates_and_only_once(desk: Desk) -> None:
    alert, said = desk.hit(), Verdict(RELEASE, "talked to")
    with pytest.raises(NotAllowed, match="nobody's"):
        desk.adjudicate(MEYER, alert, said)
    desk.take(MEYER, alert)
    with pytest.raises(NotAllowed, match=r"o\.meyer's"):
        desk.adjudicate(HUBER, alert, said)
    assert desk.adjudicate(MEYER, alert, said) == desk.adjudicate(MEYER, alert, said)
    with pytest.raises(Repeated):
        desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "changed my mind", WARRANT))
    assert len(desk.ask(rows, schema.allowances)) == 1


def test_an_alert_nobody_takes_is_escalated_after_15_s_to_supervisors(desk: Desk) -> None:
    alert, supervisor = desk.alert("no_match"), officer("s.hofer", "ZRH", "supervisor")
    with pytest.raises(NotAllowed, match="not escalated"):
        desk.take(supervisor, alert)
    desk.now_utc_ms = NOW + 14_999
    assert desk.look() == (0, 0)
    desk.now_utc_ms = NOW + 15_000
    assert desk.look() == (0, 1)
    assert desk.look() == (0, 0)
    assert [view.alert.escalated_utc_ms for view in asyncio.run(watched(desk, supervisor, 1))] == [NOW + 15_000]
    assert desk.take(supervisor, alert).alert.taken_by == "s.hofer"
    assert desk.noted("alert.escalated") == [("alerts", alert.alert, "alert", "")]


def test_what_is_taken_in_time_is_not_escalated(desk: Desk) -> None:
    desk.take(MEYER, desk.alert("no_match"))
    desk.now_utc_ms += 60_000
    assert desk.look() == (0, 0)


@pytest.mark.parametrize(
    ("concern", "reason"),
    [
        ("hotlist", "hotlist"),
        ("intercepted", "hotlist"),
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
    alert = desk.hit()
    other = officer("o.rossi", "GVA")
    elsewhere = desk.decided("no_match", port="GVA")
    desk.look()
    (view,) = asyncio.run(watched(desk, other, 1))
    assert view.alert.decision == elsewhere
    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        desk.take(other, alert)
    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        desk.adjudicate(other, alert, Verdict(RELEASE, "because"))
    assert len(asyncio.run(watched(desk, officer("o.chief", "*"), 2))) == 2


def test_acc1_every_officers_first_view_of_a_person_is_noted_with_a_purpose(desk: Desk) -> None:
    alert = desk.hit()
    for who in (MEYER, MEYER, replace(HUBER, purpose="inspection")):
        asyncio.run(watched(desk, who, 1))
    desk.take(MEYER, alert)
    assert desk.noted("alert.viewed") == [
        ("o.meyer", alert.alert, "alert", desk.people[0]),
        ("o.huber", alert.alert, "inspection", desk.people[0]),
    ]


def test_the_log_of_an_alert_names_nobody(desk: Desk) -> None:
    alert = desk.hit()
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(NOT_THIS_PERSON, "a brother"))
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
    desk.hit()
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
    assert desk.noted("allowance.given") == [("o.meyer", given["allowance"], "", who)]


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


def test_an_entry_that_cannot_be_opened_costs_its_remark_and_not_the_officers_stream(desk: Desk) -> None:
    desk.hit()
    desk.ask(lambda db: db.execute(schema.hotlist.update().values(sealed=b"tampered with, and long enough")))
    desk.alert("no_match")
    views = asyncio.run(watched(desk, MEYER, 2))
    assert sorted(view.alert.reason for view in views) == ["hotlist", "no_match"]
    assert [view.remark for view in views] == ["", ""]
