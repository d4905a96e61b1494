"""SR-04: a replica that drains loses nobody, one that is killed is replaced by the other, on real processes and TLS."""

import contextlib
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from limen.v1 import verification_pb2 as pb
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import select

from backend.store.schema import decisions
from calibration.service.figure import Figure
from calibration.service.postgres import Postgres
from calibration.service.replicas import Replicas
from calibration.service.rig import Boarding, Rig, cropped, question, shot, template

GATE = "gate"
CALLERS = 4  # at once, for as long as replicas are killed
PAUSE_S = 0.1  # of each, between travellers
AGAIN_S = 0.3  # after a try that failed: one that was shed is told to come later
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
                stub = VerificationStub(channel)
                while _code(lambda: stub.Verify(self.ask(), timeout=5.0)) is not grpc.StatusCode.OK:  # noqa: B023
                    time.sleep(0.1)
                    if time.monotonic() > until_s:
                        said = (self.rig.root / f"replica-{number}.log").read_text()[-300:]
                        raise TimeoutError(f"replica {number} did not serve within {WARM_S:g} s: {said}")

    def kept(self) -> set[str]:
        """The encounters there is a decision of."""
        return self.rig.ask(lambda db: set(db.execute(select(decisions.c.encounter)).scalars()))


@contextlib.contextmanager
def floor(url: str = "", more: str = "") -> Iterator[Floor]:
    """url: of a database, if not of a server of its own; more: lines of the settings."""
    with tempfile.TemporaryDirectory(prefix="limen-") as folder, contextlib.ExitStack() as stack:
        url = url or stack.enter_context(Postgres()).database()
        rig = Rig(Path(folder), url, more=f"waiting = 512\ndrain_s = 50.0\n{more}")
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
    """All in flight at the one that is ended, while others go on asking whoever is there.

    On a machine that is busy with other work some are shed on arrival: that is told, and needs a quieter one.
    """
    with made.replicas.connect(GATE, 0) as one, made.replicas.connect(GATE) as both, ThreadPoolExecutor(1) as pool:
        asked = [VerificationStub(one).Verify.future(made.ask(), timeout=DRAIN_DEADLINE_S) for _ in range(in_flight)]
        while not any(call.done() for call in asked):
            time.sleep(0.01)
        waiting = sum(not call.done() for call in asked)
        over = threading.Event()
        others = pool.submit(ask_until, VerificationStub(both), made, over)
        made.replicas.end(0)
        codes = Counter(_code(call.result) for call in asked)
        code = made.replicas.ended(0)
        over.set()
        fine, tried = others.result().fine, others.result().tried
    made.replicas.start(0)
    made.await_serving(0)
    shed = codes[grpc.StatusCode.RESOURCE_EXHAUSTED]  # refused on arrival, so never in flight
    failures = (in_flight - shed - codes[grpc.StatusCode.OK]) + (tried - fine) + int(code != 0)
    words = (
        f"{waiting - shed} in flight when told to stop ({shed} were shed on arrival), {tried} asked elsewhere meanwhile"
    )
    return Figure("SR-04", "a replica drains", "postgresql", in_flight - shed + tried, failures, words)


def killed(made: Floor, kills: int, every_s: float) -> Figure:
    """Turn about; the next only once the last is back: what two replicas are for."""
    over = threading.Event()
    with made.replicas.connect(GATE) as channel, ThreadPoolExecutor(CALLERS) as pool:
        stub = VerificationStub(channel)
        asking = [pool.submit(ask_until, stub, made, over) for _ in range(CALLERS)]
        for number in range(kills):
            began_s = time.monotonic()
            time.sleep(every_s / 2)
            made.replicas.kill(number % 2)
            made.replicas.start(number % 2)
            made.await_serving(number % 2)
            time.sleep(max(0.0, every_s - (time.monotonic() - began_s)))
        over.set()
        told = [asked.result() for asked in asking]
    fine, tried, slowest_s = sum(t.fine for t in told), sum(t.tried for t in told), max(t.slowest_s for t in told)
    lost = len(set().union(*(t.answered for t in told)) - made.kept())
    missed = sum((t.missed for t in told), Counter[grpc.StatusCode]())
    words = f"{fine / tried:.3%} of calls answered over {kills} kills (promised 99.9 %), {lost} answers not kept, the "
    words += f"slowest after {slowest_s:.2f} s; tries that failed: { {c.name: n for c, n in missed.items()} }"
    return Figure("SR-04", "a replica is killed", "postgresql", tried, tried - fine + lost, words)


@dataclass(slots=True)
class Tally:
    """missed: codes of single tries; slowest_s: the longest anybody waited; at_s: when each was answered."""

    tried: int = 0
    slowest_s: float = 0.0
    missed: Counter[grpc.StatusCode] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)  # encounters
    at_s: list[float] = field(default_factory=list)

    @property
    def fine(self) -> int:
        return len(self.answered)


def ask_until(stub: VerificationStub, made: Floor, over: threading.Event) -> Tally:
    tally = Tally()
    while not over.is_set():
        asked, began_s = made.ask(), time.monotonic()
        codes = list(_tries(stub, asked))
        tally.tried += 1
        if codes[-1] is grpc.StatusCode.OK:
            tally.answered.add(asked.encounter)
            tally.at_s.append(time.monotonic())
        tally.missed.update(code for code in codes if code is not grpc.StatusCode.OK)
        tally.slowest_s = max(tally.slowest_s, time.monotonic() - began_s)
        over.wait(PAUSE_S)
    return tally


def _tries(stub: VerificationStub, asked: pb.VerifyRequest) -> Iterator[grpc.StatusCode]:
    """How each try of the same encounter and attempt ended; the last is the one that was answered, if any was."""
    for _ in range(TRIES):
        yield (code := _code(lambda: stub.Verify(asked, timeout=DEADLINE_S)))
        if code is grpc.StatusCode.OK:
            return
        time.sleep(AGAIN_S)


def _code(call: Callable[[], pb.VerifyReply]) -> grpc.StatusCode:
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK
