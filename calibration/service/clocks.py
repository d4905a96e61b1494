"""Wall clocks that jump (ER-06): whether a key goes early, or an alert, a session or an allowance is moved by it."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

from numpy.random import default_rng

from backend.clock import RATE, SteadyClock
from backend.keys import of_citizens, of_gallery
from backend.retention import engine, purge
from backend.retention.due import DAY_MS, HOUR_MS, Terms
from backend.retention.lived_clock import LivedClock
from backend.store import lived
from backend.store.engine import Store
from calibration.service.deciding import NOW
from calibration.service.figure import Figure
from calibration.service.journeys import announce, people, vectors
from calibration.service.stores import KINDS, Scratch, scratch

TERMS = Terms(14 * DAY_MS, 24 * HOUR_MS)
JUMPS_MS = (-15 * DAY_MS, -2 * DAY_MS, 2 * DAY_MS, 15 * DAY_MS, 400 * DAY_MS)  # a key goes after 36 h at the earliest
QUARTERS = 7  # of an hour, watched after each
WATCHED_MS = 600_000
TRIALS, QUICK, TIMED = 200, 10, 10_000
MINUTE_MS = 60_000


@dataclass
class Machine:
    """Its two clocks."""

    wall_ms: int = NOW
    mono_ms: int = 0

    def wait(self, ms: int) -> None:
        self.wall_ms, self.mono_ms = self.wall_ms + ms, self.mono_ms + ms


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        trials = QUICK if quick else TRIALS
        with scratch(kind) as store:
            failures = asyncio.run(destroyed(store, trials))
        words = "jumps of 2 to 400 days ahead, 2 or 15 back, at random instants or at a start, "
        words += f"{QUARTERS * 15} min watched after each"
        yield Figure("ER-06", "keys that go early when the clock jumps", kind, trials, failures, words)
    moved = sum(_moved(random.Random(seed)) for seed in range(TIMED))
    words = f"jumps of up to 24 h either way, {WATCHED_MS // MINUTE_MS} min watched after each; a tenth is slewed"
    yield Figure("ER-06", "timers moved when the clock jumps", "", TIMED, moved, words)


async def destroyed(store: Scratch, trials: int) -> int:
    """How many flights of tomorrow lost a key."""
    rng, run, lost = random.Random(1), Store(store.engine), 0
    try:
        for trial in range(trials):
            lost += await _loses(store, run, f"XX{trial}", rng)
    finally:
        run.close()
    return lost


async def _loses(store: Scratch, run: Store, journey: str, rng: random.Random) -> bool:
    with store.engine.begin() as db:
        announce(db, store.keys, journey, people(journey, 2, 1), vectors(default_rng(1), 2), NOW, NOW + DAY_MS)
        lived.keep(db, NOW)
    machine, jump_ms, at = Machine(), rng.choice(JUMPS_MS), rng.randrange(QUARTERS + 1)
    clock = LivedClock(lambda: machine.wall_ms, lambda: machine.mono_ms)
    if at == 0:
        machine.wall_ms += jump_ms
    await clock.start(run)
    for quarter in range(1, at + QUARTERS + 1):
        machine.wait(HOUR_MS // 4)
        if quarter == at:
            machine.wall_ms += jump_ms
        await clock.look(run)
        await engine.once(run, store.keys, clock, TERMS)
    kept = store.keys.has(of_gallery(journey)) and store.keys.has(of_citizens(journey))
    with store.engine.begin() as db:  # so that the next trial's jobs look at one flight
        purge.gallery(db, store.keys, journey, NOW)
    return not kept


def _moved(rng: random.Random) -> bool:
    """Whether what counts seconds came more than a tenth early or late."""
    machine = Machine()
    clock = SteadyClock(lambda: machine.wall_ms, lambda: machine.mono_ms)
    machine.wait(rng.randrange(WATCHED_MS))
    before_ms, jumped_ms = clock(), machine.mono_ms
    machine.wall_ms += rng.randint(-DAY_MS, DAY_MS)
    for until_ms in (rng.randrange(WATCHED_MS), WATCHED_MS):
        machine.wait(jumped_ms + until_ms - machine.mono_ms)
        if abs(clock() - before_ms - until_ms) > RATE * until_ms + 1:
            return True
    return False
