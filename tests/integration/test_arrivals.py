"""Doors that closed abroad end nothing here: who arrives is still to be seen, citizens too."""

import asyncio

import numpy as np
import pytest
from sqlalchemy import Engine

from backend.acting import Acting
from backend.caller import Caller
from backend.expecting import close_doors
from backend.keys import KeyRing, of_citizens
from backend.retention import engine as retention
from backend.retention.due import DAY_MS, HOUR_MS, Terms
from backend.store import gallery_rows, journeys, schema
from backend.store.engine import Store
from calibration.service.journeys import announce, people, vectors

RUN = "XX1"
NOW, DEPARTS, ARRIVES = 100 * DAY_MS, 101 * DAY_MS, 101 * DAY_MS + 11 * HOUR_MS


def arriving(engine: Engine, keys: KeyRing, arrives_utc_ms: int | None) -> None:
    """Six people, two of them citizens, whose doors were closed at the departure."""
    inbound = {"direction": "in", "departure_port": "HKG", "arrival_port": "ZRH", "arrives_utc_ms": arrives_utc_ms}
    with engine.begin() as db:
        announce(db, keys, RUN, people(RUN, 6, 2), vectors(np.random.default_rng(1), 6), NOW, DEPARTS)
        db.execute(schema.journeys.update().values(inbound))
        run = journeys.find(db, RUN)
        assert run is not None
        close_doors(db, Acting(Caller("c", "carrier"), keys, DEPARTS), run)


def wanted(engine: Engine, keys: KeyRing, now_ms: int) -> int:
    """How many can be found in the gallery, once what is due at a time was purged."""

    async def once() -> None:
        store = Store(engine)
        assert await retention.once(store, keys, lambda: now_ms, Terms(14 * DAY_MS, 24 * HOUR_MS)) == 0
        store.close()

    asyncio.run(once())
    with engine.connect() as db:
        return len(gallery_rows.wanted(db, keys, RUN))


@pytest.mark.parametrize(("told", "counts_from"), [(ARRIVES, ARRIVES), (None, DEPARTS)])
def test_ret1_citizens_who_arrive_are_found_until_twelve_hours_after_the_arrival(
    engine: Engine, keys: KeyRing, told: int | None, counts_from: int
) -> None:
    arriving(engine, keys, told)
    assert wanted(engine, keys, counts_from + 12 * HOUR_MS - 1) == 6
    assert keys.has(of_citizens(RUN))
    assert wanted(engine, keys, counts_from + 12 * HOUR_MS) == 4
    assert not keys.has(of_citizens(RUN))
