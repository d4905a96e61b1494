"""Who arrived, may no longer stay and has not departed; on both stores."""

import random

import pytest
from sqlalchemy import select

from backend import stays, viewing
from backend.acting import Acting
from backend.caller import Caller
from backend.errors import NotAllowed
from backend.stays import Move, match
from backend.store.schema import audit_log, crossings
from calibration.service.border import DAY_MS, NOW, Border, boarded

ANALYST = Caller("a.weber", "analyst", ports=frozenset({"ZRH"}), purpose="inspection")


def move(border: Border, direction: str, persons: str, who: int, at_utc_ms: int) -> str:
    """One of three people who travel again and again."""
    border.now_utc_ms = at_utc_ms
    journey, people = border.journey(3, direction=direction, persons=persons)
    border.tell(boarded(journey, people[who], at_utc_ms))
    with border.engine.begin() as db:
        wanted = select(crossings.c.crossing).where(crossings.c.journey == journey)
        return str(db.execute(wanted).scalar_one())


def test_air3_who_stays_longer_than_allowed_is_listed_until_a_departure_is_recorded(border: Border) -> None:
    arrival = move(border, "in", "TOUR", 0, NOW)
    over_utc_ms = NOW + 90 * DAY_MS + 1
    assert border.ask(stays.overstays, over_utc_ms - 1) == []
    assert [one.crossing for one in border.ask(stays.overstays, over_utc_ms)] == [arrival]
    move(border, "out", "TOUR", 1, NOW + DAY_MS)
    assert [one.crossing for one in border.ask(stays.overstays, over_utc_ms)] == [arrival], "another person left"
    move(border, "out", "TOUR", 0, over_utc_ms)
    assert border.ask(stays.overstays, over_utc_ms + DAY_MS) == []


def test_air3_a_departure_before_the_arrival_or_a_voided_one_ends_no_stay(border: Border) -> None:
    move(border, "out", "TOUR", 0, NOW - DAY_MS)
    arrival = move(border, "in", "TOUR", 0, NOW)
    departure = move(border, "out", "TOUR", 0, NOW + DAY_MS)
    later_utc_ms = NOW + 100 * DAY_MS
    assert border.ask(stays.overstays, later_utc_ms) == []
    with border.engine.begin() as db:
        db.execute(crossings.update().where(crossings.c.crossing == departure).values(voided_utc_ms=NOW))
    assert [one.crossing for one in border.ask(stays.overstays, later_utc_ms)] == [arrival]


def test_the_list_is_what_matching_arrivals_with_departures_gives(border: Border) -> None:
    rng = random.Random(7)
    everyone: set[str] = set()
    for _ in range(25):
        made = move(border, rng.choice(("in", "out")), "TOUR", rng.randint(0, 2), NOW + rng.randint(0, 400) * DAY_MS)
        with border.engine.begin() as db:
            everyone.add(str(db.execute(select(crossings.c.person).where(crossings.c.crossing == made)).scalar_one()))
    moves: list[Move] = [one for person in sorted(everyone) for one in border.ask(stays.moves, person)]
    assert len(moves) == 25
    for day in range(0, 520, 40):
        now_utc_ms = NOW + day * DAY_MS + 1
        expected = {stay.arrival.crossing for stay in match(moves) if stay.overstayed(now_utc_ms)}
        assert {one.crossing for one in border.ask(stays.overstays, now_utc_ms)} == expected


def test_acc1_the_list_is_by_port_and_every_look_at_it_is_in_the_log(border: Border) -> None:
    arrival = move(border, "in", "TOUR", 0, NOW)
    over_utc_ms = NOW + 91 * DAY_MS
    assert [one.crossing for one in border.ask(viewing.overstays, Acting(ANALYST, border.keys, over_utc_ms), "")] == [
        arrival
    ]
    elsewhere = Caller("a.dubois", "analyst", ports=frozenset({"GVA"}), purpose="inspection")
    assert border.ask(viewing.overstays, Acting(elsewhere, border.keys, over_utc_ms), "") == []
    with pytest.raises(NotAllowed, match="no post at port ZRH"):
        border.ask(viewing.overstays, Acting(elsewhere, border.keys, over_utc_ms), "ZRH")
    with border.engine.begin() as db:
        wanted = select(audit_log.c.who, audit_log.c.purpose).where(audit_log.c.action == "overstay.viewed")
        assert [tuple(row) for row in db.execute(wanted)] == [("a.weber", "inspection")]
