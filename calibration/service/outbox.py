"""SR-05: the sender killed at every step of telling a system; ER-03: ten thousand records through outages."""

import asyncio
import contextlib
import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from backend.clock import utc_ms
from backend.crossing import Recording, Report, report
from backend.keys import KeyRing
from backend.sending import Sending
from backend.settings import Records
from backend.store import outbox
from backend.store.engine import Store, open_store
from backend.store.outbox import SYSTEMS
from backend.store.schema import crossings
from calibration.service import sender
from calibration.service.border import Border, everyone, live_image, passed
from calibration.service.figure import Figure
from calibration.service.line import Line
from calibration.service.sinks import Sinks, wait
from calibration.service.stores import KINDS, Scratch, scratch

PROCESSES = multiprocessing.get_context("forkserver")  # a sender starts in no time: its imports are there
PROCESSES.set_forkserver_preload([sender.__name__])
AHEAD_MS = 4 * 3_600_000  # later than any claim or pause


@dataclass
class Crashes:
    """A sender that is killed at a chosen moment of telling one system, then started again later."""

    at: Scratch
    sinks: Sinks
    line: Line
    border: Border = field(init=False)

    def __post_init__(self) -> None:
        self.border = Border(self.at.engine, KeyRing(self.at.root / "keys"), now_utc_ms=utc_ms())

    def once(self, point: str, systems: Sequence[str]) -> bool:
        """Whether, after a kill as these are told and a restart, each system did its one crossing exactly once."""
        self.border.now_utc_ms = utc_ms()
        journey, (traveler,) = self.border.journey(1)
        crossing = self.border.cross(journey, traveler, image=live_image())
        POINTS[point](self, systems, crossing)
        with self._sender(ahead_ms=AHEAD_MS):
            wait(lambda: not self.waits(crossing), "everything told after the restart")
        return all(self.sinks.effects(one)[crossing] == 1 for one in SYSTEMS)

    def connecting(self, systems: Sequence[str], crossing: str) -> None:
        """Connected, and nothing has gone over the line."""
        seen, self.line.hold = self.line.connected, True
        with self._sender():
            wait(lambda: self.line.connected - seen == len(SYSTEMS), "the connections")
        self.line.hold = False

    def received(self, systems: Sequence[str], crossing: str) -> None:
        """The systems have read the request and have done nothing."""
        with self._held(systems, "hold_before"), self._sender():
            self._wait_held(systems)

    def done(self, systems: Sequence[str], crossing: str) -> None:
        """The systems have done it and have not answered."""
        with self._held(systems, "hold_after"), self._sender():
            self._wait_held(systems)

    def answered(self, systems: Sequence[str], crossing: str) -> None:
        """The answers are back, and cannot be written: somebody else is writing."""
        with self._held(systems, "hold_after"), self._sender():
            self._wait_held(systems)
            wait(lambda: self.waits(crossing) == set(systems), "the others told")
            seen = self.line.answers
            with self.at.engine.begin():
                for system in systems:
                    self.sinks.behave(system)
                wait(lambda: self.line.answers - seen >= len(systems), "the answers on their way")
                self.kill()

    def committed(self, systems: Sequence[str], crossing: str) -> None:
        """The answers are written down."""
        with self._sender():
            wait(lambda: not self.waits(crossing) & set(systems), "the commit")

    @contextlib.contextmanager
    def _held(self, systems: Sequence[str], how: str) -> Iterator[None]:
        for system in systems:
            self.sinks.behave(system, how)
        yield
        for system in systems:
            self.sinks.behave(system)

    def _wait_held(self, systems: Sequence[str]) -> None:
        for system in systems:
            self.sinks.wait_held(system)

    def waits(self, crossing: str) -> set[str]:
        with self.at.engine.execution_options(to_read=True).begin() as db:
            return {row.system for row in outbox.waiting(db) if row.crossing == crossing}

    @contextlib.contextmanager
    def _sender(self, ahead_ms: int = 0) -> Iterator[None]:
        """Killed at the end, in the middle of whatever it does."""
        records = Records.model_validate(self.sinks.urls(self.line.port) | {"timeout_s": 20.0})
        asked = sender.Asked(self.at.root / "tvs", self.at.url, self.at.root / "keys", records, ahead_ms)
        self._process = PROCESSES.Process(target=sender.main, args=(asked,), daemon=True)
        self._process.start()
        try:
            yield
        finally:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


POINTS: dict[str, Callable[[Crashes, Sequence[str], str], None]] = {
    "connecting": Crashes.connecting,
    "received": Crashes.received,
    "done": Crashes.done,
    "answered": Crashes.answered,
    "committed": Crashes.committed,
}


def crashes(at: Scratch, rounds: int) -> Figure:
    """Each step of each system alone, and of all at once."""
    together = [SYSTEMS, *((system,) for system in SYSTEMS)]
    trials = [(point, systems) for _ in range(rounds) for point in POINTS for systems in together]
    with Sinks(at.root / "sinks") as sinks, Line(sinks.port) as line:
        made = Crashes(at, sinks, line)
        failed = [f"{point} of {', '.join(systems)}" for point, systems in trials if not made.once(point, systems)]
    words = f"SIGKILL at {len(POINTS)} steps x {len(SYSTEMS)} systems: one effect each; not: {failed or 'none'}"
    return Figure("SR-05", "crash while a system is told", at.kind, len(trials), len(failed), words)


@dataclass(frozen=True, slots=True)
class Drained:
    """What is left of so many records after the outages.  effects: of each system, and how many came twice."""

    recorded: int
    effects: dict[str, int]
    twice: int
    cuts: int

    def wrong(self, count: int) -> int:
        """Records that are missing or too many, anywhere."""
        return abs(self.recorded - count) + self.twice + sum(abs(n - count) for n in self.effects.values())


async def tell_all(store: Store, how: Recording, reports: Sequence[Report], rng: random.Random) -> None:
    """Reports as they come after an outage: in any order, each up to three times."""
    told = [one for one in reports for _ in range(rng.randint(1, 3))]
    rng.shuffle(told)

    def some(db: Connection, begun: int) -> None:
        for one in told[begun : begun + 20]:
            report(db, how, one)

    for begun in range(0, len(told), 20):
        await store.run(some, begun)


async def drain(at: Scratch, sinks: Sinks, line: Line, outages: int) -> None:
    """Two replicas send over a line that is cut, to systems that go down, drop answers and are killed."""
    stores = [Store(open_store(at.root / "tvs", at.url)) for _ in range(2)]
    keys, began_ms = KeyRing(at.root / "keys"), utc_ms()
    records = Records.model_validate(sinks.urls(line.port) | {"timeout_s": 5.0, "retry_s": 1.0})

    def hurried() -> int:  # pauses and claims pass a hundred times faster
        return began_ms + 100 * (utc_ms() - began_ms)

    async with asyncio.TaskGroup() as tasks:
        senders = [tasks.create_task(Sending(store, keys, hurried, records).run()) for store in stores]
        for number in range(outages):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(trouble, sinks, SYSTEMS[number % 3], number)
        for system in SYSTEMS:
            await asyncio.to_thread(sinks.behave, system)
        while await stores[0].read(outbox.waiting):
            await asyncio.sleep(0.2)
        for sender in senders:
            sender.cancel()
    for store in stores:
        store.close()


def trouble(sinks: Sinks, system: str, number: int) -> None:
    if number % 4 == 3:
        sinks.kill()
        sinks.start()
    else:
        sinks.behave(system, ("down", "drop", "slow")[number % 3], times=20)


def flood(at: Scratch, sinks: Sinks, count: int, outages: int) -> Drained:
    border, rng = Border(at.engine, KeyRing(at.root / "keys"), now_utc_ms=utc_ms()), random.Random(count)
    made = [border.journey(min(500, count - begun)) for begun in range(0, count, 500)]
    reports = [passed(border.proceed(*one), border.now_utc_ms) for one in everyone(made)]
    store = Store(open_store(at.root / "tvs", at.url))
    with Line(sinks.port, cut=0.3) as line:
        asyncio.run(tell_all(store, border.how, reports, rng))
        store.close()
        asyncio.run(drain(at, sinks, line, outages))
    with at.engine.begin() as db:
        recorded = list(db.execute(select(crossings.c.crossing)).scalars())
    done = {system: sinks.effects(system) for system in SYSTEMS}
    effects = {system: sum(of[crossing] > 0 for crossing in recorded) for system, of in done.items()}
    twice = sum(of[crossing] > 1 for of in done.values() for crossing in recorded)
    return Drained(len(recorded), effects, twice, line.cuts)


def flooded(at: Scratch, count: int, outages: int) -> Figure:
    with Sinks(at.root / "sinks") as sinks:
        left = flood(at, sinks, count, outages)
    words = f"{count:,} in, {left.recorded:,} recorded, effects {left.effects}, twice {left.twice}, {left.cuts:,} cuts"
    return Figure("ER-03", "records through outages", at.kind, count, left.wrong(count), words)


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        with scratch(kind) as at:
            yield crashes(at, rounds=1 if quick else 3)
        with scratch(kind) as at:
            yield flooded(at, 300 if quick else 10_000, outages=4 if quick else 20)
