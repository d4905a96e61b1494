"""A service of its own for measuring, with a gallery of 420, and the same work done bare in this process."""

import asyncio
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import cv2
import grpc
import numpy as np
from limen.v1 import manifests_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.manifests_pb2_grpc import ManifestsStub
from limen.v1.verification_pb2_grpc import VerificationStub

from backend import ca, photos
from backend.biographic import Biographic
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.settings import Settings
from backend.store import journeys, peers, templates, travelers
from backend.store.engine import Store, open_store
from backend.store.journeys import Journey
from backend.store.peers import Peer
from backend.store.templates import Sample
from backend.store.travelers import Traveler
from calibration.rehearsal.cast import portrait
from calibration.rehearsal.lane import free_port
from vision.align import align
from vision.crop import Crop, crop
from vision.detect import Detector
from vision.embed import DIMENSIONS, Embedder, template_version
from vision.faces import Pixels

SIZE = 420
SHOTS = 3  # in a submission: what the appliance sends when three different good frames came
QUESTIONS = 200
CALLERS, EACH = 16, 25
PHOTOS = ("anna-on-file", "ben-on-file-1", "carla-on-file", "ben-live", "stranger-live")
PEOPLE = 40  # on the manifest whose gallery is timed, each with all of PHOTOS
JOURNEY = "BENCH/420"
Measured = tuple[str, float, str, float]


class ServiceBench:
    """The service as a process, reached over loopback with mutual TLS.  Use as a context manager."""

    def __init__(self, root: Path) -> None:
        self._root, self._port = root, free_port(0)
        (root / "photos").mkdir()
        (root / "tvs.toml").write_text(
            f'listen = "127.0.0.1:{self._port}"\nstate_dir = "{root}/tvs"\nphotos_dir = "{root}/photos"\n'
            'country = "CHE"\n'
        )
        self._threads = Settings(state_dir=root, photos_dir=root).threads
        ca.init(root / "tvs" / "ca", ["localhost"])
        asyncio.run(self._fill())
        self._crops = [_crop(name) for name in ("ben-live", "ben-live-evening", "ben-on-file-1")]
        self._shots = [_shot(crop) for crop in self._crops]

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "backend.cli", "serve", "--settings", str(self._root / "tvs.toml")]
        with (self._root / "service.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._gate, self._carrier = self._connect("gate"), self._connect("carrier")
        self._await(JOURNEY)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def figures(self) -> Iterator[Measured]:
        """(name, value, unit, bare) of each figure."""
        yield from self._questions()
        yield self._throughput()
        yield self._gallery()

    def _questions(self) -> Iterator[Measured]:
        """One caller.  Bare: decode, align, embed and compare, here, on as many threads; turn about."""
        stub, gallery = VerificationStub(self._gate), _random(SIZE)
        for shots, suffix in ((SHOTS, ""), (1, ".one_shot")):
            embedder = Embedder(threads=min(shots, self._threads))
            asked, bare = [], []
            for _ in range(QUESTIONS):
                asked.append(_ms(lambda: stub.Verify(self._question(shots), timeout=10)))  # noqa: B023
                bare.append(_ms(lambda: _bare(self._crops[:shots], embedder, gallery)))  # noqa: B023
            for percent in (50, 99):
                values = [float(np.percentile(times[10:], percent)) for times in (asked, bare)]
                yield f"verify.p{percent}.g{SIZE}{suffix}", values[0], "ms", values[1]

    def _throughput(self) -> Measured:
        """Bare: embedding alone, here, one after the other on as many threads, while the service rests."""
        stub = VerificationStub(self._gate)
        asked_s = _together(CALLERS, EACH, lambda: stub.Verify(self._question(), timeout=30))
        embedder, cut, faces = Embedder(threads=self._threads), self._crops[0], CALLERS * EACH * SHOTS
        face = align(_decode(cut.jpeg), cut.points)
        bare_s = _together(1, faces, lambda: embedder.embed(face))
        return f"verify.throughput.{CALLERS}", faces / asked_s, "faces/s", faces / bare_s

    def _gallery(self) -> Measured:
        """From the manifest to searchable.  Bare: decode, detect, align and embed, here, one photo after the other."""
        people = [f"B{i}" for i in range(PEOPLE)]
        for number in people:
            folder = self._root / "photos" / photos.key("P", "UTO", number)
            folder.mkdir()
            for name in PHOTOS:
                shutil.copy(portrait(name), folder)
        began = time.perf_counter()
        request = manifests_pb2.SubmitRequest(interchange=_paxlst(people))
        journey = ManifestsStub(self._carrier).Submit(request, timeout=10).journey
        self._assign(journey)
        self._await(journey)
        took_s = time.perf_counter() - began
        return "gallery.rate", PEOPLE * len(PHOTOS) / took_s, "photos/s", self._bare_photos()

    def _bare_photos(self) -> float:
        detector, embedder = Detector(), Embedder(threads=self._threads)
        began, rounds = time.perf_counter(), 8
        for content in [portrait(name).read_bytes() for name in PHOTOS] * rounds:
            pixels = _decode(content)
            embedder.embed(align(pixels, detector.find(pixels)[0].points))
        return len(PHOTOS) * rounds / (time.perf_counter() - began)

    def _question(self, shots: int = SHOTS) -> pb.VerifyRequest:
        request = pb.VerifyRequest(encounter=str(uuid.uuid4()), attempt=1, journey=JOURNEY, device="gate")
        request.camera.CopyFrom(pb.Camera(name="bench", width=1920, height=1080))
        request.shots.extend(self._shots[:shots])
        return request

    async def _fill(self) -> None:
        """Peers, and 420 people with random templates: the time of a search does not depend on who they are."""
        store = Store(open_store(self._root / "tvs"))
        keys = KeyRing(self._root / "tvs" / "keys")
        for name in (of_gallery(JOURNEY), of_citizens(JOURNEY)):
            keys.make(name)
        people = [Traveler(str(uuid.uuid4()), Biographic("SPECIMEN", str(i)), str(i)) for i in range(SIZE)]
        flight = Journey(JOURNEY, "air", "out", "carrier", "ZRH", "HKG", None, None, "2025-12-26", 1)
        await store.run(journeys.announce, flight)
        await store.run(travelers.expect, keys, JOURNEY, people, 1)
        box = keys.box(of_gallery(JOURNEY))
        for person, vector in zip(people, _random(SIZE), strict=True):
            sample = Sample(vector, "bench", 100, "")
            await store.run(templates.enrol, box, person.traveler, template_version(), [sample])
        await store.run(journeys.assign, "G1", JOURNEY)
        for peer in (Peer("gate", "gate", "G1", "ZRH"), Peer("carrier", "carrier", None)):
            await store.run(peers.welcome, peer)
            ca.add(self._root / "tvs" / "ca", self._root / peer.name, peer.role, peer.name)
        store.close()

    def _assign(self, journey: str) -> None:
        store = Store(open_store(self._root / "tvs"))
        asyncio.run(store.run(journeys.assign, "G1", journey))
        store.close()

    def _connect(self, name: str) -> grpc.Channel:
        root, key, chain = ((self._root / name / n).read_bytes() for n in ("ca.pem", "peer.key", "peer.pem"))
        return grpc.secure_channel(f"localhost:{self._port}", grpc.ssl_channel_credentials(root, key, chain))

    def _await(self, journey: str) -> None:
        stub = ManifestsStub(self._gate)
        for state in stub.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=120, wait_for_ready=True):
            if state.journey == journey and state.ready:
                return


def _paxlst(numbers: list[str]) -> bytes:
    head = "UNA:+.? 'UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'TDT+20+XX9'LOC+125+ZRH'DTM+189:2611221030:201'LOC+87+HKG'"
    return (head + "".join(f"NAD+FL+++SPECIMEN:X'DOC+P+{n}'LOC+91+UTO'" for n in numbers) + "UNT+9+1'").encode()


def _random(size: int) -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(size, DIMENSIONS)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _decode(content: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _crop(name: str) -> Crop:
    """As the eye cuts it."""
    pixels = _decode(portrait(name).read_bytes())
    return crop(pixels, Detector().find(pixels)[0])


def _shot(cut: Crop) -> pb.Shot:
    shot = pb.Shot(image=cut.jpeg, points=[pb.Point(x=x, y=y) for x, y in cut.points.tolist()], frame=1)
    shot.box.CopyFrom(pb.Box(x=1, y=1, width=200, height=260))
    shot.quality.CopyFrom(pb.Quality(inter_eye_px=90, sharpness=500, exposure=0.5, pose=pb.Pose()))
    shot.liveness.CopyFrom(pb.Liveness(model="bench", score=0.9))
    return shot


def _bare(crops: list[Crop], embedder: Embedder, gallery: np.ndarray) -> float:
    templates = [embedder.embed(align(_decode(cut.jpeg), cut.points)) for cut in crops]
    return float((gallery @ np.mean(templates, axis=0)).max())


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _together(callers: int, each: int, act: Callable[[], object]) -> float:
    """Seconds until every caller has acted `each` times."""

    def repeat(_: int) -> None:
        for _ in range(each):
            act()

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(repeat, range(callers)))
    return time.perf_counter() - began
