"""AIR-2.2: alerts to a connected officer while the service is killed again and again, and how soon they come."""

import contextlib
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np
from limen.v1 import alerts_pb2, people_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.alerts_pb2_grpc import AlertsStub
from limen.v1.approvals_pb2 import HotlistEntry, ProposeRequest
from limen.v1.people_pb2_grpc import PeopleStub
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import Connection, func, select

from backend import approvals
from backend.acting import Acting
from backend.caller import Caller
from backend.clock import utc_ms
from backend.people import passwords
from backend.people.posts import parse
from backend.proposal_content import show
from backend.settings import Rules
from backend.store import people
from backend.store.people import Account
from backend.store.proposals import APPROVED, Settlement
from backend.store.schema import alerts, decisions
from backend.store.travelers import Traveler
from calibration.service.figure import Figure
from calibration.service.rig import DAY_MS, PORT, Boarding, Rig, cropped, question, shot, template
from calibration.service.stores import KINDS, scratch

SIZE = 40
KILLS, QUICK_KILLS = 100, 5
QUIET, QUICK_QUIET = 300, 30  # answers while nothing is killed
APART_S = 0.1  # between two answers at a gate
LATEST_MS = 2_000  # from the decision to the officer
SETTLE_S = 120.0  # on a busy machine a start takes a while
OFFICER, PASSWORD = "o.meyer", "long enough to be typed"
QUICKLY = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]


@dataclass
class Officer:
    """Watches until ended, connecting again whenever the service is back.  seen: when each alert first came."""

    rig: Rig
    seen: dict[str, int] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    token: str = ""

    def log_in(self) -> None:
        """The session outlives the service's restarts."""
        login = people_pb2.LoginRequest(person=OFFICER, password=PASSWORD)
        with connected(self.rig, "console") as channel:
            self.token = PeopleStub(channel).Login(login, timeout=60, wait_for_ready=True).token

    def watch(self) -> None:
        shown = (("authorization", f"Bearer {self.token}"),)
        while not self.ended.is_set():
            with connected(self.rig, "console") as channel, contextlib.suppress(grpc.RpcError):
                asked = alerts_pb2.WatchAlertsRequest()
                for alert in AlertsStub(channel).Watch(asked, metadata=shown, timeout=30, wait_for_ready=True):
                    self.seen.setdefault(alert.alert, utc_ms())
                    if self.ended.is_set():
                        break
            time.sleep(0.05)


@dataclass
class Gate:
    """Asks about one picture again and again.  answered: the encounters that got an answer."""

    rig: Rig
    boarding: Boarding
    picture: pb.Shot
    answered: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        with connected(self.rig, self.boarding.device) as channel:
            stub = VerificationStub(channel)
            while not self.ended.wait(APART_S):
                asked = question(self.boarding, [self.picture])
                with contextlib.suppress(grpc.RpcError):
                    stub.Verify(asked, timeout=5)
                    self.answered.append(asked.encounter)


def connected(rig: Rig, name: str) -> grpc.Channel:
    return grpc.secure_channel(rig.address, rig.credentials(name), options=QUICKLY)


@dataclass(frozen=True, slots=True)
class Told:
    """decisions: that an officer must be told.  wrong: those without exactly one alert.  unseen: alerts the officer
    never saw.  forgotten: answers given that are not kept.  delays_ms: from decision to officer, while quiet."""

    decisions: int
    wrong: int
    unseen: int
    forgotten: int
    delays_ms: tuple[int, ...]


def measured(kind: str, kills: int, quiet: int) -> Told:
    """A real service, two gates and an officer; first in peace, then killed at random moments."""
    with contextlib.ExitStack() as stack:
        where = stack.enter_context(scratch(kind))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="limen-alerts-"))
        rig = Rig(Path(folder), where.url, "attempts = 1\n")
        gates, officer = _prepare(rig), Officer(rig)
        with rig:
            officer.log_in()
            stack.enter_context(_working(gates, officer))
            _until(lambda: _answered(gates) >= quiet)
            before = utc_ms() - LATEST_MS
        _kill(rig, gates, kills)
        with rig:
            return _settle(rig, gates, officer, before)


@contextlib.contextmanager
def _working(gates: list[Gate], officer: Officer) -> Iterator[None]:
    threads = [threading.Thread(target=work) for work in (officer.watch, *(gate.ask for gate in gates))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for ended in (officer.ended, *(gate.ended for gate in gates)):
            ended.set()
        for thread in threads:
            thread.join()


def _kill(rig: Rig, gates: list[Gate], kills: int, seed: int = 7) -> None:
    """At random moments after an answer was given."""
    rng = random.Random(seed)
    for _ in range(kills):
        with rig:
            answered = _answered(gates)
            _until(lambda: _answered(gates) > answered)  # noqa: B023
            time.sleep(rng.uniform(0, 0.5))
            rig.kill()


def _answered(gates: list[Gate]) -> int:
    return sum(len(gate.answered) for gate in gates)


def _prepare(rig: Rig) -> list[Gate]:
    """At one gate somebody of the hotlist, at the other nobody is on file who looks like that."""
    cut = cropped("anna-live")
    boardings = rig.board("AL/1", "gate1", SIZE, template(cut)), rig.board("AL/2", "gate2", SIZE)
    rig.ask(_list, rig, boardings[0].first)
    rig.add("console", "console")
    rig.ask(people.add, Account(OFFICER, password=passwords.hashed(PASSWORD)), [parse(f"officer@{PORT}")])
    return [Gate(rig, boarding, shot(cut)) for boarding in boardings]


def _list(db: Connection, rig: Rig, traveler: Traveler) -> None:
    """By two people, as every entry."""
    now, of = utc_ms(), traveler.biographic
    entry = HotlistEntry(
        document_type=of.document_type,
        document_issuer=of.document_issuer,
        document_number=of.document_number,
        remark="ask about the cargo",
        ground="customs case 12-345",
        until_utc_ms=now + DAY_MS,
    )
    analyst, supervisor = (
        Acting(Caller(name, role), rig.keys, now) for name, role in (("a", "analyst"), ("s", "supervisor"))
    )
    made = approvals.propose(db, analyst, Rules(), ProposeRequest(reason="asked by customs", hotlist=entry))
    seen = show(db, supervisor, Rules(), made)
    said = Settlement(APPROVED, "s", "looked at it", now, digest=seen.digest)
    approvals.settle(db, supervisor, Rules(), said, made.proposal)


def _until(reached: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    until_s = time.monotonic() + SETTLE_S
    while not reached():
        if time.monotonic() > until_s:
            raise TimeoutError(f"the service did not get there within {SETTLE_S:g} s; its log says why")
        time.sleep(0.02)


def _settle(rig: Rig, gates: list[Gate], officer: Officer, before_utc_ms: int) -> Told:
    """Let the gates stop and the officer see what is left, then count."""
    for gate in gates:
        gate.ended.set()
    with contextlib.suppress(TimeoutError):
        _until(lambda: not (told := rig.ask(count, officer.seen, gates, before_utc_ms)).wrong and not told.unseen)
    return rig.ask(count, officer.seen, gates, before_utc_ms)


def count(db: Connection, seen: dict[str, int], gates: list[Gate], before_utc_ms: int) -> Told:
    of = select(decisions.c.decision, decisions.c.encounter, decisions.c.decided_utc_ms).where(decisions.c.officer)
    told = list(db.execute(of))
    here = select(alerts.c.decision, alerts.c.alert).where(alerts.c.decision.is_not(None))
    raised = {row.decision: row.alert for row in db.execute(here)}
    many = db.execute(
        select(alerts.c.decision)
        .where(alerts.c.decision.is_not(None))
        .group_by(alerts.c.decision)
        .having(func.count() > 1)
    ).all()
    kept = {row.encounter for row in told}
    return Told(
        decisions=len(told),
        wrong=sum(row.decision not in raised for row in told)
        + len(many)
        + len(raised.keys() - {r.decision for r in told}),
        unseen=sum(alert not in seen for alert in raised.values()),
        forgotten=sum(encounter not in kept for gate in gates for encounter in gate.answered),
        delays_ms=tuple(
            seen[raised[row.decision]] - row.decided_utc_ms
            for row in told
            if row.decided_utc_ms < before_utc_ms and raised.get(row.decision) in seen
        ),
    )


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        kills, quiet = (QUICK_KILLS, QUICK_QUIET) if quick else (KILLS, QUIET)
        told = measured(kind, kills, quiet)
        lost = told.wrong + told.unseen + told.forgotten
        words = (
            f"over {kills} SIGKILLs: {told.wrong} without exactly one alert, {told.unseen} never seen by the officer"
        )
        yield Figure("AIR-2.2", "alerts lost", kind, told.decisions, lost, words)
        late, p50, p95 = (np.array(told.delays_ms) > LATEST_MS).sum(), *np.percentile(told.delays_ms, (50, 95))
        words = f"decision to officer: p50 {p50:.0f} ms, p95 {p95:.0f} ms"
        yield Figure("AIR-2.2", f"alerts later than {LATEST_MS:,} ms", kind, len(told.delays_ms), int(late), words)
