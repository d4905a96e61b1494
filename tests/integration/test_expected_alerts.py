"""Officers of the port know ahead of boarding that somebody of the hotlist is on a manifest, and nobody else does."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from limen.v1.approvals_pb2 import HotlistEnd, ProposeRequest
from sqlalchemy import Connection

from backend import alerts, approvals, expected_alerts
from backend.adjudicating import INTERCEPT, RELEASE, Verdict
from backend.alerts import View
from backend.biographic import Biographic
from backend.errors import Changed, NotAllowed
from backend.keys import of_gallery
from backend.proposal_content import show
from backend.retention import purge
from backend.settings import Rules
from backend.store import alerts as kept
from backend.store import journeys, schema, travelers
from backend.store.alerts import Alert
from backend.store.backlog import backlog
from backend.store.engine import Store
from backend.store.journeys import Journey
from backend.store.proposals import APPROVED, Settlement
from backend.store.travelers import Traveler
from tests.integration.desk import ANALYST, DAY_MS, HOUR_MS, HUBER, MEYER, NOW, SUPERVISOR, WARRANT, Desk, officer, rows

Act = Callable[[Desk], object]


def look(desk: Desk) -> int:
    desk.now_utc_ms += 1
    return desk.ask(expected_alerts.look, desk.keys, desk.now_utc_ms)


def raised(desk: Desk, number: int = 0) -> Alert:
    """About a traveller whom an entry has just been made against."""
    desk.wanted(number)
    assert look(desk) == 1
    return current(desk)


def current(desk: Desk) -> Alert:
    (row,) = desk.ask(rows, schema.alerts)
    return Alert(**row)  # type: ignore[arg-type]


def shown(desk: Desk) -> View:
    return desk.ask(alerts.view, desk.acting(MEYER), current(desk))


def listed(desk: Desk, number: int = 0) -> Traveler:
    with desk.engine.begin() as db:
        (one,) = travelers.of_journey(db, desk.keys, desk.journey, [desk.people[number]])
    return one


def amended(desk: Desk, **changed: Any) -> None:
    desk.ask(travelers.amend, desk.keys, desk.journey, replace(listed(desk), **changed))


def named(desk: Desk, **changed: str) -> None:
    amended(desk, biographic=replace(listed(desk).biographic, **changed))


def test_who_is_on_a_manifest_when_an_entry_is_approved_is_told_to_the_officers_of_the_port(desk: Desk) -> None:
    assert look(desk) == 0
    alert = raised(desk)
    assert (alert.reason, alert.decision, alert.port, alert.gate) == ("expected", None, "ZRH", "G1")
    assert (alert.journey, alert.traveler) == (desk.journey, desk.people[0])
    view = shown(desk)
    assert (view.name, view.seat, view.remark) == ("SPECIMEN P0", "1A", "ask about the cargo")
    assert view.document == ("P", "UTO", "***000")
    assert view.run == desk.ask(journeys.find, desk.journey)
    assert look(desk) == 0, "nothing has changed"
    assert desk.noted("alert.raised") == [("alerts", alert.alert, "alert", alert.entry)]


def test_hum2_a_proposed_entry_raises_nothing(desk: Desk) -> None:
    desk.propose(officer("a.keller", "*", "analyst"), desk.listed(0))
    assert look(desk) == 0


def test_who_comes_onto_a_manifest_while_an_entry_stands_is_told(desk: Desk) -> None:
    desk.wanted(7)
    assert look(desk) == 0
    late = Biographic("SPECIMEN", "P7", document_type="P", document_number="XX700007", document_issuer="UTO")
    desk.ask(travelers.expect, desk.keys, desk.journey, [Traveler("late", late, "9F")], NOW)
    assert look(desk) == 1
    assert (current(desk).traveler, shown(desk).seat) == ("late", "9F")


def test_an_entry_against_another_document_the_carrier_named_is_told(desk: Desk) -> None:
    of = desk.listed(0)
    of.hotlist.document_number = "YY9"
    desk.settle(SUPERVISOR, desk.propose(officer("a.keller", "*", "analyst"), of))
    assert look(desk) == 0
    amended(desk, documents=("P:UTO:YY9",))
    assert look(desk) == 1
    assert current(desk).traveler == desk.people[0]


@pytest.mark.parametrize("direction", ["out", "in", ""])
def test_it_is_the_port_where_the_journey_is_seen(desk: Desk, direction: str) -> None:
    run = Journey("XX8", "air", direction, "carrier", "ZRH", "HKG", NOW, NOW, "2025-12-26", NOW)
    desk.keys.make(of_gallery("XX8"))
    desk.ask(journeys.announce, run)
    one = replace(listed(desk), traveler="inbound", origin="")
    desk.ask(travelers.remove, desk.people[0])
    desk.ask(journeys.cancel, desk.journey)
    desk.ask(travelers.expect, desk.keys, "XX8", [one], NOW)
    assert raised(desk).port == ("HKG" if direction == "in" else "ZRH")
    desk.ask(journeys.close, "XX8", NOW)
    assert look(desk) == (direction != "in"), "who arrives comes after the doors have closed"


CHANGES: list[tuple[str, Act]] = [
    ("journey", lambda desk: desk.ask(journeys.retime, desk.journey, NOW + HOUR_MS, None)),
    ("gate", lambda desk: desk.ask(journeys.assign, "G7", desk.journey)),
    ("seat", lambda desk: amended(desk, seat="30K")),
    ("name", lambda desk: named(desk, given="ANOTHER")),
    ("removed", lambda desk: desk.ask(travelers.remove, desk.people[0])),
]


@pytest.mark.parametrize(("part", "act"), CHANGES, ids=[part for part, _ in CHANGES])
def test_what_changes_is_told_again_once_also_when_somebody_has_taken_it(desk: Desk, part: str, act: Act) -> None:
    before = raised(desk)
    desk.take(MEYER, before)
    act(desk)
    assert look(desk) == 1
    alert = current(desk)
    assert (alert.alert, alert.changed, alert.taken_by) == (before.alert, part, "o.meyer")
    assert alert.changed_utc_ms == desk.now_utc_ms
    assert expected_alerts.is_removed(alert) == (part == "removed")
    assert shown(desk).name.startswith("SPECIMEN")
    assert look(desk) == 0
    assert desk.noted("alert.changed") == [("alerts", alert.alert, "alert", part)]


def test_another_document_of_the_same_person_is_a_change_and_the_entry_still_stands(desk: Desk) -> None:
    raised(desk)
    other = replace(listed(desk).biographic, document_number="NEW1234")
    replaced = Traveler("again", other, "1A", origin=desk.people[0])
    desk.ask(travelers.expect, desk.keys, desk.journey, [replaced], NOW)
    desk.ask(travelers.remove, desk.people[0])
    assert look(desk) == 1
    assert (current(desk).traveler, current(desk).changed) == ("again", "document")
    assert shown(desk).document == ("P", "UTO", "***234")


def test_the_same_manifest_again_changes_nothing(desk: Desk) -> None:
    raised(desk)
    amended(desk)
    assert look(desk) == 0, "sealed anew, but the same"


def ended_entry(desk: Desk) -> None:
    end = ProposeRequest(reason="case closed", hotlist_end=HotlistEnd(entry=current(desk).entry or ""))
    desk.settle(SUPERVISOR, desk.propose(officer("a.keller", "*", "analyst"), end))


def expired(desk: Desk) -> None:
    desk.now_utc_ms = NOW + DAY_MS


ENDS: list[tuple[str, Act]] = [
    ("doors_closed", lambda desk: desk.ask(journeys.close, desk.journey, NOW)),
    ("cancelled", lambda desk: desk.ask(journeys.cancel, desk.journey)),
    ("purged", lambda desk: desk.ask(purge.gallery, desk.keys, desk.journey, NOW)),
    ("entry", ended_entry),
    ("entry", expired),
]


@pytest.mark.parametrize(("why", "act"), ENDS, ids=["doors", "cancelled", "purged", "entry", "expired"])
def test_it_ends_with_the_journey_or_the_entry(desk: Desk, why: str, act: Act) -> None:
    before = raised(desk)
    desk.take(MEYER, before)
    act(desk)
    assert look(desk) == 1
    assert current(desk).ended == why
    assert desk.ask(kept.open_at, "*") == []
    for verdict in (Verdict(RELEASE, "nothing found"), Verdict(INTERCEPT, "wanted", WARRANT)):
        with pytest.raises(Changed, match="is over"):
            desk.adjudicate(MEYER, before, verdict)
    with pytest.raises(Changed, match="is over"):
        desk.take(HUBER, before)
    assert look(desk) == 0
    assert desk.noted("alert.ended") == [("alerts", before.alert, "alert", why)]


def test_a_cancelled_journey_that_runs_again_is_told_again(desk: Desk) -> None:
    before = raised(desk)
    desk.ask(journeys.cancel, desk.journey)
    look(desk)
    desk.ask(journeys.retime, desk.journey, None, None)
    assert look(desk) == 1
    assert (current(desk).alert, current(desk).ended, current(desk).changed) == (before.alert, None, "journey")


def test_a_second_entry_is_an_alert_of_its_own(desk: Desk) -> None:
    raised(desk)
    desk.wanted(0)
    assert look(desk) == 1
    assert len(desk.ask(kept.open_at, "*")) == 2


def test_nothing_of_it_is_late_or_counted_where_an_operator_reads(desk: Desk) -> None:
    raised(desk)
    desk.now_utc_ms += HOUR_MS
    assert desk.look() == (0, 0), "an officer is not late hours ahead"
    seen = desk.ask(backlog, desk.now_utc_ms, desk.now_utc_ms, 0)
    assert (seen.alerts.count, seen.untaken.count) == (0, 0)


def test_the_hit_at_the_gate_is_an_alert_of_its_own(desk: Desk) -> None:
    ahead = raised(desk)
    desk.decided("hotlist", desk.people[0])
    assert desk.look() == (1, 0)
    assert {one.reason for one in desk.ask(kept.open_at, "*")} == {"expected", "hotlist"}
    desk.take(MEYER, ahead)


def test_acc1_officers_of_another_port_neither_see_nor_take_it(desk: Desk) -> None:
    alert, elsewhere = raised(desk), officer("o.rossi", "GVA")
    assert not alerts.concerns(alert, elsewhere)
    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        desk.take(elsewhere, alert)


def test_acc2_a_protected_name_is_shown_for_a_case_only(desk: Desk) -> None:
    raised(desk)
    desk.ask(travelers.protect, desk.people[0])
    view = shown(desk)
    assert (view.name, view.document, view.protected) == ("", ("", "", ""), True)


def test_no_name_or_document_is_in_the_clear(desk: Desk) -> None:
    raised(desk)
    named(desk, given="ANOTHER")
    look(desk)
    told = str(desk.ask(rows, schema.alerts)) + str(desk.ask(rows, schema.audit_log))
    assert all(word not in told for word in ("SPECIMEN", "ANOTHER", "XX700000", "cargo"))


def test_a_stream_tells_it_each_change_and_its_end(desk: Desk) -> None:
    async def story() -> list[tuple[str | None, str | None, str | None]]:
        store, seen = Store(desk.engine), list[View]()
        watching = alerts.watch(store, desk.keys, lambda: NOW, MEYER)
        seen.append(await asyncio.wait_for(anext(watching), 20))
        for act in (_gate, _close):
            await store.run(act)
            await store.run(expected_alerts.look, desk.keys, NOW + 9)
            seen.append(await asyncio.wait_for(anext(watching), 20))
        return [(one.alert.gate, one.alert.changed, one.alert.ended) for one in seen]

    def _gate(db: Connection) -> None:
        journeys.assign(db, "G7", desk.journey)

    def _close(db: Connection) -> None:
        journeys.close(db, desk.journey, NOW)

    raised(desk)
    assert asyncio.run(story()) == [
        ("G1", None, None),
        ("G1, G7", "gate", None),
        ("G1, G7", "gate", "doors_closed"),
    ]


def _approved(db: Connection, desk: Desk) -> None:
    asked = approvals.propose(db, desk.acting(ANALYST), Rules(), desk.listed(0))
    seen = show(db, desk.acting(SUPERVISOR), Rules(), asked)
    said = Settlement(APPROVED, SUPERVISOR.name, "looked at it", desk.now_utc_ms, digest=seen.digest)
    approvals.settle(db, desk.acting(SUPERVISOR), Rules(), said, asked.proposal)


def test_the_job_raises_it_after_an_approval_rang(desk: Desk) -> None:
    async def story() -> None:
        store, asked = Store(desk.engine), list[int]()

        def clock() -> int:
            asked.append(desk.now_utc_ms)
            return desk.now_utc_ms

        job = asyncio.create_task(expected_alerts.run(store, desk.keys, clock))
        try:
            while len(asked) < 2:  # it has looked once, when nobody was wanted
                await asyncio.sleep(0.05)
            await store.run(_approved, desk)
            while not await store.read(kept.open_at, "*"):
                await asyncio.sleep(0.05)
        finally:
            job.cancel()

    asyncio.run(asyncio.wait_for(story(), 30))
