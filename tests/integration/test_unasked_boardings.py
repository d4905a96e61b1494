"""Who was boarded without an answer is judged by what stood then, and by what stands against them since (HUM-3)."""

from dataclasses import replace

import pytest

from backend.crossing import Report, Status
from backend.documents_check import UNASKED
from backend.retention import purge
from backend.store import allowances, answers, crossings, hotlist, journeys, schema, travelers
from backend.store.allowances import Allowance
from backend.store.travelers import Traveler
from calibration.service import journeys as synthetic
from calibration.service.border import HOUR_MS, NOW, Border, boarded, intercept, passed
from calibration.service.rig import stand_against
from tests.integration.desk import rows
from tests.integration.test_documents_check import ask, asked, at_gate, reported, untold

MINUTE_MS = 60_000


def listed(border: Border, journey: str, who: str) -> Traveler:
    (one,) = border.ask(travelers.of_journey, border.keys, journey, [who])
    return one


def delivered(border: Border, told: Report, later_ms: int = HOUR_MS) -> Status:
    """After an outage."""
    border.now_utc_ms = NOW + later_ms
    return border.tell(told)


@pytest.mark.parametrize("how", ["the entry ended", "the interception was lifted"])
def test_ops1_what_stood_at_boarding_and_not_any_more_is_told(border: Border, how: str) -> None:
    journey, (anna, *_) = at_gate(border)
    if how == "the entry ended":
        entry = border.ask(stand_against, border.keys, listed(border, journey, anna), NOW - HOUR_MS)
        border.ask(hotlist.end, entry, NOW + MINUTE_MS)
    else:
        border.ask(intercept, journey, anna, NOW - HOUR_MS)
        let = Allowance("a1", journey, anna, "o.meyer", "seen", None, NOW + MINUTE_MS, NOW + 10 * MINUTE_MS)
        border.ask(allowances.give, let)
        assert border.ask(answers.intercepted, journey) == frozenset()
    assert delivered(border, boarded(journey, anna, NOW)) is Status.RECORDED
    concern = "hotlist" if how == "the entry ended" else "intercepted"
    assert untold(border) == [(UNASKED, concern)]


@pytest.mark.parametrize("how", ["an entry", "an interception"])
def test_ops1_what_stands_since_is_told_too(border: Border, how: str) -> None:
    journey, (anna, *_) = at_gate(border)
    if how == "an entry":
        border.ask(stand_against, border.keys, listed(border, journey, anna), NOW + HOUR_MS)
    else:
        border.ask(intercept, journey, anna, NOW + MINUTE_MS)
    delivered(border, boarded(journey, anna, NOW))
    assert untold(border) == [(UNASKED, "hotlist" if how == "an entry" else "intercepted")]


def test_ops1_who_boarded_before_the_doors_closed_is_no_alert_and_who_did_after_is(border: Border) -> None:
    journey, (anna, ben, *_) = at_gate(border)
    border.ask(journeys.close, journey, NOW + MINUTE_MS)
    delivered(border, boarded(journey, anna, NOW))
    assert untold(border) == []
    delivered(border, boarded(journey, ben, NOW + 2 * MINUTE_MS))
    assert untold(border) == [(UNASKED, "closed")]


def test_ops1_who_was_allowed_then_is_no_alert_though_that_has_ended(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    border.ask(stand_against, border.keys, listed(border, journey, anna), NOW - HOUR_MS)
    let = Allowance("a1", journey, anna, "o.meyer", "seen", None, NOW - MINUTE_MS, NOW + MINUTE_MS)
    border.ask(allowances.give, let)
    delivered(border, boarded(journey, anna, NOW))
    assert untold(border) == []


def test_hum3_a_second_passage_under_one_name_is_told_once_whoever_opened_the_gate(border: Border) -> None:
    journey, who = at_gate(border)
    for one, by_documents in zip(who, ((True, True), (False, False), (True, False)), strict=True):
        tolds = [
            reported(border, ask(border, asked(journey, one)), one)
            if documents
            else passed(border.proceed(journey, one), NOW)
            for documents in by_documents
        ]
        assert [border.tell(told) for told in tolds] == [Status.RECORDED, Status.DUPLICATE]
        assert [border.tell(told) for told in tolds] == [Status.RECORDED, Status.DUPLICATE], "told again, told alike"
    assert untold(border) == [(UNASKED, "already_crossed")] * 3
    assert len(border.ask(crossings.of_journey, journey)) == 3


def test_a_second_passage_that_an_officer_let_happen_is_no_alert(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    border.cross(journey, anna)
    border.ask(allowances.give, Allowance("a1", journey, anna, "o.meyer", "back", None, NOW, NOW + MINUTE_MS))
    assert border.tell(passed(border.proceed(journey, anna), NOW)) is Status.DUPLICATE
    assert untold(border) == []


def test_ret2_what_stands_against_somebody_outlives_the_purge_of_another_journey(border: Border) -> None:
    """A lane's gallery takes over who was on yesterday's bus: the bus is purged, the person is there still."""
    bus, (anna, *_) = border.journey()
    lane, _ = border.journey(1)
    known = listed(border, bus, anna)
    (member,) = synthetic.people("lane", 1)
    member = replace(known, traveler=member.traveler)
    assert (member.origin or anna) == anna
    border.ask(travelers.expect, border.keys, lane, [replace(member, origin=anna)], NOW)
    entry = border.ask(stand_against, border.keys, known, NOW)
    border.ask(purge.gallery, border.keys, bus, NOW)
    assert border.ask(hotlist.against, member.traveler, NOW) == entry
    border.ask(purge.gallery, border.keys, lane, NOW)
    left = [one for one in border.ask(rows, schema.traveler_documents) if one["origin"] == anna]
    assert left == [], "and then nothing of the documents stays"
