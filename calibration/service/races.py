"""SR-06: one traveller at two gates of two replicas, at the same moment, again and again."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from backend.crossing import Recording, Report, Status, report
from backend.keys import KeyRing
from backend.store.engine import Store, open_store
from backend.store.outbox import SYSTEMS
from backend.store.schema import crossings, outbox
from calibration.service.border import Border, boarded, passed
from calibration.service.figure import Figure
from calibration.service.stores import KINDS, Scratch, scratch

AT_ONCE = 25  # races on one journey


@dataclass(frozen=True, slots=True)
class Race:
    """Two reports of one traveller, each from a gate of its own."""

    journey: str
    traveler: str
    reports: tuple[Report, Report]


def start(border: Border, count: int) -> list[Race]:
    """Two faces at two gates, or a face and an agent with the documents."""
    journey, people = border.journey(count)
    made = []
    for number, traveler in enumerate(people):
        first = passed(border.proceed(journey, traveler, gate="G1"), border.now_utc_ms)
        second = (
            boarded(journey, traveler, border.now_utc_ms, "G2")
            if number % 2
            else passed(border.proceed(journey, traveler, gate="G2"), border.now_utc_ms)
        )
        made.append(Race(journey, traveler, (first, second)))
    return made


async def run(stores: tuple[Store, Store], how: Recording, races: Sequence[Race]) -> int:
    """Run each race, its gates at different replicas; how many did not end with exactly one crossing."""
    lost = 0
    for race in races:
        both = (store.run(report, how, told) for store, told in zip(stores, race.reports, strict=True))
        statuses = sorted(await asyncio.gather(*both))
        held, rows = await stores[0].run(count, race)
        lost += statuses != [Status.DUPLICATE, Status.RECORDED] or held != 1 or rows > len(SYSTEMS) or rows == 0
    return lost


def count(db: Connection, race: Race) -> tuple[int, int]:
    """Crossings of the traveller, and rows of the outbox about them."""
    own = (crossings.c.journey == race.journey) & (crossings.c.traveler == race.traveler)
    held = db.execute(select(func.count()).select_from(crossings).where(own)).scalar_one()
    both = outbox.join(crossings, outbox.c.crossing == crossings.c.crossing)
    return held, db.execute(select(func.count()).select_from(both).where(own)).scalar_one()


def measure(at: Scratch, trials: int) -> Figure:
    border = Border(at.engine, KeyRing(at.root / "keys"))
    engines = [open_store(at.root / "tvs", at.url) for _ in range(2)]
    first, second = stores = (Store(engines[0]), Store(engines[1]))
    lost = 0
    try:
        for begun in range(0, trials, AT_ONCE):
            races = start(border, min(AT_ONCE, trials - begun))
            lost += asyncio.run(run(stores, border.how, races))
    finally:
        first.close()
        second.close()
    words = f"two gates, two replicas, one person: {trials - lost:,} of {trials:,} ended with exactly one crossing"
    return Figure("SR-06", "two gates race for one traveller", at.kind, trials, lost, words)


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        with scratch(kind) as at:
            yield measure(at, 100 if quick else 1_000)
