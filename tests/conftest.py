"""A real service on this machine: TLS, certificates, encrypted database, child processes; nothing replaced."""

import asyncio
import hashlib
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest
import structlog
from hypothesis import settings
from limen.v1 import manifests_pb2, people_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.alerts_pb2_grpc import AlertsStub
from limen.v1.approvals_pb2_grpc import ApprovalsStub
from limen.v1.audit_pb2_grpc import AuditStub
from limen.v1.crossings_pb2_grpc import CrossingsStub
from limen.v1.fleet_pb2_grpc import FleetStub
from limen.v1.manifests_pb2_grpc import ManifestsStub
from limen.v1.people_pb2_grpc import PeopleStub
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import Engine, QueuePool

from backend import ca
from backend.people import passwords
from backend.people.posts import parse
from backend.photos import key
from backend.server import running
from backend.settings import Rules, Settings
from backend.store import peers, people
from backend.store.engine import Store, open_store
from backend.store.peers import Peer
from backend.store.people import Account
from calibration.rehearsal.cast import portrait
from calibration.service import rig
from calibration.service.postgres import Postgres

# Services run in threads beside commands whose output is read: their log is no part of it.
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))

# A shell starts what it runs in the background with Ctrl-C ignored, and processes that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is, and the first one may compile or read a table.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@dataclass
class Caller:
    """One peer's channel and stubs."""

    channel: grpc.Channel
    verification: VerificationStub = field(init=False)
    manifests: ManifestsStub = field(init=False)
    fleet: FleetStub = field(init=False)

    def __post_init__(self) -> None:
        self.verification = VerificationStub(self.channel)
        self.manifests = ManifestsStub(self.channel)
        self.fleet = FleetStub(self.channel)


CODES = ("XX", "XYB", "XYR", "XYS")
PASSWORD = "long enough to be typed"
Reply = TypeVar("Reply")


class Person(Caller):
    """Somebody logged in at a console: `person(person.alerts.Take, request, purpose="case")`."""

    def __init__(self, channel: grpc.Channel, token: str) -> None:
        super().__init__(channel)
        self.token = token
        self.alerts = AlertsStub(channel)
        self.approvals = ApprovalsStub(channel)
        self.audit = AuditStub(channel)
        self.crossings = CrossingsStub(channel)
        self.people = PeopleStub(channel)

    def __call__(
        self, method: Callable[..., Reply], request: object, *, purpose: str = "", timeout: float = 10
    ) -> Reply:
        """Call a method of one of the stubs; a stream comes back as an iterator."""
        return method(request, timeout=timeout, metadata=self.metadata(purpose))

    def metadata(self, purpose: str = "") -> list[tuple[str, str]]:
        shown = [("authorization", f"Bearer {self.token}")] if self.token else []
        return [*shown, ("x-limen-purpose", purpose)] if purpose else shown


class Service:
    """A service in a thread of its own.  Stop and start it at will: the state stays."""

    def __init__(self, root: Path, rules: Rules, **settings: Any) -> None:
        """settings: of `backend.settings.Settings`, where they differ."""
        self.root, self.state = root, root / "tvs"
        self.photos = root / "photos"
        self.photos.mkdir()
        self.port = 0
        self._settings = {"photos_dir": self.photos, "country": "CHE", "rules": rules, **settings}
        self._ended: asyncio.Event | None = None
        ca.init(self.state / "ca", ["localhost"])

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(ready)))
        self._thread.start()
        assert ready.wait(60), "the service did not start"

    def stop(self) -> None:
        assert self._ended is not None
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        where = f"127.0.0.1:{self.port}"
        settings = Settings(listen=where, state_dir=self.state, **self._settings)
        async with running(settings) as self.port:
            ready.set()
            await self._ended.wait()

    def add(self, name: str, role: str, gate: str | None = None, port: str = "") -> Caller:
        """Register a peer and connect as it.  port: ZRH for a gate, every one for an operator unless said otherwise.
        A carrier may announce what is its own in the tests."""
        ca.add(self.state / "ca", self.root / name, role, name)
        port = port or {"gate": "ZRH", "operator": "*"}.get(role, "")
        codes = CODES if role == "carrier" else ()
        self.ask(peers.welcome, Peer(name, role, gate, port, carriers=codes))
        return self.connect(self.root / name)

    def ask(self, question: Callable[..., Reply], *arguments: object) -> Reply:
        """What a function says of the store, as another process would ask it."""
        store = Store(open_store(self.state, self._settings.get("database", "")))
        try:
            return asyncio.run(store.run(question, *arguments))
        finally:
            store.close()

    def person(self, name: str, *posts: str) -> Person:
        """An account with these posts, such as officer@ZRH, logged in at a console of its own."""
        account = Account(name, password=passwords.hashed(PASSWORD))
        self.ask(people.add, account, [parse(post) for post in posts])
        console = self.add(f"console-{name}", "console").channel
        login = people_pb2.LoginRequest(person=name, password=PASSWORD)
        return Person(console, str(PeopleStub(console).Login(login, timeout=20).token))

    def connect(self, identity: Path) -> Caller:
        pem = [(identity / name).read_bytes() for name in ("ca.pem", "peer.key", "peer.pem")]
        return Caller(grpc.secure_channel(f"localhost:{self.port}", grpc.ssl_channel_credentials(*pem)))

    def on_file(self, number: str, *portraits: str) -> None:
        folder = self.photos / key("P", "UTO", number)
        folder.mkdir(exist_ok=True)
        for name in portraits:
            (folder / f"{name}.jpg").write_bytes(portrait(name).read_bytes())


TODAY = datetime.now(UTC).date()  # a journey of another day would be too early to build, or purged
DEPARTS = "2300"  # late: twelve hours after it a citizen's template is gone (RET-1), and the tests run at any hour


def manifest(flight: str, numbers: Sequence[str]) -> bytes:
    head = f"UNA:+.? 'UNB+UNOA:4+XX+L+{TODAY:%y%m%d}:0800+1'UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'TDT+20+{flight}'"
    head += f"LOC+125+ZRH'DTM+189:{TODAY:%y%m%d}{DEPARTS}:201'LOC+87+HKG'"
    people = "".join(f"NAD+FL+++SPECIMEN:{n}'DOC+P+{n}'LOC+91+UTO'" for n in numbers)
    return f"{head}{people}CNT+42:{len(numbers)}'UNT+9+1'UNZ+1+1'".encode()


def board(carrier: Caller, operator: Caller, gate: Caller, flight: str, numbers: Sequence[str], at: str = "G1") -> str:
    """Submit a manifest, assign it to a gate and wait until its gallery is ready; the journey."""
    request = manifests_pb2.SubmitRequest(interchange=manifest(flight, numbers))
    journey = str(carrier.manifests.Submit(request, timeout=10).journey)
    operator.manifests.Assign(manifests_pb2.AssignRequest(gate=at, journey=journey), timeout=10)
    watching = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=30)
    for state in watching:
        if state.journey == journey and state.ready:
            watching.cancel()
            return journey
    raise AssertionError("the gallery never became ready")


def shot(name: str, *, light: float = 1.0, live: float = 0.9) -> pb.Shot:
    """A submission's shot of a portrait, cropped as the eye crops."""
    return rig.shot(rig.cropped(name, light), live)


def question(
    journey: str, *shots: pb.Shot, encounter: str = "", attempt: int = 1, device: str = "g1"
) -> pb.VerifyRequest:
    request = pb.VerifyRequest(
        encounter=encounter or str(uuid.uuid4()), attempt=attempt, journey=journey, device=device
    )
    request.camera.CopyFrom(pb.Camera(name="test", width=1920, height=1080))
    request.shots.extend(shots)
    return request


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """The name of a database with its tables: copying it takes a tenth of the time."""
    url = postgres.database()
    open_store(Path(), url).dispose()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlcipher", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database that holds nothing yet, of either kind."""
    url = ""
    if request.param == "postgresql":
        postgres, like = request.getfixturevalue("postgres"), request.getfixturevalue("migrated")
        url = postgres.database(like=like)
    engine = open_store(tmp_path, url)
    yield engine
    _returned(engine)
    engine.dispose()


def _returned(engine: Engine) -> None:
    """What a store's thread still has in hand when its test ends is in no pool that could be closed: wait for it."""
    assert isinstance(engine.pool, QueuePool)
    until_s = time.monotonic() + 10
    while engine.pool.checkedout():
        assert time.monotonic() < until_s, "a connection is not given back"
        time.sleep(0.01)


def flight() -> str:
    """A flight number nobody has used."""
    return "XX" + str(int(hashlib.sha256(uuid.uuid4().bytes).hexdigest()[:6], 16))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"), Rules())
    service.on_file("A1", "anna-on-file")
    service.on_file("B1", "ben-on-file-1", "ben-on-file-2")
    service.on_file("C1", "carla-on-file")
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def carrier(service: Service) -> Caller:
    return service.add("carrier", "carrier")


@pytest.fixture(scope="module")
def operator(service: Service) -> Caller:
    return service.add("operator", "operator")


@pytest.fixture(scope="module")
def gate(service: Service) -> Caller:
    return service.add("g1", "gate", "G1")


@pytest.fixture
def journey(carrier: Caller, operator: Caller, gate: Caller) -> str:
    """A flight of its own for each test, with Anna, Ben and Carla expected."""
    return board(carrier, operator, gate, flight(), ["A1", "B1", "C1"])
