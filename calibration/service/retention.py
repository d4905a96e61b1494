"""PR-02 and PR-03: two simulated months of journeys, a purge that fails one time in five, and copies made before."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from sqlalchemy import Connection, select

from backend.errors import KeyGone
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.retention import engine
from backend.retention.due import DAY_MS, HOUR_MS, Terms, gallery_ends
from backend.retention.lived_clock import LivedClock
from backend.store.engine import Store
from backend.store.schema import journeys, templates, travelers
from calibration.service.figure import Figure
from calibration.service.journeys import announce, people, vectors
from calibration.service.stores import KINDS, Scratch, scratch

P = ParamSpec("P")
R = TypeVar("R")
TERMS = Terms(14 * DAY_MS, 24 * HOUR_MS)
START_MS = 1_767_225_600_000  # 2026-01-01
A_DAY, SIZE, CITIZENS = 3, 6, 2
FAILS = 0.2
TICK_MS, GRACE_MS = 10 * 60_000, HOUR_MS


class Unreliable(Store):
    """One transaction in five is lost at its end, as by a disk that goes away."""

    rng = random.Random(1)
    failed = tried = 0

    async def run(self, question: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        def lost(db: Connection) -> R:
            answer = question(db, *args, **kwargs)
            self.tried += 1
            if self.rng.random() < FAILS:
                self.failed += 1
                raise OSError("the disk went away")
            return answer

        return await super().run(lost)


@dataclass(slots=True)
class Months:
    """late: entries found older than they may be.  read: of a purged journey, out of a copy made before."""

    journeys: int = 0
    purged: int = 0
    late: int = 0
    copied: int = 0
    read: int = 0
    readable_before: int = 0
    copies: list[tuple[str, bool, str, bytes]] = field(default_factory=list)  # journey, citizen, about, sealed


async def lived(store: Scratch, days: int) -> Months:
    rng, seen, unreliable, now_ms = np.random.default_rng(1), Months(), Unreliable(store.engine), START_MS
    clock, steady = LivedClock(lambda: now_ms, lambda: now_ms), Store(store.engine)
    try:
        await clock.start(steady)
        for now_ms in range(START_MS, START_MS + days * DAY_MS, TICK_MS):
            if (now_ms - START_MS) % DAY_MS == 0:
                _depart(store, rng, seen, now_ms)
            await clock.look(steady)
            await engine.once(unreliable, store.keys, clock, TERMS)
            if now_ms % HOUR_MS == 0:
                seen.late += _too_old(store, now_ms)
    finally:
        unreliable.close()
        steady.close()
    _purged_copies(store, seen)
    return seen


def _depart(store: Scratch, rng: np.random.Generator, seen: Months, now_ms: int) -> None:
    """Some flights of the next day are announced; a copy of the data is taken, as a backup would."""
    for _ in range(A_DAY):
        seen.journeys += 1
        flight = f"XX{seen.journeys}"
        with store.engine.begin() as db:
            who = people(flight, SIZE, CITIZENS)
            announce(db, store.keys, flight, who, vectors(rng, SIZE), now_ms, now_ms + DAY_MS)
            seen.copies += _copy(db, flight)
    seen.readable_before += sum(_opens(store.keys, *one) for one in seen.copies[-A_DAY * SIZE * 2 :])


def _copy(db: Connection, flight: str) -> list[tuple[str, bool, str, bytes]]:
    here = select(travelers).where(travelers.c.journey == flight)
    named = [(flight, False, row.traveler, row.sealed) for row in db.execute(here)]
    of = select(templates, travelers.c.citizen).join(travelers, travelers.c.traveler == templates.c.traveler)
    rows = db.execute(of.where(travelers.c.journey == flight))
    return named + [(flight, row.citizen, f"{row.traveler}/{row.sample}", row.sealed) for row in rows]


def _opens(keys: KeyRing, flight: str, citizen: bool, about: str, sealed: bytes) -> bool:
    try:
        keys.box(of_citizens(flight) if citizen else of_gallery(flight)).open(sealed, about)
    except KeyGone:
        return False
    return True


def _too_old(store: Scratch, now_ms: int) -> int:
    """Sealed names, templates and keys of journeys that ended more than an hour before, read from the tables."""
    with store.engine.begin() as db:
        ended = {
            row.journey
            for row in db.execute(select(journeys))
            if gallery_ends(TERMS, row.received_utc_ms, row.departs_utc_ms) + GRACE_MS <= now_ms
        }
        named = db.execute(select(travelers.c.journey).where(travelers.c.sealed.is_not(None))).scalars()
        kept = select(travelers.c.journey).join(templates, templates.c.traveler == travelers.c.traveler)
        found = sum(one in ended for one in [*named, *db.execute(kept).scalars()])
    return found + sum(store.keys.has(of_gallery(one)) for one in ended)


def _purged_copies(store: Scratch, seen: Months) -> None:
    with store.engine.begin() as db:
        gone = set(db.execute(select(journeys.c.journey).where(journeys.c.purged_utc_ms.is_not(None))).scalars())
    seen.purged = len(gone)
    old = [one for one in seen.copies if one[0] in gone]
    seen.copied, seen.read = len(old), sum(_opens(store.keys, *one) for one in old)


def figures(quick: bool) -> Iterator[Figure]:
    days = 20 if quick else 60
    for kind in KINDS:
        with scratch(kind) as store:
            seen = asyncio.run(lived(store, days))
        words = f"{days} days, {seen.purged} of {seen.journeys} journeys purged, {FAILS:.0%} of transactions lost"
        yield Figure("PR-02", "nothing older than 14 days and an hour", kind, seen.journeys, seen.late, words)
        words = f"sealed items in copies made before; {seen.readable_before} opened when they were made"
        yield Figure("PR-03", "an old copy opens nothing purged", kind, seen.copied, seen.read, words)
