"""SR-04: a replica that drains loses nobody, one that is killed is replaced by the other, on real processes and TLS."""

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc
from limen.v1 import verification_pb2 as pb
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import Connection, func, select

from backend.store.schema import decisions
from calibration.service.figure import Figure
from calibration.service.postgres import Postgres
from calibration.service.replicas import Replicas
from calibration.service.rig import Boarding, Rig, cropped, question, shot, template

GATE = "gate"
CALLERS = 4  # at once, for as long as replicas are killed
PAUSE_S = 0.1  # of each, between travellers
DEADLINE_S, TRIES = 3.0, 3  # of the appliance: the same encounter and attempt each time
DRAIN_DEADLINE_S = 55.0
WARM_S = 120.0


@dataclass(frozen=True, slots=True)
class Extent:
    in_flight: int
    kills: int
    every_s: float


QUICK, WHOLE = Extent(40, 2, 6.0), Extent(200, 20, 30.0)


@dataclass(frozen=True, slots=True)
class Floor:
    """Two replicas and a gate where somebody known boards."""

    rig: Rig
    replicas: Replicas
    boarding: Boarding
    shot: pb.Shot

    def ask(self, encounter: str = "") -> pb.VerifyRequest:
        return question(self.boarding, [self.shot], encounter=encounter)

    def await_serving(self, *numbers: int) -> None:
        """Until these replicas answer for the gallery: a channel only uses those that say they serve."""
        for number in numbers or range(len(self.replicas.ports)):
            until_s = time.monotonic() + WARM_S
            with self.replicas.connect(GATE, number) as channel:
                while not _tried(VerificationStub(channel), self.ask(), 5.0):
                    time.sleep(0.1)
                    if time.monotonic() > until_s:
                        said = (self.rig.root / f"replica-{number}.log").read_text()[-300:]
                        raise TimeoutError(f"replica {number} did not serve within {WARM_S:g} s: {said}")

    def kept(self) -> dict[str, int]:
        """How many decisions there are of each encounter."""

        def count(db: Connection) -> dict[str, int]:
            asked = select(decisions.c.encounter, func.count()).group_by(decisions.c.encounter)
            return dict(row._tuple() for row in db.execute(asked))

        return self.rig.ask(count)


@contextlib.contextmanager
def floor() -> Iterator[Floor]:
    with tempfile.TemporaryDirectory(prefix="limen-") as folder, Postgres() as server:
        rig = Rig(Path(folder), server.database(), more="waiting = 512\ndrain_s = 50.0\n")
        cut = cropped("ben-live")
        boarding = rig.board("XX1/2026-11-22/ZRH", GATE, 50, template(cut))
        with Replicas(rig) as replicas:
            made = Floor(rig, replicas, boarding, shot(cut))
            made.await_serving()
            yield made


def figures(quick: bool) -> Iterator[Figure]:
    extent = QUICK if quick else WHOLE
    with floor() as made:
        yield drained(made, extent.in_flight)
        yield killed(made, extent.kills, extent.every_s)


def drained(made: Floor, in_flight: int) -> Figure:
    """All in flight at the one that is ended, while others go on asking whoever is there."""
    with made.replicas.connect(GATE, 0) as one, made.replicas.connect(GATE) as both, ThreadPoolExecutor(1) as pool:
        asked = [VerificationStub(one).Verify.future(made.ask(), timeout=DRAIN_DEADLINE_S) for _ in range(in_flight)]
        while not any(call.done() for call in asked):
            time.sleep(0.01)
        waiting = sum(not call.done() for call in asked)
        over = threading.Event()
        others = pool.submit(_ask_until, VerificationStub(both), made, over)
        made.replicas.end(0)
        answered = sum(_answered(call) for call in asked)
        code = made.replicas.ended(0)
        over.set()
        fine, tried, _ = others.result()
    made.replicas.start(0)
    made.await_serving(0)
    failures = (in_flight - answered) + (tried - fine) + int(code != 0)
    words = f"{waiting} unanswered when told to stop, {tried} more asked elsewhere meanwhile"
    return Figure("SR-04", "a replica drains", "postgresql", in_flight + tried, failures, words)


def killed(made: Floor, kills: int, every_s: float) -> Figure:
    """Turn about; the next only once the last is back: what two replicas are for."""
    over = threading.Event()
    with made.replicas.connect(GATE) as channel, ThreadPoolExecutor(CALLERS) as pool:
        stub = VerificationStub(channel)
        asking = [pool.submit(_ask_until, stub, made, over) for _ in range(CALLERS)]
        for number in range(kills):
            began_s = time.monotonic()
            time.sleep(every_s / 2)
            made.replicas.kill(number % 2)
            made.replicas.start(number % 2)
            made.await_serving(number % 2)
            time.sleep(max(0.0, every_s - (time.monotonic() - began_s)))
        over.set()
        results = [asked.result() for asked in asking]
    fine, tried = sum(r[0] for r in results), sum(r[1] for r in results)
    twice = sum(number > 1 for number in made.kept().values())
    words = f"{fine / tried:.3%} of calls answered over {kills} kills, the slowest after "
    words += f"{max(r[2] for r in results):.2f} s; {twice} decided twice; promised 99.9 %"
    return Figure("SR-04", "a replica is killed", "postgresql", tried, tried - fine + twice, words)


def _ask_until(stub: VerificationStub, made: Floor, over: threading.Event) -> tuple[int, int, float]:
    """Answered, asked, and the longest anybody waited, in seconds."""
    fine, tried, slowest_s = 0, 0, 0.0
    while not over.is_set():
        asked, began_s = made.ask(), time.monotonic()
        tried += 1
        fine += any(_tried(stub, asked) for _ in range(TRIES))
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        over.wait(PAUSE_S)
    return fine, tried, slowest_s


def _tried(stub: VerificationStub, asked: pb.VerifyRequest, deadline_s: float = DEADLINE_S) -> bool:
    try:
        return stub.Verify(asked, timeout=deadline_s).encounter == asked.encounter
    except grpc.RpcError:
        return False


def _answered(call: "grpc.Future[pb.VerifyReply]") -> bool:
    try:
        return call.result() is not None
    except grpc.RpcError:
        return False
