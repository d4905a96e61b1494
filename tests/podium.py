"""A gate whose service is away, and agents with one-time codes: real pages, real shifts, nothing to reach."""

import json
from collections.abc import Callable
from pathlib import Path

from limen.v1 import people_pb2 as pb
from limen.v1.people_pb2_grpc import PeopleStub

from backend import ca
from edge.agents import codes
from edge.agents.shifts import FILE, Shifts
from edge.service import ServiceClient
from edge.settings import Service
from edge.view import OpenShift
from tests.conftest import PASSWORD, Person
from tests.conftest import Service as Running

AGENT, SALT = "a.keller", b"sixteen bytes of"
CODES = tuple(f"01AB-CDEF-GH{n:02}" for n in range(10))


def identity(folder: Path) -> Path:
    """An appliance's, with a certificate for its pages at gate-1.example and 127.0.0.2; the folder."""
    ca.init(folder / "ca", ["localhost"])
    ca.add(folder / "ca", folder / "g1", "gate", "g1")
    ca.add_page(folder / "ca", folder / "g1", ["gate-1.example"])
    return folder / "g1"


def drawn(service: Running, agent: str) -> list[str]:
    """One-time codes, by the agent's own login at a console."""
    console = service.add(f"console-{agent}", "console").channel
    session = PeopleStub(console).Login(pb.LoginRequest(person=agent, password=PASSWORD), timeout=20)
    person = Person(console, str(session.token))
    return list(person(person.people.IssueCodes, pb.IssueCodesRequest()).codes)


def hold_codes(folder: Path, count: int = len(CODES)) -> None:
    """What the gate was given before the service went away."""
    folder.mkdir(parents=True, exist_ok=True)
    verifiers = [codes.verifier(SALT, AGENT, code) for code in CODES[:count]]
    (folder / FILE).write_text(json.dumps({"salt": SALT.hex(), "verifiers": verifiers, "shift_ms": 36_000_000}))


def shifts_at(folder: Path, of: Path, told: Callable[[tuple[OpenShift, ...]], None] = lambda _: None) -> Shifts:
    """folder: where the gate keeps them; of: its identity.  In the loop that will use them."""
    return Shifts(ServiceClient(Service(address="localhost:1", identity=of), "g1"), folder, told=told)
