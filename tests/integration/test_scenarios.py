"""The service's scenarios from end to end: manifests, faces, agents and officers at a real service."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from limen.v1 import alerts_pb2, manifests_pb2
from sqlalchemy import Connection, select

from backend import stays
from backend.clock import utc_ms
from backend.galleries_port import day_of
from backend.settings import Lanes, Rules
from backend.store import crossings
from backend.store.schema import audit_log
from tests.conftest import TODAY, Caller, Person, Service, flight
from tests.integration.acts import (
    BUS,
    LOOP,
    SEA,
    Gate,
    Guest,
    Status,
    air,
    alerts,
    boarding,
    expected,
    kinds,
    opened,
    proceeds,
    records,
    submit,
)

ANNA, BEN, CARLA, NOBODY = Guest("A1"), Guest("B1"), Guest("C1"), Guest("N1")
HOUR_MS = 3_600_000
NEXT_WEEK = TODAY + timedelta(days=7)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With a pedestrian lane at ZRH, whose gallery one enters by the second crossing."""
    service = Service(tmp_path_factory.mktemp("scenarios"), Rules(), lanes=Lanes(ports=("ZRH",), crossings=2))
    furnish(service)
    service.start()
    yield service
    service.stop()


def furnish(service: Service) -> None:
    service.on_file("A1", "anna-on-file")
    service.on_file("B1", "ben-on-file-1", "ben-on-file-2")
    service.on_file("C1", "carla-on-file")


@pytest.fixture(scope="module")
def officer(service: Service) -> Person:
    return service.person("o.meyer", "officer@ZRH", "officer@CHBSL")


@pytest.fixture(scope="module")
def quay(service: Service) -> Gate:
    return Gate(service.add("q1", "gate", "Q1", "CHBSL"), "q1")


def test_air3_who_arrives_by_the_face_may_stay_and_is_gone_with_the_departure(
    service: Service, carrier: Caller, operator: Caller, g1: Gate, officer: Person
) -> None:
    (inbound,) = submit(carrier, air(flight(), "HKG", "ZRH"), [CARLA])
    opened(operator, g1.caller, "G1", inbound, 1)
    assert g1.passes(inbound, "carla-live") == Status.STATUS_RECORDED
    assert kinds(officer, inbound) == [("biometric", "in")]
    (arrival,) = service.ask(crossings.of_journey, inbound)
    assert arrival.until_utc_ms == arrival.crossed_utc_ms + 90 * 24 * HOUR_MS
    late = arrival.until_utc_ms + 1
    assert [one.crossing for one in service.ask(stays.overstays, late)] == [arrival.crossing]
    (outbound,) = submit(carrier, air(flight()), [CARLA])
    opened(operator, g1.caller, "G1", outbound, 1)
    assert g1.passes(outbound, "carla-live") == Status.STATUS_RECORDED
    assert kinds(officer, outbound) == [("biometric", "out")]
    assert service.ask(stays.overstays, late) == []


def test_land_p_a_frequent_crosser_walks_through_the_lane_and_anybody_else_meets_the_officer(
    service: Service, carrier: Caller, operator: Caller, g1: Gate, officer: Person
) -> None:
    for _ in range(2):
        (journey,) = submit(carrier, air(flight()), [BEN])
        opened(operator, g1.caller, "G1", journey, 1)
        assert g1.passes(journey, "ben-live") == Status.STATUS_RECORDED
    (journey,) = submit(carrier, air(flight()), [ANNA])
    opened(operator, g1.caller, "G1", journey, 1)
    assert g1.passes(journey, "anna-live") == Status.STATUS_RECORDED
    lane = Gate(service.add("lane1", "gate", "LANE1"), "lane1")
    today = day_of("ZRH", utc_ms())
    operator.manifests.Assign(manifests_pb2.AssignRequest(gate="LANE1", journey=today), timeout=10)
    proceeds(lane, today, "ben-live")
    assert "A1" not in expected(lane.caller)
    with alerts(officer) as shown:
        assert lane.said(today, "anna-live") == ["recapture", "recapture", "wait"]
        alert = next(one for one in shown if one.journey == today)
    assert (alert.reason, alert.gate, alert.name) == (alerts_pb2.REASON_CLASS_NO_MATCH, "LANE1", "")
    assert lane.passes(today, "ben-live") == Status.STATUS_RECORDED
    assert kinds(officer, today) == [("biometric", "out")]
    assert lane.said(today, "ben-live") == ["wait"], "once a day"


def test_land_b_who_is_on_a_buss_list_crosses_by_the_face_and_without_a_photo_by_documents(
    carrier: Caller, operator: Caller, quay: Gate, officer: Person
) -> None:
    (journey,) = submit(carrier, BUS, [BEN, NOBODY])
    assert journey.startswith("XYB7/")
    opened(operator, quay.caller, "Q1", journey, 2)
    assert quay.passes(journey, "ben-live") == Status.STATUS_RECORDED
    assert quay.said(journey, "stranger-live") == ["recapture", "recapture", "wait"]
    assert quay.boards(journey, expected(quay.caller)["N1"].traveler) == Status.STATUS_RECORDED
    assert kinds(officer, journey) == [("biographic", "out"), ("biometric", "out")]


def test_sea1_a_voyage_is_boarded_by_the_face_and_without_a_match_confirmed_by_documents(
    carrier: Caller, operator: Caller, quay: Gate, officer: Person
) -> None:
    (journey,) = submit(carrier, SEA, [ANNA, NOBODY])
    opened(operator, quay.caller, "Q1", journey, 2)
    assert quay.passes(journey, "anna-live") == Status.STATUS_RECORDED
    with alerts(officer) as shown:
        assert quay.said(journey, "stranger-live") == ["recapture", "recapture", "wait"]
        assert next(one for one in shown if one.journey == journey).port == "CHBSL"
    assert quay.boards(journey, expected(quay.caller)["N1"].traveler) == Status.STATUS_RECORDED
    assert all(one.crossed for one in expected(quay.caller).values()), "the agent sees that it is done"
    assert kinds(officer, journey) == [("biographic", "out"), ("biometric", "out")]


def test_sea1_a_voyage_that_returns_to_where_it_began_is_boarded_and_nothing_is_recorded(
    service: Service, carrier: Caller, operator: Caller, quay: Gate, officer: Person
) -> None:
    journey = next(one for one in submit(carrier, LOOP, [BEN]) if one.endswith("CHBSL"))
    opened(operator, quay.caller, "Q1", journey, 1)
    assert quay.passes(journey, "ben-live") == Status.STATUS_RECORDED
    assert records(officer, journey) == []
    assert service.ask(noted, "crossing.excluded") == ["Q1"]


def noted(db: Connection, action: str) -> list[str]:
    """Where it was done."""
    return list(db.execute(select(audit_log.c.place).where(audit_log.c.action == action)).scalars())


@pytest.fixture
def leaving(tmp_path: Path) -> Iterator[Service]:
    """A service of its own, which is stopped and started."""
    service = Service(tmp_path, Rules())
    furnish(service)
    service.start()
    yield service
    service.stop()


def test_ops1_a_service_that_goes_away_lets_agents_board_and_their_reports_count_once_with_their_time(
    leaving: Service,
) -> None:
    service, carrier, operator = leaving, leaving.add("c", "carrier"), leaving.add("o", "operator")
    g1 = Gate(service.add("g1", "gate", "G1"), "g1")
    (journey,) = submit(carrier, air("XX1"), [ANNA, BEN, CARLA, NOBODY])
    people = {one.name.removeprefix("SPECIMEN "): one.traveler for one in opened(operator, g1.caller, "G1", journey, 4)}
    assert g1.passes(journey, "ben-live") == Status.STATUS_RECORDED
    service.stop()
    with pytest.raises(grpc.RpcError) as gone:
        g1.look(journey, "anna-live")
    assert gone.value.code() is grpc.StatusCode.UNAVAILABLE
    then = utc_ms() - 2 * HOUR_MS
    told = [boarding(journey, people[number], then + at) for at, number in enumerate(("A1", "C1", "N1"))]
    service.start()
    again = Gate(service.connect(service.root / "g1"), "g1")
    for _ in range(2):
        assert [again.report(one) for one in told] == [Status.STATUS_RECORDED] * 3
    officer = service.person("o.meyer", "officer@ZRH")
    held = {one.traveler: (one.kind, one.crossed_utc_ms) for one in records(officer, journey)}
    assert len(held) == 4
    assert held.pop(people["B1"])[0] == "biometric"
    assert held == {people[number]: ("biographic", then + at) for at, number in enumerate(("A1", "C1", "N1"))}


def test_ops1_a_gallery_that_is_not_there_yet_is_said_and_the_agent_boards_meanwhile(
    carrier: Caller, operator: Caller, g1: Gate, officer: Person
) -> None:
    (journey,) = submit(carrier, air(flight(), day=NEXT_WEEK), [BEN])
    operator.manifests.Assign(manifests_pb2.AssignRequest(gate="G1", journey=journey), timeout=10)
    with pytest.raises(grpc.RpcError, match="not ready; boarding goes on with documents") as refused:
        g1.look(journey, "ben-live")
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert g1.boards(journey, expected(g1.caller)["B1"].traveler) == Status.STATUS_RECORDED
    assert kinds(officer, journey) == [("biographic", "out")]
