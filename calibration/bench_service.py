"""A service of its own for measuring, with galleries of 420 and 42,000, and the same work done bare in this process."""

import asyncio
import contextlib
import gc
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import grpc
import numpy as np
import threadpoolctl
from limen.v1 import manifests_pb2
from limen.v1.manifests_pb2_grpc import ManifestsStub
from limen.v1.verification_pb2_grpc import VerificationStub

from backend import photos
from backend.matching.gallery import Gallery, fuse, search
from backend.store import journeys
from calibration.rehearsal.cast import portrait
from calibration.service.journeys import vectors
from calibration.service.rig import PORT, Boarding, Rig, cropped, decoded, question, shot
from vision.align import align
from vision.crop import Crop
from vision.detect import Detector
from vision.embed import Embedder

SIZES = (420, 42_000)
SHOTS = 3  # in a submission: what the appliance sends when three different good frames came
QUESTIONS = 150
RATE_PER_S, OPEN_S = 20, 15  # an open loop of one-shot questions
LONGEST_S = 10
CALLERS, EACH = 16, 25
PHOTOS = ("anna-on-file", "ben-on-file-1", "stranger-live")
PEOPLE = 420  # on the manifest whose gallery is timed, each with all of PHOTOS
GALLERY_S = 600.0  # for all of them, at the longest
Measured = tuple[str, float, str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Bare:
    """The same work in this process: decode, align, embed on as many threads, search with the service's code."""

    crops: list[Crop]
    embedder: Embedder
    gallery: Gallery

    def __call__(self, shots: int) -> object:
        templates = [self.embedder.embed(align(decoded(cut.jpeg), cut.points)) for cut in self.crops[:shots]]
        return search(self.gallery, fuse(templates))


class ServiceBench:
    """The service as a process, reached over loopback with mutual TLS.  Use as a context manager."""

    def __init__(self, root: Path) -> None:
        self._rig = Rig(root)
        self._gates = {size: self._rig.board(f"BENCH/{size}", f"gate{size}", size) for size in SIZES}
        self._rig.add("carrier", "carrier")
        self._crops = [cropped(name) for name in ("ben-live", "ben-live-evening", "ben-on-file-1")]
        self._shots = [shot(cut) for cut in self._crops]

    def __enter__(self) -> Self:
        self._rig.__enter__()
        gc.freeze()  # the caller's own pauses are not the service's
        threadpoolctl.threadpool_limits(1, user_api="blas")  # as the service, whose cores the bare work shares
        self._stubs = {size: self._rig.ready(gate, self._shots[0]) for size, gate in self._gates.items()}
        return self

    def __exit__(self, *of: object) -> None:
        self._rig.__exit__(*of)

    def figures(self) -> Iterator[Measured]:
        """(name, value, unit, bare) of each figure."""
        for size in SIZES:
            yield from self._questions(size)
            yield from self._open_loop(size)
        yield self._throughput()
        yield self._gallery()

    def _questions(self, size: int) -> Iterator[Measured]:
        """One caller, turn about with the bare work."""
        for shots, suffix in ((SHOTS, ""), (1, ".one_shot")):
            bare, asked_ms, bare_ms = self._bare(size, shots), list[float](), list[float]()
            for _ in range(QUESTIONS):
                asked_ms.append(_ms(lambda: self._ask(size, shots)))  # noqa: B023
                bare_ms.append(_ms(lambda: bare(shots)))  # noqa: B023
            for percent in (50, 99):
                values = [float(np.percentile(times[10:], percent)) for times in (asked_ms, bare_ms)]
                yield f"verify.p{percent}.g{size}{suffix}", values[0], "ms", values[1]

    def _open_loop(self, size: int) -> Iterator[Measured]:
        """One-shot questions at a fixed rate, answered or not.  Bare: one after the other, as fast as they go."""
        bare = self._bare(size, 1)
        bare_ms = [_ms(lambda: bare(1)) for _ in range(QUESTIONS)]
        asked_ms = asyncio.run(self._at_a_rate(self._gates[size]))
        for percent in (50, 99):
            values = [float(np.percentile(times, percent)) for times in (asked_ms, bare_ms)]
            yield f"verify.p{percent}.g{size}.{RATE_PER_S}_per_s", values[0], "ms", values[1]

    async def _at_a_rate(self, gate: Boarding) -> list[float]:
        took_ms, began_s = list[float](), time.monotonic()

        async def ask() -> None:
            asked, at_s = question(gate, self._shots[:1]), time.monotonic()
            try:
                await stub.Verify(asked, timeout=LONGEST_S)
                took_ms.append((time.monotonic() - at_s) * 1000)
            except grpc.aio.AioRpcError:  # refused for load, or too late: no better than the longest answer
                took_ms.append(LONGEST_S * 1000)

        async with grpc.aio.secure_channel(self._rig.address, self._rig.credentials(gate.device)) as channel:
            stub = VerificationStub(channel)
            async with asyncio.TaskGroup() as tasks:
                for number in range(RATE_PER_S * OPEN_S):
                    await asyncio.sleep(max(0.0, began_s + number / RATE_PER_S - time.monotonic()))
                    tasks.create_task(ask())
        return took_ms[RATE_PER_S:]  # the first second opens the connection

    def _throughput(self) -> Measured:
        """Bare: embedding alone, here, one after the other on as many threads, while the service rests."""
        asked_s = _together(CALLERS, EACH, lambda: self._ask(SIZES[0], SHOTS))
        embedder, cut, faces = Embedder(threads=self._rig.threads), self._crops[0], CALLERS * EACH * SHOTS
        face = align(decoded(cut.jpeg), cut.points)
        bare_s = _together(1, faces, lambda: embedder.embed(face))
        return f"verify.throughput.{CALLERS}", faces / asked_s, "faces/s", faces / bare_s

    def _gallery(self) -> Measured:
        """From the manifest to searchable.  Bare: decode, detect, align and embed, here, one photo after the other."""
        people = [f"B{i}" for i in range(PEOPLE)]
        for number in people:
            folder = self._rig.root / "photos" / photos.key("P", "UTO", number)
            folder.mkdir()
            for name in PHOTOS:
                shutil.copy(portrait(name), folder)
        began = time.perf_counter()
        request = manifests_pb2.SubmitRequest(interchange=_paxlst(people))
        journey = ManifestsStub(self._rig.connect("carrier")).Submit(request, timeout=10).journey
        self._rig.ask(journeys.assign, "at-gate420", journey)
        self._await(journey)
        took_s = time.perf_counter() - began
        return "gallery.rate", PEOPLE * len(PHOTOS) / took_s, "photos/s", self._bare_photos()

    def _bare_photos(self) -> float:
        detector, embedder = Detector(), Embedder(threads=self._rig.threads)
        began, rounds = time.perf_counter(), 20
        for content in [portrait(name).read_bytes() for name in PHOTOS] * rounds:
            pixels = decoded(content)
            embedder.embed(align(pixels, detector.find(pixels)[0].points))
        return len(PHOTOS) * rounds / (time.perf_counter() - began)

    def _await(self, journey: str) -> None:
        """A stream ends with its connection, once a minute.  Raises TimeoutError."""
        stub = ManifestsStub(self._rig.connect("gate420"))
        until_s = time.monotonic() + GALLERY_S
        while time.monotonic() < until_s:
            with contextlib.suppress(grpc.RpcError):
                for state in stub.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=60, wait_for_ready=True):
                    if state.journey == journey and state.ready:
                        return
        raise TimeoutError(f"{journey}: not searchable within {GALLERY_S:g} s")

    def _ask(self, size: int, shots: int) -> object:
        return self._stubs[size].Verify(question(self._gates[size], self._shots[:shots]), timeout=50)

    def _bare(self, size: int, shots: int) -> _Bare:
        made = Gallery(tuple(f"{i:06}" for i in range(size)), vectors(np.random.default_rng(size), size))
        return _Bare(self._crops, Embedder(threads=min(shots, self._rig.threads)), made)


def _paxlst(numbers: list[str]) -> bytes:
    departs = time.strftime("%y%m%d%H%M", time.gmtime(time.time() + 3600))
    head = f"UNA:+.? 'UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'TDT+20+XX9'LOC+125+{PORT}'DTM+189:{departs}:201'LOC+87+HKG'"
    return (head + "".join(f"NAD+FL+++SPECIMEN:X'DOC+P+{n}'LOC+91+UTO'" for n in numbers) + "UNT+9+1'").encode()


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
