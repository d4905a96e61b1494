"""What becomes of a reported outcome, on both stores: at most one crossing, of who was seen to pass, at this port."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from backend.biographic import Biographic
from backend.crossing import Report, Status
from backend.daily import Daily, day
from backend.documents_check import UNASKED
from backend.errors import KeyGone, NotAllowed, Repeated
from backend.keys import RECORDS, KeyRing
from backend.retention import purge
from backend.store import alerts, allowances, crossings, decisions, outbox, schema, travelers
from backend.store.allowances import VALID_MS, Allowance
from backend.store.engine import open_store
from backend.store.schema import audit_log
from calibration.service import races
from calibration.service.border import DAY_MS, HOUR_MS, NOW, Border, boarded, passed
from calibration.service.stores import Scratch
from tests.integration.desk import rows


def noted(border: Border, subject: str) -> list[tuple[str, str]]:
    """(action, result) of the log's entries about an id."""
    with border.engine.begin() as db:
        wanted = select(audit_log.c.action, audit_log.c.result).where(audit_log.c.subject == subject)
        return [(row.action, row.result) for row in db.execute(wanted.order_by(audit_log.c.number))]


def test_air2_a_passage_on_a_proceed_is_one_crossing_with_its_rows_and_its_line_in_the_log(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    told = passed(border.proceed(journey, anna), NOW)
    assert [border.tell(told) for _ in range(3)] == [Status.RECORDED] * 3
    (held,) = border.ask(crossings.of_journey, journey)
    assert (held.kind, held.direction, held.traveler, held.crossed_utc_ms) == ("biometric", "out", anna, NOW)
    assert held.until_utc_ms is None
    assert {row.system for row in border.ask(outbox.waiting)} == {"ident", "tecs", "adis"}
    assert noted(border, held.crossing) == [("crossing.recorded", "biometric; told to ident, tecs, adis")]


def test_air2_a_passage_is_recorded_though_the_manifest_changed_meanwhile(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    told = passed(border.proceed(journey, anna), NOW)
    for one in (anna, ben):
        border.ask(travelers.remove, one)
    assert border.tell(told) is Status.RECORDED
    (held,) = border.ask(crossings.of_journey, journey)
    assert (held.traveler, held.sealed is not None) == (anna, True)
    assert border.tell(boarded(journey, ben, NOW)) is Status.RECORDED, "he passed all the same: an officer is told"
    assert [made.concern for made in border.ask(alerts.untold, 0)] == ["removed"]


@pytest.mark.parametrize("kind", ["crossed", "boarded"])
def test_ret2_a_passage_reported_after_the_purge_is_recorded_without_a_name(border: Border, kind: str) -> None:
    journey, (anna, *_) = border.journey()
    told = passed(border.proceed(journey, anna), NOW) if kind == "crossed" else boarded(journey, anna, NOW)
    border.ask(purge.gallery, border.keys, journey, NOW)
    assert [border.tell(told) for _ in range(2)] == [Status.RECORDED] * 2
    (held,) = border.ask(crossings.of_journey, journey)
    assert (held.traveler, held.sealed) == (anna, None)
    assert border.ask(outbox.waiting) == []
    ((action, result),) = noted(border, held.crossing)
    assert action == "crossing.recorded"
    assert "after the names of its journey were purged" in result


@pytest.mark.parametrize("kind", ["crossed", "boarded"])
def test_air22_who_has_crossed_has_no_allowance_left(border: Border, kind: str) -> None:
    journey, (anna, ben, _) = border.journey()
    for one in (anna, ben):
        given = Allowance(one, journey, one, "o.meyer", "known to me", None, NOW, NOW + VALID_MS)
        border.ask(allowances.give, given)
    border.tell(passed(border.proceed(journey, anna), NOW) if kind == "crossed" else boarded(journey, anna, NOW))
    assert [border.ask(allowances.usable, journey, one, NOW) for one in (anna, ben)] == [None, ben]


def test_air2_without_a_passage_or_long_after_the_answer_there_is_no_crossing(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    nobody = replace(passed(border.proceed(journey, anna), NOW), kind="not_crossed", why="WHY_NOBODY_PASSED")
    late = replace(passed(border.proceed(journey, ben), NOW), since_answer_ms=20_001)
    assert [border.tell(nobody), border.tell(late)] == [Status.RECORDED, Status.LATE]
    assert border.ask(crossings.of_journey, journey) == []
    assert [action for action, _ in noted(border, anna) + noted(border, ben)] == [
        "passage.not_confirmed",
        "passage.late",
    ]


def test_air1_being_identified_is_not_leave_to_cross(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    told = passed(border.proceed(journey, anna, purpose="identify"), NOW)
    with pytest.raises(NotAllowed, match="was given to identify, not to cross"):
        border.tell(told)
    assert border.ask(crossings.settled, told.encounter) is None


def test_an_encounter_is_not_told_twice_in_different_ways(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    told = passed(border.proceed(journey, anna), NOW)
    border.tell(told)
    with pytest.raises(Repeated, match="another outcome"):
        border.tell(replace(told, kind="not_crossed", why="WHY_NOBODY_PASSED"))


@pytest.mark.parametrize(
    "other",
    [
        lambda told: replace(told, device="g9"),
        lambda told: replace(told, encounter="6f4dd3f1-45a5-4b14-9a4c-0b4d2b6a1c11"),
        lambda told: replace(told, decision="6f4dd3f1-45a5-4b14-9a4c-0b4d2b6a1c11"),
    ],
    ids=["device", "encounter", "decision"],
)
def test_an_answer_given_to_another_confirms_nothing(border: Border, other: Callable[[Report], Report]) -> None:
    journey, (anna, *_) = border.journey()
    with pytest.raises(NotAllowed, match="was not given to this encounter and device"):
        border.tell(other(passed(border.proceed(journey, anna), NOW)))
    assert border.ask(crossings.of_journey, journey) == []


def test_acc1_a_gate_of_another_port_reports_nothing_here(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    for told in (passed(border.proceed(journey, anna), NOW), boarded(journey, ben, NOW)):
        with pytest.raises(NotAllowed, match=r"stands at GVA, journey .* is seen at ZRH"):
            border.tell(replace(told, port="GVA"))
    assert border.ask(crossings.of_journey, journey) == []


def test_air21_documents_checked_by_an_agent_are_a_biographic_crossing_the_repository_is_not_told(
    border: Border,
) -> None:
    journey, (anna, *_) = border.journey()
    assert border.tell(boarded(journey, anna, NOW)) is Status.RECORDED
    (held,) = border.ask(crossings.of_journey, journey)
    assert (held.kind, held.agent) == ("biographic", "AG-7")
    assert {row.system for row in border.ask(outbox.waiting)} == {"tecs", "adis"}
    assert noted(border, held.crossing) == [("crossing.recorded", "biographic by agent AG-7; told to tecs, adis")]


def test_air21_nobody_is_boarded_who_is_not_expected(border: Border) -> None:
    journey, _ = border.journey()
    _, (stranger, *_) = border.journey()
    assert border.tell(boarded(journey, stranger, NOW)) is Status.RECORDED
    assert border.ask(crossings.of_journey, journey) == []
    (untold,) = [one for one in border.ask(rows, schema.decisions) if one["purpose"] == UNASKED]
    assert (untold["concern"], untold["officer"]) == ("not_listed", True), "nothing of it is lost, an officer is told"
    assert border.ask(rows, schema.audit_log)[-1]["action"] == "passage.unlisted"


def test_air3_an_arrival_may_stay_so_many_days_and_a_citizen_for_ever(border: Border) -> None:
    journey, (ours, stranger) = border.journey(2, citizens=1, direction="in")
    assert border.held(border.cross(journey, stranger)).until_utc_ms == NOW + 90 * DAY_MS
    arrived = border.held(border.cross(journey, ours))
    assert (arrived.direction, arrived.port, arrived.until_utc_ms) == ("in", "ZRH", None)
    assert [row.system for row in border.ask(outbox.waiting) if row.crossing == arrived.crossing] == ["tecs", "adis"]


def test_sea1_a_closed_loop_voyage_crosses_no_border(border: Border) -> None:
    journey, (anna, *_) = border.journey(direction="", mode="sea")
    assert border.tell(passed(border.proceed(journey, anna), NOW)) is Status.RECORDED
    assert border.ask(crossings.of_journey, journey) == []
    assert border.ask(outbox.waiting) == []
    assert noted(border, anna) == [("crossing.excluded", "the journey crosses no border")]


def test_sea1_a_voyage_to_another_country_is_recorded_as_a_flight_is(border: Border) -> None:
    journey, (anna, ben, _) = border.journey(mode="sea")
    assert border.held(border.cross(journey, anna)).kind == "biometric"
    assert border.tell(boarded(journey, ben, NOW)) is Status.RECORDED


@pytest.mark.parametrize(
    ("ended_utc_ms", "kept_utc_ms"),
    [
        (NOW - 8 * HOUR_MS, NOW - 8 * HOUR_MS),
        (NOW - DAY_MS - 1, NOW),
        (NOW + 5 * 60_000, NOW + 5 * 60_000),
        (NOW + 5 * 60_000 + 1, NOW),
        (1, NOW),
    ],
    ids=["told after an outage", "a day old", "a little ahead", "too far ahead", "since 1970"],
)
def test_a_clock_that_cannot_be_right_is_not_believed_and_nothing_is_lost(
    border: Border, ended_utc_ms: int, kept_utc_ms: int
) -> None:
    journey, (anna, *_) = border.journey()
    border.tell(passed(border.proceed(journey, anna), ended_utc_ms))
    (held,) = border.ask(crossings.of_journey, journey)
    assert held.crossed_utc_ms == kept_utc_ms
    ((_, result),) = noted(border, held.crossing)
    assert ("device's clock said " + str(ended_utc_ms) in result) == (kept_utc_ms != ended_utc_ms)


def test_what_no_system_is_told_keeps_its_sealed_copy_and_is_said(border: Border) -> None:
    border.systems = ()
    journey, (anna, *_) = border.journey()
    crossing = border.cross(journey, anna)
    assert border.ask(outbox.untold) == [crossing]
    sealed = border.held(crossing).sealed
    assert sealed is not None
    assert Biographic.unpack(Daily(border.keys, RECORDS).open(sealed, crossing)).surname == "SPECIMEN"
    assert noted(border, crossing) == [
        ("crossing.recorded", "biometric; told to nobody: no system of record is configured")
    ]


def test_a_report_that_is_refused_leaves_nothing_behind(border: Border, tmp_path: Path) -> None:
    journey, (anna, *_) = border.journey()
    told = passed(border.proceed(journey, anna), NOW)
    spoilt = tmp_path / "keys" / f"records.{day(NOW)}.key"
    spoilt.write_bytes(b"half a key")
    with pytest.raises(KeyGone, match="has 10 bytes instead of 32"):
        border.tell(told)
    assert border.ask(crossings.settled, told.encounter) is None
    spoilt.unlink()
    assert border.tell(told) is Status.RECORDED


def test_sr06_two_gates_of_two_replicas_race_and_one_crossing_is_recorded(engine: Engine, tmp_path: Path) -> None:
    kind = engine.dialect.name
    url = "" if kind == "sqlite" else engine.url.set(drivername="postgresql").render_as_string(False)
    here = open_store(tmp_path / "tvs", url)
    figure = races.measure(Scratch(kind, tmp_path, url, here, KeyRing(tmp_path / "keys")), 10)
    here.dispose()
    assert figure.failures == 0, figure.words


def test_sr06_the_database_itself_refuses_a_second_standing_crossing(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    first = border.held(border.cross(journey, anna))
    again = replace(first, crossing="6f4dd3f1-45a5-4b14-9a4c-0b4d2b6a1c11", encounter="another")
    assert not border.ask(crossings.confirm, again, (), NOW)
    assert border.ask(decisions.crossed, journey, anna)
