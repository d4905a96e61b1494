"""What lists change about who is expected: corrected, replaced, cancelled, closed, refused, sent again."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select

from backend.acting import Acting
from backend.errors import KeyGone, Refused
from backend.expecting import apply, close_doors, own
from backend.keys import of_citizens
from backend.manifests.findings import Finding, Unusable
from backend.manifests.paxlst import parse
from backend.manifests.runs import Run, runs
from backend.retention import engine as retention
from backend.retention import purge
from backend.retention.due import DAY_MS, HOUR_MS, Terms
from backend.settings import Settings
from backend.store import gallery_rows, journeys, messages, templates, travelers
from backend.store.engine import Store
from backend.store.messages import Sent
from backend.store.schema import messages as message_rows
from backend.store.templates import Sample
from tests.integration.lists import NOW_UTC_MS
from tests.unit.backend.paxlst_specimens import ANNA, BEN, CARL, LEG, interchange, message

TERMS = Terms(14 * DAY_MS, 24 * HOUR_MS)
DAVE = CARL.replace("CARL", "DAVE").replace("C9", "C8")
CREW, CREW_AGAIN, CREW_CANCELLED = "BGM+250'", "BGM+250++5'", "BGM+250++1'"
HOME = LEG.replace("LOC+125+ZRH", "LOC+125+LHR").replace("LOC+87+HKG", "LOC+87+ZRH")


def read(content: bytes, now_utc_ms: int = NOW_UTC_MS) -> tuple[list[Run], list[Finding]]:
    found: list[Finding] = []
    return runs(parse(content).messages[0], "CHE", found, now_utc_ms), found


def taken(engine: Engine, acting: Acting, *people: str, leg: str = LEG, bgm: str = "BGM+745'") -> str:
    """The journey."""
    content = interchange(message(people, leg=leg, bgm=bgm))
    (run,), _ = read(content)
    with engine.begin() as db:
        apply(db, acting, run, parse(content).messages[0].function, "CHE")
    return run.key


def expected(engine: Engine, acting: Acting, journey: str) -> list[str]:
    with engine.begin() as db:
        return sorted(one.biographic.given for one in travelers.of_journey(db, acting.keys, journey))


def enrol(engine: Engine, acting: Acting, journey: str) -> None:
    """A template for each."""
    sample = Sample(np.ones(128, np.float32), "specimen", 100, "")
    with engine.begin() as db:
        for one in travelers.of_journey(db, acting.keys, journey):
            box = templates.box_of(acting.keys, journey, citizen=one.citizen)
            templates.enrol(db, box, one.traveler, "v", [sample])


@pytest.mark.parametrize(("was", "becomes"), [("NAT+2+CHE", "NAT+2+UTO"), ("NAT+2+UTO", "NAT+2+CHE")])
def test_ret1_a_corrected_nationality_takes_the_template_of_the_other_key(
    engine: Engine, acting: Acting, was: str, becomes: str
) -> None:
    told = BEN.replace("NAT+2+CHE", was)
    journey = taken(engine, acting, told)
    enrol(engine, acting, journey)
    taken(engine, acting, told.replace(was, becomes), bgm="BGM+745+CP'")
    with engine.begin() as db:
        assert templates.samples(db, acting.keys, journey, "v") == []
        (one,) = travelers.of_journey(db, acting.keys, journey)
        assert gallery_rows.standing(db, acting.keys, journey, "v").lacking == {one.traveler}
    enrol(engine, acting, journey)
    with engine.begin() as db:
        assert [who for who, _ in templates.samples(db, acting.keys, journey, "v")] == [one.traveler]


@pytest.mark.parametrize(
    ("nationality", "passport", "citizen", "reported"),
    [
        ("", "CHE", True, False),
        ("", "UTO", False, False),
        ("", "", True, True),
        ("CH", "UTO", True, False),
        ("QQQ", "CHE", True, False),
        ("QQQ", "QQQ", True, True),
        ("UTO", "CHE", False, False),
    ],
)
def test_ret1_a_nationality_that_is_not_told_is_the_passports_or_kept_as_a_citizens(
    engine: Engine, acting: Acting, nationality: str, passport: str, citizen: bool, reported: bool
) -> None:
    told = BEN.replace("NAT+2+CHE'", f"NAT+2+{nationality}'" if nationality else "")
    told = told.replace("LOC+91+CHE'", f"LOC+91+{passport}'" if passport else "")
    content = interchange(message([told]))
    (run,), _ = read(content)
    with engine.begin() as db:
        change = apply(db, acting, run, parse(content).messages[0].function, "CHE")
        (one,) = travelers.of_journey(db, acting.keys, run.key)
    assert (one.citizen, one.recorded) == (citizen, not citizen)
    assert [f.problem.endswith("kept as a citizen") for f in change.findings] == [True] * reported


def test_ret1_a_german_is_a_citizen_of_germany_by_either_code(engine: Engine, acting: Acting) -> None:
    for number, code in enumerate(("D", "DEU", "DE")):
        told = interchange(message([BEN.replace("NAT+2+CHE", f"NAT+2+{code}")], leg=LEG.replace("0138", f"7{number}")))
        (run,), _ = read(told)
        with engine.begin() as db:
            apply(db, acting, run, parse(told).messages[0].function, "DEU")
            (one,) = travelers.of_journey(db, acting.keys, run.key)
        assert (one.citizen, one.recorded) == (True, False)


def test_a_list_of_crew_that_replaces_leaves_the_passengers(engine: Engine, acting: Acting) -> None:
    journey = taken(engine, acting, ANNA, BEN)
    taken(engine, acting, CARL, bgm=CREW)
    taken(engine, acting, DAVE, bgm=CREW_AGAIN)
    assert expected(engine, acting, journey) == ["ANNA MARIA", "BEN", "DAVE"]


def test_a_list_of_passengers_that_replaces_leaves_the_crew_unless_it_names_any(engine: Engine, acting: Acting) -> None:
    journey = taken(engine, acting, ANNA, BEN)
    taken(engine, acting, CARL, bgm=CREW)
    taken(engine, acting, BEN, bgm="BGM+745++5'")
    assert expected(engine, acting, journey) == ["BEN", "CARL"]
    taken(engine, acting, BEN, DAVE, bgm="BGM+745++5'")
    assert expected(engine, acting, journey) == ["BEN", "DAVE"]


def test_a_cancelled_list_of_crew_takes_the_crew_and_no_journey(engine: Engine, acting: Acting) -> None:
    journey = taken(engine, acting, ANNA, BEN)
    taken(engine, acting, CARL, DAVE, bgm=CREW)
    taken(engine, acting, bgm=CREW_CANCELLED)
    assert expected(engine, acting, journey) == ["ANNA MARIA", "BEN"]
    with engine.begin() as db:
        known = journeys.find(db, journey)
    assert known is not None
    assert not known.cancelled


def close(engine: Engine, acting: Acting, journey: str) -> None:
    with engine.begin() as db:
        close_doors(db, acting, own(db, acting, journey))


def looked(engine: Engine, acting: Acting) -> None:
    """The purge, once."""

    async def once() -> None:
        store = Store(engine)
        assert await retention.once(store, acting.keys, lambda: acting.now_utc_ms, TERMS) == 0
        store.close()

    asyncio.run(once())


def test_ret1_doors_that_are_closed_in_vain_take_no_key(engine: Engine, acting: Acting) -> None:
    journey = taken(engine, acting, ANNA, BEN)
    enrol(engine, acting, journey)
    with pytest.raises(Refused), engine.begin() as db:
        close_doors(db, acting, own(db, acting, journey))
        raise Refused("a later message of the same interchange")
    looked(engine, acting)
    with engine.begin() as db:
        assert len(templates.samples(db, acting.keys, journey, "v")) == 2


def test_ret1_closed_doors_take_templates_at_once_and_the_key_with_the_next_look(
    engine: Engine, acting: Acting
) -> None:
    journey = taken(engine, acting, ANNA, BEN)
    enrol(engine, acting, journey)
    close(engine, acting, journey)
    with engine.begin() as db:
        assert len(templates.samples(db, acting.keys, journey, "v")) == 1
    looked(engine, acting)
    assert not acting.keys.has(of_citizens(journey))


def test_ret1_who_arrives_is_still_to_be_seen_when_doors_have_closed(engine: Engine, acting: Acting) -> None:
    journey = taken(engine, acting, ANNA, BEN, leg=HOME)
    enrol(engine, acting, journey)
    close(engine, acting, journey)
    looked(engine, acting)
    with engine.begin() as db:
        assert len(templates.samples(db, acting.keys, journey, "v")) == 2
        known = journeys.find(db, journey)
    assert known is not None
    assert known.arrives_utc_ms is not None
    looked(engine, replace(acting, now_utc_ms=known.arrives_utc_ms + 12 * HOUR_MS - 1))
    assert acting.keys.has(of_citizens(journey))
    looked(engine, replace(acting, now_utc_ms=known.arrives_utc_ms + 12 * HOUR_MS))
    assert not acting.keys.has(of_citizens(journey))


def test_ret1_the_purge_looks_when_doors_close_and_not_only_at_its_hour(
    engine: Engine, acting: Acting, tmp_path: Path
) -> None:
    journey = taken(engine, acting, ANNA, BEN)
    told = {"state_dir": tmp_path, "photos_dir": tmp_path, "retention": {"every_s": 3600}}

    async def closed() -> None:
        store = Store(engine)
        job = asyncio.create_task(
            retention.run(store, acting.keys, lambda: acting.now_utc_ms, Settings.model_validate(told))
        )
        await asyncio.sleep(0.2)
        known = await store.read(journeys.find, journey)
        assert known is not None
        await store.run(close_doors, acting, known)
        latest_s = time.monotonic() + 30
        while acting.keys.has(of_citizens(journey)) and time.monotonic() < latest_s:
            await asyncio.sleep(0.05)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        store.close()

    asyncio.run(closed())
    assert not acting.keys.has(of_citizens(journey))


def test_the_same_bytes_are_known_as_long_as_they_could_have_an_effect(engine: Engine, acting: Acting) -> None:
    journey = taken(engine, acting, ANNA)
    with engine.begin() as db:
        messages.answer(db, acting.keys, Sent("whole", "carrier", journey, NOW_UTC_MS), b"reply")
        messages.answer(db, acting.keys, Sent("part", "carrier", "", NOW_UTC_MS), b"waits")
        row = {"sha256": "waits", "carrier": "carrier", "reference": "A", "part": 1, "last": False, "sealed": b"part"}
        db.execute(message_rows.insert(), row | {"received_utc_ms": NOW_UTC_MS})
        purge.leftovers(db, NOW_UTC_MS + DAY_MS)
        assert [row.sha256 for row in db.execute(select(message_rows))] == ["whole"]
        assert messages.answered(db, acting.keys, "carrier", "whole") == b"reply"
        purge.gallery(db, acting.keys, journey, NOW_UTC_MS + 14 * DAY_MS)
    with pytest.raises(KeyGone), engine.begin() as db:
        messages.answered(db, acting.keys, "carrier", "whole")
    for days, kept in ((61, 1), (62, 0)):
        with engine.begin() as db:
            purge.leftovers(db, NOW_UTC_MS + days * DAY_MS)
            rows = db.execute(select(message_rows)).all()
        assert len(rows) == kept
        assert all(row.sealed is None for row in rows)


@pytest.mark.parametrize(
    ("now_days", "why"),
    [
        (-30.2, r"departure 2026-11-22T10:30 is more than 30 days ahead"),
        (4, r"departure 2026-11-22T10:30 was more than 2 days ago"),
    ],
)
def test_ret2_a_departure_far_from_now_is_refused_with_its_date_and_the_limit(now_days: float, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read(interchange(message([ANNA])), NOW_UTC_MS + int(now_days * DAY_MS))


@pytest.mark.parametrize("now_days", [-29.9, 2, 2.5])
def test_a_journey_is_expected_a_month_ahead_and_until_two_days_after_its_arrival(now_days: float) -> None:
    (run,), found = read(interchange(message([ANNA])), NOW_UTC_MS + int(now_days * DAY_MS))
    assert run.key == "XX0138/20261122/ZRH"
    assert found == []


def test_the_leg_that_is_far_off_is_refused_and_the_others_are_expected() -> None:
    later = "TDT+20+XX9+++XX'LOC+125+ZRH'DTM+189:2701221030:201'LOC+87+HKG'"
    told, found = read(interchange(message([BEN], leg=LEG + later)))
    assert [run.key for run in told] == ["XX0138/20261122/ZRH"]
    assert [(one.segment, "2027-01-22T10:30 is more than 30 days ahead" in one.problem) for one in found][-1] == (
        "TDT",
        True,
    )
