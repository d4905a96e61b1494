"""A gate asks, identifies and reports for what it boards; a touchpoint identifies for its port.  Every cell, on a
running service: the table is written apart from the code."""

import itertools
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import grpc
import numpy as np
import pytest
from limen.v1 import manifests_pb2
from limen.v1 import verification_pb2 as pb
from sqlalchemy import Connection

from backend import ca
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.people.posts import Post
from backend.settings import Rules
from backend.store import crossings, decisions, journeys, peers, templates, travelers
from backend.store import people as accounts
from backend.store.journeys import Journey
from backend.store.peers import Peer
from backend.store.people import Account
from backend.store.templates import Sample
from calibration.service.border import answer
from calibration.service.journeys import POLICY, people, vectors
from calibration.service.rig import work
from tests.conftest import Caller, Service, question, shot
from vision.embed import template_version

# At ZRH but "far", which is the gate of that name at GVA.  moved: stood at G1 while the former journey boarded there.
DEVICES = {
    "gate": ("gate", "G1", "ZRH"),
    "moved": ("gate", "G2", "ZRH"),
    "idle": ("gate", "G3", "ZRH"),
    "far": ("gate", "G1", "GVA"),
    "placeless": ("gate", "G1", ""),
    "counter": ("touchpoint", "CHECK-IN-3", "ZRH"),
    "namesake": ("touchpoint", "G1", "ZRH"),
    "far counter": ("touchpoint", "CHECK-IN-3", "GVA"),
    "operator": ("operator", None, "ZRH"),
    "carrier": ("carrier", None, ""),
    "console": ("console", None, ""),
}
JOURNEYS = ("now", "former", "next door", "unassigned", "elsewhere", "unknown")  # of the device "gate"
AGENT = "AG-7"
METHODS = ("Verify", "Identify", "VerifyDocuments", "boarded", "not_boarded")
MAY: dict[tuple[str, str], set[str]] = {
    ("gate", "Verify"): {"now"},
    ("gate", "Identify"): {"now"},
    ("gate", "VerifyDocuments"): {"now"},
    ("gate", "boarded"): {"now", "former"},
    ("gate", "not_boarded"): {"now", "former"},
    ("moved", "Verify"): {"next door"},
    ("moved", "Identify"): {"next door"},
    ("moved", "VerifyDocuments"): {"next door"},
    ("moved", "boarded"): {"next door", "former"},
    ("moved", "not_boarded"): {"next door", "former"},
    ("far", "Verify"): {"elsewhere"},
    ("far", "Identify"): {"elsewhere"},
    ("far", "VerifyDocuments"): {"elsewhere"},
    ("far", "boarded"): {"elsewhere"},
    ("far", "not_boarded"): {"elsewhere"},
    ("counter", "Identify"): {"now", "former", "next door", "unassigned"},
    ("namesake", "Identify"): {"now", "former", "next door", "unassigned"},
    ("far counter", "Identify"): {"elsewhere"},
}
REFUSALS = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT)


@dataclass
class Port:
    service: Service
    callers: dict[str, Caller]
    people: dict[str, list[str]]
    sessions: dict[str, str]  # of the agent's shifts, by port


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    service = Service(tmp_path_factory.mktemp("port"), Rules())
    keys = KeyRing(service.state / "keys")
    who = {name: service.ask(_announced, keys, name, "GVA" if name == "elsewhere" else "ZRH") for name in JOURNEYS[:-1]}
    who["unknown"] = [str(uuid.uuid4())] * 9
    for name, (role, gate, at) in DEVICES.items():
        ca.add(service.state / "ca", service.root / name, role, name.replace(" ", "-"))
        carriers = ("XX",) if role == "carrier" else ()
        at_first = "G1" if name == "moved" else gate
        service.ask(peers.welcome, Peer(name.replace(" ", "-"), role, at_first, at, carriers=carriers))
    service.ask(journeys.assign, "G1", "former")
    service.ask(peers.welcome, Peer("moved", "gate", "G2", "ZRH"))
    for gate, journey in (("G1", "now"), ("G2", "next door"), ("G1", "elsewhere")):
        service.ask(journeys.assign, gate, journey)
    service.ask(accounts.add, Account(AGENT), [Post("agent", at) for at in ("ZRH", "GVA")])
    sessions = {at: service.ask(work, AGENT, at) for at in ("ZRH", "GVA")}
    service.start()
    port = Port(service, {name: service.connect(service.root / name) for name in DEVICES}, who, sessions)
    _await_galleries(port)
    yield port
    service.stop()


def _await_galleries(port: Port) -> None:
    until_s = time.monotonic() + 60
    for device, journey in [(one, journey) for one in ("counter", "far counter") for journey in MAY[one, "Identify"]]:
        while _code(port, device, "Identify", journey, 0) is grpc.StatusCode.FAILED_PRECONDITION:
            assert time.monotonic() < until_s, journey
            time.sleep(0.1)


def _announced(db: Connection, keys: KeyRing, name: str, at: str) -> list[str]:
    who = people(name, 9)
    for key in (of_gallery(name), of_citizens(name)):
        keys.make(key)
    journeys.announce(db, Journey(name, "air", "out", "c", at, "HKG", None, None, POLICY, _now()))
    travelers.expect(db, keys, name, who, _now())  # of long ago they would be purged meanwhile
    box = templates.box_of(keys, name, citizen=False)
    for one, vector in zip(who, vectors(np.random.default_rng(9), 9), strict=True):
        templates.enrol(db, box, one.traveler, template_version(), [Sample(vector, "specimen", 100, "")])
    return [one.traveler for one in who]


def _now() -> int:
    return time.time_ns() // 1_000_000


def _code(port: Port, device: str, method: str, journey: str, number: int) -> grpc.StatusCode | None:
    stub, name = port.callers[device].verification, device.replace(" ", "-")
    traveler, encounter = port.people[journey][number], str(uuid.uuid4())
    try:
        match method:
            case "boarded":
                told = pb.ReportOutcomeRequest(encounter=encounter, journey=journey, ended_utc_ms=_now())
                told.boarded.traveler, told.boarded.agent = traveler, AGENT
                stub.ReportOutcome(told, timeout=20)
            case "not_boarded":
                told = pb.ReportOutcomeRequest(encounter=encounter, journey=journey, ended_utc_ms=_now())
                told.not_boarded.traveler, told.not_boarded.agent = traveler, AGENT
                told.not_boarded.why = pb.NotCrossed.WHY_NOBODY_PASSED
                stub.ReportOutcome(told, timeout=20)
            case "VerifyDocuments":
                asked = pb.VerifyDocumentsRequest(encounter=encounter, journey=journey, device=name)
                asked.traveler, asked.agent = traveler, AGENT
                asked.session = port.sessions["GVA" if DEVICES[device][2] == "GVA" else "ZRH"]
                stub.VerifyDocuments(asked, timeout=20)
            case _:
                getattr(stub, method)(question(journey, shot("anna-live"), device=name), timeout=20)
    except grpc.RpcError as error:
        return error.code()
    return None


@pytest.mark.parametrize("method", METHODS)
def test_each_device_asks_and_reports_about_what_it_boards_or_boarded(port: Port, method: str) -> None:
    wrong = []
    for number, (device, journey) in enumerate(itertools.product(DEVICES, JOURNEYS)):
        code = _code(port, device, method, journey, number % 9)
        if not (code is None if journey in MAY.get((device, method), set()) else code in REFUSALS):
            wrong.append((device, journey, code))
    assert wrong == []


@pytest.mark.parametrize("kind", ["crossed", "not_crossed"])
def test_only_whom_the_answer_was_given_to_reports_how_it_ended(port: Port, kind: str) -> None:
    said = {}
    for device in DEVICES:
        traveler = port.people["former"][8 if kind == "crossed" else 7]
        given = replace(answer("former", traveler, "G1", "cross", _now()), device="moved")
        port.service.ask(decisions.record, given)
        told = pb.ReportOutcomeRequest(encounter=given.encounter, journey="former", ended_utc_ms=_now())
        told.since_answer_ms = 900
        if kind == "crossed":
            told.crossed.decision = given.decision
        else:
            told.not_crossed.decision = given.decision
            told.not_crossed.why = pb.NotCrossed.WHY_NOBODY_PASSED
        try:
            port.callers[device].verification.ReportOutcome(told, timeout=20)
            said[device] = True
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.PERMISSION_DENIED
            said[device] = False
    assert said == {device: device == "moved" for device in DEVICES}


def test_a_gate_is_shown_what_it_boards_and_nobody_else_is_shown_anything(port: Port) -> None:
    shown = {"gate": "now", "moved": "next door", "idle": "", "far": "elsewhere"}
    for device, caller in port.callers.items():
        watching = caller.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=10)
        try:
            assert next(watching).journey == shown[device]
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.PERMISSION_DENIED
            assert device not in shown
        watching.cancel()


def test_what_boarded_at_a_gate_is_recorded_there_though_its_device_stands_elsewhere_now(port: Port) -> None:
    traveler = port.people["former"][6]
    told = pb.ReportOutcomeRequest(encounter=str(uuid.uuid4()), journey="former", ended_utc_ms=_now())
    told.boarded.traveler, told.boarded.agent = traveler, AGENT
    port.callers["moved"].verification.ReportOutcome(told, timeout=20)
    crossing = port.service.ask(crossings.find, port.service.ask(crossings.standing, told.encounter) or "")
    assert crossing is not None
    assert (crossing.gate, crossing.device) == ("G1", "moved")
