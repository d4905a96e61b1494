"""What was acknowledged is there after the service or its database was killed at a random moment under load."""

import contextlib
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import grpc
from limen.v1 import audit_pb2
from limen.v1.audit_pb2_grpc import AuditStub
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import Connection, select

from backend.store.schema import audit, decisions
from calibration.service.figure import Figure
from calibration.service.postgres import Postgres
from calibration.service.rig import Boarding, Rig, cropped, question, shot, template

GATE = "gate"
LINES = 5  # in one report of a device
KILLS, QUICK_KILLS = 50, 3
EARLIEST_S, LATEST_S = 0.05, 1.5
DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Ids: of what the service acknowledged, or of what is there."""

    encounters: frozenset[str]
    lines: frozenset[int]

    def beyond(self, other: "Kept") -> int:
        return len(self.encounters - other.encounters) + len(self.lines - other.lines)


def figures(quick: bool) -> Iterator[Figure]:
    kills = QUICK_KILLS if quick else KILLS
    yield service_killed("sqlcipher", kills)
    yield service_killed("postgresql", kills)
    yield database_killed(kills)


def service_killed(kind: str, kills: int, seed: int = 1) -> Figure:
    """SIGKILL; the database is read by another process before the service is started again, and at the end."""
    with contextlib.ExitStack() as stack:
        url = "" if kind == "sqlcipher" else stack.enter_context(Postgres()).database()
        rig, boarding = _boarded(stack, url)
        acknowledged, lost = _rounds(rig, boarding, rig.kill, rig.__enter__, Random(seed), kills)
        rig.kill()
    words = f"{acknowledged:,} records acknowledged over {kills} kills, {lost} lost"
    return Figure("ER-01", "the service is killed under load", kind, kills, lost, words)


def database_killed(kills: int, seed: int = 2) -> Figure:
    """PostgreSQL stops as after a power cut and recovers; the service stays and finds it again by itself."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Postgres())
        rig, boarding = _boarded(stack, server.database())
        stack.enter_context(rig)

        def kill() -> None:
            server.stop("immediate")
            server.start()

        acknowledged, lost = _rounds(rig, boarding, kill, lambda: None, Random(seed), kills)
    words = f"{acknowledged:,} records acknowledged over {kills} stops, {lost} lost; the service was never restarted"
    return Figure("ER-01", "the database is killed under load", "postgresql", kills, lost, words)


def _boarded(stack: contextlib.ExitStack, url: str) -> tuple[Rig, Boarding]:
    rig = Rig(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="limen-"))), url)
    return rig, rig.board("XX1/2026-11-22/ZRH", GATE, 20, template(cropped("ben-live")))


def _rounds(
    rig: Rig, boarding: Boarding, kill: Callable[[], object], revive: Callable[[], object], random: Random, kills: int
) -> tuple[int, int]:
    """Records acknowledged in all rounds, and how many of them were missing after any."""
    encounters: set[str] = set()
    lines: set[int] = set()
    lost, made = 0, shot(cropped("ben-live"))
    for _ in range(kills):
        revive()
        rig.ready(boarding, made)
        load = _Load(rig, boarding, encounters, lines)
        with load.running():
            time.sleep(random.uniform(EARLIEST_S, LATEST_S))
            kill()
        there = rig.ask(_kept)
        lost += Kept(frozenset(encounters), frozenset(lines)).beyond(there)
    return len(encounters) + len(lines), lost


def _kept(db: Connection) -> Kept:
    return Kept(
        frozenset(db.execute(select(decisions.c.encounter)).scalars()),
        frozenset(db.execute(select(audit.c.number)).scalars()),
    )


class _Load:
    """One caller asks about travellers, one reports lines; what is acknowledged goes into the sets."""

    def __init__(self, rig: Rig, boarding: Boarding, encounters: set[str], lines: set[int]) -> None:
        self._rig, self._boarding, self._encounters, self._lines = rig, boarding, encounters, lines
        self._over, self._shot = threading.Event(), shot(cropped("ben-live"))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        with self._rig.connect(GATE) as channel, ThreadPoolExecutor(2) as pool:
            callers = [pool.submit(self._repeat, act, channel) for act in (self._ask, self._report)]
            try:
                yield
            finally:
                self._over.set()
                for caller in callers:
                    caller.result()

    def _repeat(self, act: Callable[[grpc.Channel], None], channel: grpc.Channel) -> None:
        while not self._over.is_set():
            try:
                act(channel)
            except grpc.RpcError:
                self._over.wait(0.02)  # killed: nothing was acknowledged

    def _ask(self, channel: grpc.Channel) -> None:
        asked = question(self._boarding, [self._shot], encounter=str(uuid.uuid4()))
        self._encounters.add(VerificationStub(channel).Verify(asked, timeout=DEADLINE_S).encounter)

    def _report(self, channel: grpc.Channel) -> None:
        first = max(self._lines, default=0) + 1
        numbers = range(first, first + LINES)
        entries = [
            audit_pb2.AuditEntry(number=n, at_utc_ms=n, event="agent.called", detail="agent called") for n in numbers
        ]
        AuditStub(channel).Append(audit_pb2.AppendRequest(entries=entries), timeout=DEADLINE_S)
        self._lines.update(numbers)
