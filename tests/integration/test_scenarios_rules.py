"""The rules from end to end: who is photographed, what is kept and for how long, who decides, what is shown to whom."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest
from limen.v1 import alerts_pb2, approvals_pb2, manifests_pb2
from sqlalchemy import Connection, select

from backend.clock import utc_ms
from backend.keys import KeyRing
from backend.settings import Records, Retention, Rules
from backend.store import answers, outbox
from backend.store.outbox import SYSTEMS
from backend.store.schema import captures, decisions, templates, travelers
from calibration.rehearsal.cast import portrait
from calibration.rehearsal.face_points import OVAL, face_points
from calibration.service import rig
from calibration.service.sinks import Sinks, wait
from tests.conftest import Caller, Person, Service, flight, question, shot
from tests.integration.acts import (
    DAY_MS,
    Gate,
    Guest,
    Shifted,
    Status,
    air,
    alerts,
    approved,
    expected,
    kinds,
    opened,
    records,
    submit,
)
from vision.crop import crop
from vision.detect import Detector
from vision.faces import Pixels

ANNA, BEN, CARLA, NOBODY = Guest("A1"), Guest("B1"), Guest("C1"), Guest("N1")
CITIZEN = Guest("B1", nationality="CHE")
CHILD = Guest("C1", birth="200203")
HIT = alerts_pb2.REASON_CLASS_HOTLIST


def furnished(root: Path, sinks: Sinks) -> Shifted:
    """With systems of record, and a purge that looks all the time."""
    told = Records.model_validate(sinks.urls())
    service = Shifted(root, Rules(), records=told, retention=Retention(every_s=0.2))
    service.on_file("A1", "anna-on-file")
    service.on_file("B1", "ben-on-file-1", "ben-on-file-2")
    service.on_file("C1", "carla-on-file")
    service.start()
    return service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sinks: Sinks) -> Iterator[Service]:
    service = furnished(tmp_path_factory.mktemp("rules"), sinks)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def officer(service: Service) -> Person:
    return service.person("o.meyer", "officer@ZRH")


@pytest.fixture(scope="module")
def analyst(service: Service) -> Person:
    return service.person("a.keller", "analyst@*")


@pytest.fixture(scope="module")
def supervisor(service: Service) -> Person:
    return service.person("s.graf", "supervisor@*")


def boarded(carrier: Caller, operator: Caller, g1: Gate, *guests: Guest) -> str:
    """A flight of these, ready at the gate."""
    (journey,) = submit(carrier, air(flight()), guests)
    opened(operator, g1.caller, "G1", journey, len(guests))
    return journey


def live_images(db: Connection, journey: str) -> int:
    return len(db.execute(select(captures).where(captures.c.journey == journey)).all())


def policies(db: Connection, journey: str) -> set[str]:
    return set(db.execute(select(decisions.c.policy).where(decisions.c.journey == journey)).scalars())


def readable(db: Connection, journey: str) -> tuple[int, int]:
    """Travellers with a sealed name, and templates."""
    here = select(travelers.c.traveler).where(travelers.c.journey == journey)
    named = db.execute(here.where(travelers.c.sealed.is_not(None))).all()
    return len(named), len(db.execute(select(templates).where(templates.c.traveler.in_(here))).all())


def test_scope_a_foreign_child_is_recorded_and_a_citizen_is_not_and_the_policy_set_is_said(
    service: Service, carrier: Caller, operator: Caller, g1: Gate, officer: Person, sinks: Sinks
) -> None:
    journey = boarded(carrier, operator, g1, CHILD, CITIZEN)
    for live in ("carla-live", "ben-live"):
        assert g1.passes(journey, live) == Status.STATUS_RECORDED
    wait(lambda: not service.ask(outbox.waiting), "the systems told")
    people = {number: one.traveler for number, one in expected(g1.caller).items()}
    told = {
        one.traveler: [system for system in SYSTEMS if sinks.effects(system)[one.crossing]]
        for one in records(officer, journey)
    }
    assert told == {people["C1"]: ["ident", "tecs", "adis"], people["B1"]: ["tecs", "adis"]}
    assert service.ask(policies, journey) == {"2025-12-26"}


def test_ret1_a_citizen_leaves_no_image_and_the_template_goes_with_the_doors(
    service: Service, carrier: Caller, operator: Caller, g1: Gate
) -> None:
    journey = boarded(carrier, operator, g1, CITIZEN, ANNA)
    g1.look(journey, "ben-live")
    assert service.ask(live_images, journey) == 0
    assert service.ask(readable, journey) == (2, 3)
    carrier.manifests.CloseDoors(manifests_pb2.CloseDoorsRequest(journey=journey), timeout=10)
    assert service.ask(readable, journey) == (2, 1), "the foreigner's stays"


@pytest.fixture
def moving(tmp_path: Path, sinks: Sinks) -> Iterator[Shifted]:
    """A service of its own, whose clock is moved."""
    service = furnished(tmp_path, sinks)
    yield service
    service.stop()


def test_ret2_ret3_after_fourteen_days_only_a_nameless_record_is_left(moving: Shifted) -> None:
    service = moving
    carrier, operator = service.add("c", "carrier"), service.add("o", "operator")
    g1, officer = Gate(service.add("g1", "gate", "G1"), "g1"), service.person("o.meyer", "officer@ZRH")
    journey = boarded(carrier, operator, g1, BEN, ANNA)
    assert g1.passes(journey, "ben-live") == Status.STATUS_RECORDED
    g1.look(journey, "anna-live")
    wait(lambda: not service.ask(outbox.waiting), "the systems told")
    before = records(officer, journey)
    assert (service.ask(readable, journey), service.ask(live_images, journey)) == ((2, 3), 1)
    service.ahead_ms = 16 * DAY_MS
    wait(lambda: service.ask(readable, journey) == (0, 0), "the purge")
    assert service.ask(live_images, journey) == 0
    with pytest.raises(grpc.RpcError, match=r"not ready|key .* is not there") as refused:
        g1.look(journey, "anna-live")
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    later = service.person("o.huber", "officer@ZRH")
    assert records(later, journey) == before
    assert [(one.kind, one.name) for one in before] == [("biometric", "")]


def test_hum1_a_hit_alone_keeps_nobody_from_boarding_by_documents(
    service: Service,
    carrier: Caller,
    operator: Caller,
    g1: Gate,
    officer: Person,
    analyst: Person,
    supervisor: Person,
) -> None:
    service.on_file("WANTED1", "anna-on-file")
    wanted = approvals_pb2.HotlistEntry(document_type="P", document_issuer="UTO", document_number="WANTED1")
    wanted.remark, wanted.ground, wanted.until_utc_ms = "ask about the cargo", "customs case 7", utc_ms() + DAY_MS
    approved(analyst, supervisor, approvals_pb2.ProposeRequest(reason="asked by customs", hotlist=wanted))
    journey = boarded(carrier, operator, g1, Guest("WANTED1"), BEN)
    with alerts(officer) as shown:
        assert g1.said(journey, "anna-live") == ["recapture", "recapture", "wait"]
        alert = next(one for one in shown if one.journey == journey and one.reason == HIT)
    assert orders(service, journey) == {b"0Z"}, "the carrier is told nothing of it: cleared, as everybody"
    assert g1.boards(journey, alert.traveler) == Status.STATUS_RECORDED
    assert kinds(officer, journey) == [("biographic", "out")]


def orders(service: Service, journey: str) -> set[bytes]:
    """What the carrier was told to do with the travellers of a flight, so far."""
    kept = service.ask(answers.waiting, KeyRing(service.state / "keys"), "carrier", 0)
    number = journey.partition("/")[0].encode()
    return {told for one in kept if number in one.interchange for told in re.findall(rb"ERC\+(\dZ)", one.interchange)}


def test_acc2_a_protected_traveller_has_no_name_at_the_gate_nor_in_a_list_but_for_a_case(
    sinks: Sinks,
    carrier: Caller,
    operator: Caller,
    g1: Gate,
    officer: Person,
    analyst: Person,
    supervisor: Person,
) -> None:
    journey = boarded(carrier, operator, g1, Guest("X7", seat="9A"), ANNA)
    who = expected(g1.caller)["X7"].traveler
    label = approvals_pb2.Protect(journey=journey, traveler=who)
    assert approved(analyst, supervisor, approvals_pb2.ProposeRequest(reason="order 7", protect=label)) == who
    (shown,) = (one for one in opened(operator, g1.caller, "G1", journey, 2) if one.traveler == who)
    assert (shown.name, shown.seat, shown.reference) == ("", "9A", "RX7")
    sinks.behave("tecs", "down")  # the record keeps its name until everybody holds it
    assert g1.boards(journey, who) == Status.STATUS_RECORDED
    names = {
        why: [(one.name, one.protected) for one in records(officer, journey, why)] for why in ("inspection", "case")
    }
    sinks.behave("tecs")
    assert names == {"inspection": [("", True)], "case": [("SPECIMEN X7", True)]}


def test_dig2_who_goes_by_documents_is_boarded_by_them_and_no_officer_is_called(
    carrier: Caller, operator: Caller, g1: Gate, officer: Person
) -> None:
    journey = boarded(carrier, operator, g1, ANNA, BEN)
    who = expected(g1.caller)["A1"].traveler
    request = manifests_pb2.AccommodateRequest(journey=journey, traveler=who)
    request.kind = manifests_pb2.AccommodateRequest.KIND_DOCUMENTS
    operator.manifests.Accommodate(request, timeout=10)
    wait(lambda: expected(g1.caller)["A1"].documents, "the agent's page")
    asked = question(journey, shot("anna-live"))
    asked.traveler = who
    assert g1.caller.verification.Verify(asked, timeout=20).WhichOneof("directive") == "wait", "not asked again"
    assert g1.boards(journey, who) == Status.STATUS_RECORDED
    with alerts(officer) as shown:
        assert g1.said(journey, "stranger-live") == ["recapture", "recapture", "wait"]
        first = next(one for one in shown if one.journey == journey)
    assert (first.reason, first.traveler) == (alerts_pb2.REASON_CLASS_NO_MATCH, ""), "the stranger's is the only one"
    assert kinds(officer, journey) == [("biographic", "out")]


def scarf(pixels: Pixels) -> Pixels:
    """Cloth close around the face: ears, chin and the beginning of the hair are covered, the face is not."""
    face = face_points(pixels)[list(OVAL), :2]
    middle, worn = face.mean(0), np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(worn, [np.round(middle + (face - middle) * [1.5, 1.45]).astype(np.int32)], 255)
    cv2.fillPoly(worn, [np.round(face).astype(np.int32)], 0)
    rows = np.arange(len(pixels), dtype=np.float32).reshape(-1, 1, 1)
    cloth = np.array([96.0, 60, 70]) * (0.9 + 0.1 * np.sin(rows / 6))
    return np.where(worn[..., None] > 0, cloth, pixels).astype(np.uint8)


@pytest.mark.parametrize("live", ["anna-live", "ben-live", "carla-live"])
def test_dig1_a_head_covering_is_no_reason_to_ask_again(carrier: Caller, operator: Caller, g1: Gate, live: str) -> None:
    journey = boarded(carrier, operator, g1, ANNA, BEN, CARLA)
    worn = scarf(np.asarray(cv2.imread(str(portrait(live))), np.uint8))
    seen = rig.shot(crop(worn, Detector().find(worn)[0]))
    given = g1.caller.verification.Verify(question(journey, seen), timeout=20)
    assert given.WhichOneof("directive") == "proceed", given
