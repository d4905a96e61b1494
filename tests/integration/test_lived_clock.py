"""One look at a clock that is wrong destroys no key, on both stores; and what is wrong is said."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from backend import galleries_port
from backend.cli import app
from backend.clock import utc_ms
from backend.galleries_port import Lane
from backend.keys import RECORDS, KeyRing, of_citizens, of_day, of_gallery
from backend.retention import engine as retention
from backend.retention.due import DAY_MS, HOUR_MS, Terms
from backend.retention.lived_clock import LivedClock
from backend.store import journeys, lived
from backend.store.audit import Note, note
from backend.store.engine import Store, open_store
from backend.store.schema import audit_log
from calibration.service.journeys import announce, people, vectors

NOW = 1_790_000_000_000
TERMS = Terms(14 * DAY_MS, 24 * HOUR_MS)


@dataclass
class Machine:
    """Its two clocks."""

    wall_ms: int = NOW
    mono_ms: int = 0

    def clock(self) -> LivedClock:
        return LivedClock(lambda: self.wall_ms, lambda: self.mono_ms)

    def wait(self, ms: int) -> None:
        self.wall_ms, self.mono_ms = self.wall_ms + ms, self.mono_ms + ms


@pytest.fixture
def store(engine: Engine, keys: KeyRing) -> Iterator[Store]:
    """With a flight of tomorrow, and a record sealed today."""
    with engine.begin() as db:
        announce(db, keys, "XX1", people("XX1", 4, 2), vectors(np.random.default_rng(1), 4), NOW, NOW + DAY_MS)
        lived.keep(db, NOW)
    keys.make(of_day(RECORDS, "2026-09-21"))
    store = Store(engine)
    yield store
    store.close()


def there(keys: KeyRing) -> set[str]:
    names = (of_gallery("XX1"), of_citizens("XX1"), of_day(RECORDS, "2026-09-21"))
    return {name for name in names if keys.has(name)}


def said(engine: Engine) -> list[str]:
    with engine.begin() as db:
        found = select(audit_log.c.action).where(audit_log.c.action.like("clock.%"))
        return list(db.execute(found).scalars())


async def hours(machine: Machine, clock: LivedClock, store: Store, keys: KeyRing, count: float) -> None:
    for _ in range(int(count * 4)):
        machine.wait(HOUR_MS // 4)
        await clock.look(store)
        await retention.once(store, keys, clock, TERMS)


@pytest.mark.parametrize("when", ["at the start", "while it runs"])
async def test_er06_a_clock_fifteen_days_ahead_destroys_nothing_and_is_said(
    store: Store, engine: Engine, keys: KeyRing, when: str
) -> None:
    machine, before = Machine(), there(keys)
    assert len(before) == 3
    if when == "at the start":
        machine.wall_ms += 15 * DAY_MS
    clock = machine.clock()
    await clock.start(store)
    await hours(machine, clock, store, keys, 1)
    if when == "while it runs":
        machine.wall_ms += 15 * DAY_MS
    await hours(machine, clock, store, keys, 10)
    assert there(keys) == before
    assert said(engine) == ["clock.disbelieved"]
    assert clock.ahead_ms > 14 * DAY_MS
    machine.wall_ms -= 15 * DAY_MS
    await hours(machine, clock, store, keys, 1)
    assert (there(keys), clock.ahead_ms) == (before, 0)


async def test_er06_after_a_restart_a_wrong_clock_is_no_more_believed_than_before(
    store: Store, engine: Engine, keys: KeyRing
) -> None:
    machine = Machine(NOW + 15 * DAY_MS)
    for _ in range(3):
        machine.mono_ms = 0
        clock = machine.clock()
        await clock.start(store)
        await hours(machine, clock, store, keys, 1)
    assert len(there(keys)) == 3
    assert said(engine) == ["clock.disbelieved"] * 3


async def test_er06_a_person_confirms_a_clock_and_then_what_is_due_goes(store: Store, keys: KeyRing) -> None:
    machine = Machine(NOW + 30 * DAY_MS)
    clock = machine.clock()
    await clock.start(store)
    await store.run(lived.keep, machine.wall_ms)
    await hours(machine, clock, store, keys, 1)
    assert there(keys) == set()


async def test_er06_what_a_person_confirms_while_a_replica_looks_is_not_overwritten(
    store: Store, engine: Engine
) -> None:
    machine, confirming = Machine(NOW + 30 * DAY_MS), list[threading.Thread]()

    def confirm() -> None:
        with engine.begin() as db:
            lived.keep(db, machine.wall_ms)

    def monotonic_ms() -> int:
        """The administrator's command comes after a replica has read and before it writes."""
        looks.append(machine.mono_ms)
        if armed and len(looks) == 2:  # the first tells whether the clock was believed
            confirming.append(threading.Thread(target=confirm))
            confirming[0].start()
            confirming[0].join(0.3)
        return machine.mono_ms

    looks = list[int]()
    armed, clock = False, LivedClock(lambda: machine.wall_ms, monotonic_ms)
    await clock.start(store)
    await clock.look(store)
    looks.clear()
    armed = True
    await clock.look(store)
    await asyncio.to_thread(confirming[0].join)
    assert await store.read(lived.kept) == machine.wall_ms


async def test_ret1_closed_doors_take_citizens_templates_whatever_the_clock_says(
    store: Store, engine: Engine, keys: KeyRing
) -> None:
    machine = Machine(NOW - DAY_MS)
    clock = machine.clock()
    await clock.start(store)
    with engine.begin() as db:
        journeys.close(db, "XX1", NOW)
    await retention.once(store, keys, clock, TERMS)
    assert not keys.has(of_citizens("XX1"))
    assert keys.has(of_gallery("XX1"))


async def test_er06_a_ports_gallery_is_not_ended_by_a_clock_that_jumped(
    store: Store, engine: Engine, keys: KeyRing
) -> None:
    machine, lane = Machine(), Lane("ZRH", 2, 14, "v")
    clock = machine.clock()
    await clock.start(store)
    await galleries_port.once(store, keys, clock(), lane)
    today = galleries_port.day_of("ZRH", NOW)
    machine.wall_ms += 15 * DAY_MS
    await clock.look(store)
    await galleries_port.once(store, keys, clock(), lane)
    assert keys.has(of_gallery(today))
    with engine.begin() as db:
        found = journeys.find(db, today)
    assert found is not None
    assert found.closed_utc_ms is None


async def test_two_replicas_share_what_was_lived_through(store: Store, keys: KeyRing) -> None:
    machine, slept = Machine(), Machine()
    clocks = [machine.clock(), machine.clock(), slept.clock()]
    for clock in clocks:
        await clock.start(store)
    machine.wall_ms += 2 * DAY_MS
    for _ in range(4):
        await asyncio.gather(*(hours(machine, clock, store, keys, 0.25) for clock in clocks[:2]))
    assert await store.read(lived.kept) == NOW + 2 * HOUR_MS, "once, not by each"
    slept.wall_ms = machine.wall_ms
    await clocks[2].look(store)
    assert clocks[2]() == NOW + 2 * HOUR_MS, "what the others lived through"
    assert await store.read(lived.kept) == NOW + 2 * HOUR_MS
    assert len(there(keys)) == 3


def test_a_database_from_before_goes_on_from_its_log(engine: Engine) -> None:
    with engine.begin() as db:
        assert lived.kept(db) is None
        note(db, Note(NOW, "o.meyer", "officer", "alert.taken"))
        assert lived.kept(db) == NOW
        lived.keep(db, NOW - DAY_MS)
        assert lived.kept(db) == NOW - DAY_MS


def test_the_doctor_says_what_to_do_and_the_command_does_it(tmp_path: Path) -> None:
    (tmp_path / "tvs.toml").write_text(f'state_dir = "{tmp_path}/tvs"\nphotos_dir = "{tmp_path}"\ncountry = "CHE"\n')
    engine = open_store(tmp_path / "tvs")
    with engine.begin() as db:
        lived.keep(db, utc_ms() - 3 * DAY_MS)
    engine.dispose()
    settings = ["--settings", f"{tmp_path}/tvs.toml"]
    tvs = partial(CliRunner().invoke, app)

    def finding() -> dict[str, str]:
        told = json.loads(tvs(["doctor", "--json", *settings]).stdout)
        return next(one for one in told if one["check"] == "time lived")

    before = finding()
    assert before["verdict"] == "wrong"
    assert "72 h behind" in before["what"]
    assert "confirm-clock" in before["advice"]
    assert tvs(["confirm-clock", *settings]).exit_code == 0
    assert finding()["verdict"] == "ok"
