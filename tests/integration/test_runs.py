"""What a list means for the country: its journeys, who is in scope, and what is kept of them."""

import uuid

import pytest
from sqlalchemy import Engine, select

from backend.acting import Acting
from backend.announcing import tell_carrier
from backend.biographic import Biographic
from backend.caller import EVERYWHERE
from backend.caller import Caller as Who
from backend.errors import NotAllowed, Refused, Repeated
from backend.expecting import apply, close_doors, own
from backend.manifests.cusres import Code
from backend.manifests.findings import Finding, Unusable
from backend.manifests.paxlst import parse
from backend.manifests.runs import Run, runs
from backend.store import answers, hotlist, journeys, travelers
from backend.store.schema import audit_log, messages
from calibration.service.rig import stand_against
from tests.integration.lists import NOW_UTC_MS, told
from tests.unit.backend.paxlst_specimens import ANNA, BEN, CARL, LEG, interchange, message

IN_2019_UTC_MS = 1_574_400_000_000  # as above, seven years before
COUNTRY = "CHE"


def planned(content: bytes, country: str = COUNTRY, now_utc_ms: int = NOW_UTC_MS) -> tuple[list[Run], list[Finding]]:
    manifest = parse(content)
    found = list(manifest.findings)
    return runs(manifest.messages[0], country, found, now_utc_ms), found


def test_scope_follows_the_policy_set_of_the_day(engine: Engine, acting: Acting) -> None:
    young = BEN.replace("19900101", "20150101").replace("NAT+2+CHE", "NAT+2+UTO")
    for year, now_utc_ms, photographed in (("26", NOW_UTC_MS, True), ("19", IN_2019_UTC_MS, False)):
        content = interchange(message([young, ANNA], leg=LEG.replace("2611", f"{year}11")))
        (run,), _ = planned(content, now_utc_ms=now_utc_ms)
        told = parse(content).messages[0]
        with engine.begin() as db:
            apply(db, acting, run, told.function, COUNTRY)
            people = {one.biographic.given: one for one in travelers.of_journey(db, acting.keys, run.key)}
        assert people["BEN"].photographed is photographed
        assert people["BEN"].recorded is photographed
        assert people["ANNA MARIA"].photographed


def test_each_leg_that_touches_the_country_is_a_journey_with_who_is_aboard() -> None:
    route = (
        "TDT+20+XX7'LOC+125+JFK'DTM+189:2611220900:201'LOC+87+ZRH'DTM+232:2611222300:201'"
        "TDT+20+XX7'LOC+125+ZRH'DTM+189:2611230100:201'LOC+87+HKG'DTM+232:2611231900:201'"
        "TDT+20+XX7'LOC+125+HKG'DTM+189:2611232100:201'LOC+87+SIN'"
    )
    off = ANNA.replace("LOC+178+ZRH'LOC+179+HKG", "LOC+178+JFK'LOC+179+ZRH")
    on = ANNA.replace("C3", "C8").replace("LOC+179+HKG", "LOC+179+SIN")
    told, found = planned(interchange(message([off, on, BEN], leg=route)))
    assert [(run.key, run.direction) for run in told] == [("XX7/20261122/JFK", "in"), ("XX7/20261123/ZRH", "out")]
    assert [[one.given for one in run.people] for run in told] == [["ANNA MARIA", "BEN"], ["ANNA MARIA", "BEN"]]
    assert [run.people[0].documents[0].number for run in told] == ["L898902C3", "L898902C8"]
    assert told[0].arrives_utc_ms == 1_795_384_800_000
    assert found == []


def test_sea1_a_closed_loop_crosses_no_border_and_land_b_a_bus_does() -> None:
    loop = (
        "TDT+20+V9+1++XYS+++::103:MS SPECIMEN'LOC+92+USMIA'DTM+189:2611220900:201'LOC+92+BSNAS'DTM+232:2611230900:201'"
        "LOC+92+BSNAS'DTM+189:2611231800:201'LOC+92+USMIA'DTM+232:2611240900:201'"
    )
    told, _ = planned(interchange(message([ANNA], leg=loop)), "USA")
    assert [(run.direction, run.leg.mode) for run in told] == [("", "sea"), ("", "sea")]
    bus = "TDT+20+7+3++XYB'LOC+125+CHBSL'DTM+189:2611220900:201'LOC+87+DEFBG'"
    (run,), found = planned(interchange(message([ANNA], leg=bus)))
    assert (run.key, run.direction, run.leg.mode) == ("XYB7/20261122/CHBSL", "out", "bus")
    assert run.departs_utc_ms == 1_795_334_400_000
    assert found == []


@pytest.mark.parametrize(
    ("route", "why"),
    [
        (LEG.replace("ZRH", "QQQ").replace("HKG", "QQX"), "no leg begins or ends in CHE"),
        (LEG.replace("ZRH", "JFK"), "no leg begins or ends in CHE"),
        (LEG.replace("2611", "1611"), "no policy set was in force on 2016-11-22"),
        (LEG.replace("LOC+125+ZRH'", ""), r"missing: expected LOC\+125"),
    ],
)
def test_a_journey_that_cannot_be_placed_is_refused(route: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        planned(interchange(message([ANNA], leg=route)))


def test_a_port_without_a_clock_is_reported_and_the_journey_has_no_time() -> None:
    (run,), found = planned(interchange(message([ANNA], leg=LEG.replace("ZRH'", "USQQQ'"))), "USA")
    assert run.departs_utc_ms is None
    assert [one.problem for one in found] == ["USQQQ: the clock of the port is not known; the journey has no time"]


def taken(engine: Engine, acting: Acting, content: bytes) -> Run:
    (run,), _ = planned(content)
    with engine.begin() as db:
        apply(db, acting, run, parse(content).messages[0].function, COUNTRY)
    return run


def test_a_list_that_replaces_leaves_only_who_it_names_and_a_cancelled_journey_is_kept(
    engine: Engine, acting: Acting
) -> None:
    run = taken(engine, acting, interchange(message([ANNA, BEN])))
    taken(engine, acting, interchange(message([BEN, CARL], bgm="BGM+745++5'")))
    taken(engine, acting, interchange(message([], bgm="BGM+266+XF'")))
    with engine.begin() as db:
        people = travelers.of_journey(db, acting.keys, run.key)
        known = journeys.find(db, run.key)
    assert sorted(one.biographic.given for one in people) == ["BEN", "CARL"]
    assert known is not None
    assert known.cancelled


def test_somebody_listed_twice_is_expected_once_and_reported(engine: Engine, acting: Acting) -> None:
    (run,), _ = planned(interchange(message([ANNA, ANNA])))
    with engine.begin() as db:
        change = apply(db, acting, run, parse(interchange(message([ANNA]))).messages[0].function, COUNTRY)
        assert travelers.count(db, run.key) == 1
    assert [(one.segment, one.problem) for one in change.findings] == [("NAD", "is listed twice; expected once")]


def test_hum3_what_stands_against_a_document_of_a_second_listing_stands(engine: Engine, acting: Acting) -> None:
    visa = Biographic("", "", document_type="V", document_number="X12345678", document_issuer="UTO")
    run = taken(engine, acting, interchange(message([ANNA, f"{ANNA}DOC+V+X12345678'LOC+91+UTO'"])))
    with engine.begin() as db:
        (one,) = travelers.of_journey(db, acting.keys, run.key)
        entry = stand_against(db, acting.keys, travelers.Traveler("", visa), NOW_UTC_MS)
        assert hotlist.against(db, one.traveler, NOW_UTC_MS) == entry


def test_hum1_only_an_interception_tells_a_carrier_not_to_board(engine: Engine, acting: Acting) -> None:
    run = taken(engine, acting, interchange(message([ANNA])))
    with engine.begin() as db:
        (one,) = travelers.of_journey(db, acting.keys, run.key)
        assert tell_carrier(db, acting.keys, run.key, one.traveler, Code.DO_NOT_BOARD, NOW_UTC_MS)
        assert not tell_carrier(db, acting.keys, run.key, str(uuid.uuid4()), Code.DO_NOT_BOARD, NOW_UTC_MS)
        (kept,) = answers.waiting(db, acting.keys, "carrier", 0)
        assert told(kept.interchange) == [("P1", "1Z")]
        assert b"BGM+132'" in kept.interchange
        assert b"SPECI" not in kept.interchange
        answers.hold(db, "carrier", kept.number)
        assert answers.waiting(db, acting.keys, "carrier", 0) == []


def test_ret1_doors_close_once_and_nobody_is_added_after(engine: Engine, acting: Acting) -> None:
    run = taken(engine, acting, interchange(message([ANNA, BEN])))
    with engine.begin() as db:
        for _ in range(2):
            assert close_doors(db, acting, own(db, acting, run.key)) == (0, 2)
        closed = db.execute(select(audit_log.c.subject).where(audit_log.c.action == "doors.closed")).all()
        assert db.execute(select(messages)).all() == []
    assert len(closed) == 1
    with pytest.raises(Refused, match="are closed"):
        taken(engine, acting, interchange(message([CARL])))


def test_an_error_between_legs_leaves_nothing(engine: Engine, acting: Acting) -> None:
    (run,), _ = planned(interchange(message([ANNA])))
    stranger = Acting(Who("other", "carrier", None, frozenset({EVERYWHERE})), acting.keys, NOW_UTC_MS)
    taken(engine, acting, interchange(message([ANNA])))
    with pytest.raises((NotAllowed, Repeated)), engine.begin() as db:
        apply(db, stranger, run, parse(interchange(message([BEN]))).messages[0].function, COUNTRY)
    with engine.begin() as db:
        assert travelers.count(db, run.key) == 1
