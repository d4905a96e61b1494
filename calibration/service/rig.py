"""The service as a process of its own, with journeys of synthetic people and a few whose faces are real."""

import asyncio
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self, TypeVar

import cv2
import grpc
import numpy as np
from limen.v1 import verification_pb2 as pb
from limen.v1.approvals_pb2 import HotlistEntry
from limen.v1.verification_pb2_grpc import VerificationStub
from numpy.typing import NDArray
from sqlalchemy import Connection

from backend import ca
from backend.biographic import person
from backend.clock import utc_ms
from backend.keys import PERSONS, RECORDS, KeyRing, of_gallery
from backend.people.posts import Post
from backend.settings import Settings
from backend.store import hotlist, journeys, peers, proposals, schema, shifts
from backend.store import people as people_store
from backend.store.engine import Store, open_store
from backend.store.hotlist import Entry
from backend.store.peers import Peer
from backend.store.people import Account
from backend.store.proposals import Proposal
from backend.store.shifts import Shift
from backend.store.travelers import Traveler
from calibration.rehearsal.cast import portrait
from calibration.rehearsal.lane import free_port
from calibration.service.journeys import announce, people, vectors
from vision.align import align
from vision.crop import Crop, crop
from vision.detect import Detector
from vision.embed import Embedder, Template, template_version
from vision.faces import Pixels

R = TypeVar("R")
PORT = "ZRH"
READY_S = 120.0
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Boarding:
    """A journey at a gate, and the first of its travellers, whose template is the known one if there is one."""

    journey: str
    device: str
    first: Traveler


class Rig:
    """Reached over loopback with mutual TLS.  Board journeys, then use as a context manager."""

    def __init__(self, root: Path, database: str = "", rules: str = "", more: str = "") -> None:
        """rules: lines of the settings' section of that name; more: lines of the settings before it."""
        self.root, self.port = root, free_port(0)
        (root / "photos").mkdir()
        settings = f'listen = "127.0.0.1:{self.port}"\nstate_dir = "{root}/tvs"\nphotos_dir = "{root}/photos"\n'
        settings += f'database = "{database}"\ncountry = "CHE"\n{more}[rules]\n{rules}'
        (root / "tvs.toml").write_text(settings)
        self.threads = Settings(state_dir=root, photos_dir=root).threads
        self.keys = KeyRing(root / "tvs" / "keys")
        self._database = database
        ca.init(root / "tvs" / "ca", ["localhost"])

    def board(self, journey: str, device: str, size: int, known: Template | None = None) -> Boarding:
        """A journey of `size` people with random templates: the time of a search does not depend on who they are."""
        who, enrolled = people(journey, size), vectors(np.random.default_rng(size), size)
        if known is not None:
            enrolled[0] = known
        self.ask(enlist, self.keys, journey, who, enrolled)
        self.ask(journeys.assign, f"at-{device}", journey)
        self.add(device, "gate", f"at-{device}")
        return Boarding(journey, device, who[0])

    def list_(self, traveler: Traveler) -> None:
        """Have a validated hotlist entry stand against a traveller."""
        self.ask(stand_against, self.keys, traveler, utc_ms())

    def add(self, name: str, role: str, gate: str | None = None) -> None:
        ca.add(self.root / "tvs" / "ca", self.root / name, role, name)
        codes = ("XX",) if role == "carrier" else ()
        self.ask(peers.welcome, Peer(name, role, gate, PORT if gate else "", carriers=codes))

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "backend.cli", "serve", "--settings", str(self.root / "tvs.toml")]
        with (self.root / "service.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def kill(self) -> None:
        """SIGKILL; enter again to start anew."""
        self._process.kill()
        self._process.wait()

    @property
    def process(self) -> int:
        """Its number, while it runs."""
        return self._process.pid

    def credentials(self, name: str) -> grpc.ChannelCredentials:
        root, key, chain = ((self.root / name / n).read_bytes() for n in ("ca.pem", "peer.key", "peer.pem"))
        return grpc.ssl_channel_credentials(root, key, chain)

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    def connect(self, name: str) -> grpc.Channel:
        return grpc.secure_channel(self.address, self.credentials(name))

    def ready(self, boarding: Boarding, shot: pb.Shot) -> VerificationStub:
        """The gate's stub, once its gallery can be searched.  Raises TimeoutError."""
        stub, until_s = VerificationStub(self.connect(boarding.device)), time.monotonic() + READY_S
        while time.monotonic() < until_s and self._process.poll() is None:
            try:
                stub.Verify(question(boarding, [shot]), timeout=50, wait_for_ready=True)
                return stub
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNAVAILABLE):
                    raise
                time.sleep(0.1)
        raise TimeoutError(f"{boarding.journey}: not ready within {READY_S:g} s, or the service has ended")

    def ask(self, question: Callable[..., R], *arguments: object) -> R:
        """What a function says of the store, as another process would ask it."""
        store = Store(open_store(self.root / "tvs", self._database))
        try:
            return asyncio.run(store.run(question, *arguments))
        finally:
            store.close()


def enlist(db: Connection, keys: KeyRing, journey: str, who: Sequence[Traveler], enrolled: NDArray[np.float32]) -> None:
    """As `announce`, for tens of thousands: the first as anybody, the others in two statements."""
    now, rest = utc_ms(), who[1:]
    announce(db, keys, journey, who[:1], enrolled[:1], now)
    persons, box = keys.box(PERSONS), keys.box(of_gallery(journey))
    blank = {"journey": journey, "photographed": True, "recorded": True, "accommodation": "", "removed": False}
    rows = [
        blank
        | {"traveler": one.traveler, "person": person(persons, one.biographic), "seat": one.seat, "crew": False}
        | {
            "origin": one.traveler,
            "citizen": False,
            "added_utc_ms": now,
            "sealed": box.seal(one.biographic.pack(), one.traveler),
        }
        for one in rest
    ]
    samples = [
        {"traveler": one.traveler, "version": template_version(), "sample": 0, "source": "specimen", "quality": 100}
        | {"photo": "", "sealed": box.seal(vector.astype("<f4").tobytes(), f"{one.traveler}/0")}
        for one, vector in zip(rest, enrolled[1:], strict=True)
    ]
    papers = [{"origin": row["traveler"], "person": row["person"]} for row in rows]
    for table, made in (
        (schema.travelers, rows),
        (schema.traveler_documents, papers),
        (schema.templates, samples),
    ):
        if made:
            db.execute(table.insert(), made)


def work(db: Connection, agent: str, port: str = PORT) -> str:
    """A shift that an agent has begun at a gate of the port; its session.  The account is made when it is missing."""
    if people_store.find(db, agent) is None:
        people_store.add(db, Account(agent), [Post("agent", port)])
    session, now = str(uuid.uuid4()), utc_ms()
    shifts.begin(db, Shift(session, agent, port, "G1", "g1", now, now + DAY_MS))
    return session


def stand_against(db: Connection, keys: KeyRing, traveler: Traveler, now_utc_ms: int) -> str:
    """A validated entry against a traveller's document, for a day; its id."""
    proposal, entry = str(uuid.uuid4()), str(uuid.uuid4())
    proposals.add(db, Proposal(proposal, "hotlist", b"", "measured", "analyst", now_utc_ms))
    who = person(keys.box(PERSONS), traveler.biographic)
    remark = HotlistEntry(remark="talk to", ground="case 12/26").SerializeToString()
    hotlist.put(db, Entry(entry, who, proposal, keys.box(RECORDS).seal(remark, entry), now_utc_ms + DAY_MS))
    return entry


def question(boarding: Boarding, shots: Sequence[pb.Shot], attempt: int = 1, encounter: str = "") -> pb.VerifyRequest:
    request = pb.VerifyRequest(encounter=encounter or str(uuid.uuid4()), attempt=attempt)
    request.journey, request.device = boarding.journey, boarding.device
    request.camera.CopyFrom(pb.Camera(name="rig", width=1920, height=1080))
    request.shots.extend(shots)
    return request


def decoded(content: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@cache
def cropped(name: str, light: float = 1.0) -> Crop:
    """A portrait as the eye cuts it, with so much of its light."""
    pixels = decoded(portrait(name).read_bytes())
    return crop((pixels * light).astype(np.uint8), Detector().find(pixels)[0])


def template(cut: Crop) -> Template:
    return Embedder().embed(align(decoded(cut.jpeg), cut.points))


def shot(cut: Crop, live: float = 0.9) -> pb.Shot:
    made = pb.Shot(image=cut.jpeg, points=[pb.Point(x=x, y=y) for x, y in cut.points.tolist()], frame=1, age_ms=20)
    made.box.CopyFrom(pb.Box(x=1, y=1, width=200, height=260))
    made.quality.CopyFrom(pb.Quality(inter_eye_px=90, sharpness=500, exposure=0.5, pose=pb.Pose()))
    made.liveness.CopyFrom(pb.Liveness(model="rig", score=live))
    return made
