"""Officers are told of whoever waits for them, and nobody but a named person decides what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend import adjudicating, alerts
from backend.adjudicating import NOT_THIS_PERSON, RELEASE, Verdict
from backend.alerts import View
from backend.caller import Caller
from backend.errors import NotAllowed
from backend.keys import KeyRing, of_gallery
from backend.settings import Rules
from backend.store import alerts as kept
from backend.store import schema
from backend.store.engine import Store, open_store
from calibration.service.postgres import Postgres
from tests.integration.desk import HUBER, MEYER, NOW, Desk, officer, rows


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


def test_air22_a_hotlist_hit_tells_the_officer_who_where_and_why(desk: Desk) -> None:
    alert = desk.hit()
    (view,) = asyncio.run(watched(desk, MEYER, 1))
    assert (alert.reason, alert.traveler, alert.gate) == ("hotlist", desk.people[0], "G1")
    assert (view.name, view.seat, view.remark) == ("SPECIMEN P0", "1A", "ask about the cargo")


def test_hum2_a_proposed_entry_alerts_nobody_as_an_entry(desk: Desk) -> None:
    desk.propose(officer("a.keller", "*", "analyst"), desk.listed(0))
    assert desk.alert("hotlist", desk.people[0]).entry is None


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
