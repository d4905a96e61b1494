"""Who takes an alert, what becomes of it, and who may pass after that: a named person decides, once."""

import asyncio
import re
from dataclasses import replace

import numpy as np
import pytest

from backend import adjudicating
from backend.adjudicating import INTERCEPT, NOT_THIS_PERSON, RELEASE, Verdict
from backend.alerts import View
from backend.caller import Caller
from backend.errors import NotAllowed, Refused, Repeated
from backend.store import allowances, answers, schema
from backend.store.engine import Store
from backend.store.facts import facts
from calibration.service import journeys
from tests.integration.desk import HUBER, MEYER, NOW, WARRANT, Desk, officer, rows


@pytest.mark.parametrize("concern", ["no_match", "ambiguous", "liveness", "quality"])
def test_nobody_is_named_or_let_pass_for_being_the_nearest_to_a_face_nobody_matched(desk: Desk, concern: str) -> None:
    alert = desk.alert(concern, desk.people[0])
    shown = desk.take(MEYER, alert)
    assert (shown.alert.traveler, shown.name, shown.seat) == (None, "", "")
    desk.adjudicate(MEYER, alert, Verdict(RELEASE, "documents are right"))
    assert desk.ask(rows, schema.allowances) == []


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


def test_air22_an_override_on_another_journey_of_that_person_clears_nobody_here(desk: Desk) -> None:
    alert, who = desk.hit(), desk.people[0]
    (same,) = journeys.people("XX8", 1)
    with desk.engine.begin() as db:
        journeys.announce(db, desk.keys, "XX8", [replace(same, origin=who)], np.eye(1, 128, dtype=np.float32), NOW)
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "a warrant is out", WARRANT))
    desk.now_utc_ms += 60_000
    desk.ask(adjudicating.override, desk.acting(MEYER), "XX8", same.traveler, "for that flight")
    facts_here = desk.ask(facts, desk.journey, who, "G1", desk.now_utc_ms)
    assert facts_here is not None
    assert facts_here.intercepted
    assert who in desk.ask(answers.intercepted, desk.journey)


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
