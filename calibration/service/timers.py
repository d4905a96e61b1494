"""Timers (ER-06) while the wall clock jumps by a day, with the service running and down: none ends early or late."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from sqlalchemy import Connection, Engine

from backend.clock import RATE, SKEW_MS, SteadyClock
from backend.galleries_build import CLAIM_MS
from backend.people import login
from backend.people.login import LONGEST_WAIT_MS
from backend.sending import LONGEST_DELAY_S
from backend.store import alerts, allowances, decisions, gallery_rows, outbox, people
from backend.store.alerts import Alert
from backend.store.allowances import VALID_MS, Allowance
from backend.store.gallery_rows import Claim
from backend.store.people import SESSION_MS, Account
from calibration.service.border import Border, answer
from calibration.service.figure import Figure
from calibration.service.stores import KINDS, Scratch, scratch

DAY_MS = 86_400_000
START_MS = 1_790_000_000_000
LOOK_MS = 1_000  # a running service reads its clock that often
ESCALATE_S = 15.0
DELAY_MS = int(LONGEST_DELAY_S * 1000)
SYSTEM = outbox.SYSTEMS[0]
WHO = "o.meyer"


@dataclass(slots=True)
class Machine:
    """Its two clocks."""

    wall_ms: int = START_MS
    mono_ms: int = 0

    def started(self) -> SteadyClock:
        """What a service that starts now goes by."""
        return SteadyClock(lambda: self.wall_ms, lambda: self.mono_ms)

    def wait(self, clock: SteadyClock, ms: float) -> None:
        whole = int(ms)
        for passed_ms in [LOOK_MS] * (whole // LOOK_MS) + [whole % LOOK_MS]:
            self.wall_ms, self.mono_ms = self.wall_ms + passed_ms, self.mono_ms + passed_ms
            clock()


@dataclass(frozen=True, slots=True)
class Jump:
    """when: the part of a timer's length that was over.  down: the service was, and reads the clock anew."""

    by_ms: int
    when: float
    down: bool


@dataclass(frozen=True, slots=True)
class Place:
    """What timers are about."""

    journey: str
    traveler: str
    decision: str
    crossing: str


@dataclass(frozen=True, slots=True)
class Timer:
    """begin: at a time.  ended: at a time."""

    name: str
    length_ms: int
    begin: Callable[[Connection, Place, int], object]
    ended: Callable[[Connection, Place, int], bool]


def _session(db: Connection, at: Place, now: int) -> None:
    people.open_session(db, "token", WHO, now, now + SESSION_MS)


def _session_ended(db: Connection, at: Place, now: int) -> bool:
    return people.by_session(db, "token", now) is None


def _account(db: Connection, at: Place, now: int) -> None:
    people.count_try(db, WHO, 99, now + LONGEST_WAIT_MS)


def _account_ended(db: Connection, at: Place, now: int) -> bool:
    account = people.find(db, WHO)
    return account is not None and not login.waits(account, now)


def _allowance(db: Connection, at: Place, now: int) -> None:
    allowances.give(db, Allowance("a", at.journey, at.traveler, WHO, "looked", None, now, now + VALID_MS))


def _allowance_ended(db: Connection, at: Place, now: int) -> bool:
    return allowances.usable(db, at.journey, at.traveler, now) is None


def _alert(db: Connection, at: Place, now: int) -> None:
    alerts.put(db, Alert("a", at.decision, "no_match", "ZRH", "G1", at.journey, None, None, now))


def _alert_ended(db: Connection, at: Place, now: int) -> bool:
    return bool(alerts.overdue(db, now, ESCALATE_S))


def _record(db: Connection, at: Place, now: int) -> None:
    (row,) = outbox.due(db, SYSTEM, now, 1)
    outbox.failed(db, row, "away", now + DELAY_MS)


def _record_ended(db: Connection, at: Place, now: int) -> bool:
    return bool(outbox.due(db, SYSTEM, now, 1))


def _claim(db: Connection, at: Place, now: int) -> None:
    gallery_rows.claim(db, at.journey, Claim("one", "v", 0, now + CLAIM_MS), now)


def _claim_ended(db: Connection, at: Place, now: int) -> bool:
    return gallery_rows.claim(db, at.journey, Claim("another", "v", 0, now + CLAIM_MS), now)


TIMERS = (
    Timer("session", SESSION_MS, _session, _session_ended),
    Timer("wait after wrong passwords", LONGEST_WAIT_MS, _account, _account_ended),
    Timer("allowance", VALID_MS, _allowance, _allowance_ended),
    Timer("alert nobody takes", int(ESCALATE_S * 1000), _alert, _alert_ended),
    Timer("record's next try", DELAY_MS, _record, _record_ended),
    Timer("claim on a gallery", CLAIM_MS, _claim, _claim_ended),
)


def furnished(at: Scratch) -> Place:
    border = Border(at.engine, at.keys, now_utc_ms=START_MS)
    journey, (traveler,) = border.journey(1)
    crossing = border.cross(journey, traveler)
    with at.engine.begin() as db:
        people.add(db, Account(WHO), [])
        decision = decisions.record(db, answer(journey, traveler, "G1", "cross", START_MS)).decision
    return Place(journey, traveler, decision, crossing)


def kept_time(engine: Engine, place: Place, timer: Timer, jump: Jump) -> bool:
    """Whether a timer ended when it should although the clock jumped.

    Where the service was down meanwhile, what it then reads may end a timer early, never late.
    """
    machine, length_ms = Machine(), timer.length_ms
    clock = machine.started()
    with engine.connect() as db, db.begin() as undone:
        timer.begin(db, place, clock())
        machine.wait(clock, jump.when * length_ms)
        machine.wall_ms += jump.by_ms
        clock = machine.started() if jump.down else clock
        early = timer.ended(db, place, clock())
        machine.wait(clock, max(0.0, (1 - jump.when) * length_ms * (1 - RATE) - LOOK_MS))
        early |= timer.ended(db, place, clock())
        machine.wait(clock, length_ms * 2 * RATE + 2 * LOOK_MS + (SKEW_MS if jump.down else 0))
        late = not timer.ended(db, place, clock())
        undone.rollback()
    return not late and (jump.down or not early)


def measure(at: Scratch, rounds: int) -> Figure:
    rng, place, trials, failed = random.Random(1), furnished(at), 0, list[str]()
    for _ in range(rounds):
        for timer, by_ms, down in product(TIMERS, (DAY_MS, -DAY_MS), (False, True)):
            trials += 1
            if not kept_time(at.engine, place, timer, Jump(by_ms, rng.uniform(0.05, 0.9), down)):
                failed.append(timer.name)
    words = f"{len(TIMERS)} timers, jumps of 24 h ahead and back: early or late while it runs ({trials // 2}), "
    words += f"late after a restart ({trials // 2})"
    words += f"; failed: {', '.join(sorted(set(failed)))}" if failed else ""
    return Figure("ER-06", "no timer ends early or late", at.kind, trials, len(failed), words)


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        with scratch(kind) as at:
            yield measure(at, 4 if quick else 20)
