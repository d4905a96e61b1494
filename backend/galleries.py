"""Galleries of the journeys known: built as manifests arrive, searched while people board, gone when they must."""

import asyncio
import json
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from backend import hygiene
from backend.errors import NotReady, Refused
from backend.galleries_build import Means
from backend.galleries_work import Lack, Work
from backend.hygiene import Bar, Hygiene, OnFile
from backend.matching import gallery
from backend.matching.gallery import Gallery
from backend.matching.threshold import OperatingPoint, accept, grey
from backend.settings import Rules
from backend.store import gallery_rows, journeys, rules, templates
from backend.store.audit import Note, note
from backend.store.bell import Topic
from backend.store.engine import READERS
from backend.store.gallery_rows import Pulse, Standing

log = structlog.get_logger()
WHO, ROLE = "galleries", "service"
HOUR_MS = 3_600_000
TOLD_EVERY = 20  # photos
LOOK_S = 1.0  # what no bell tells: time, a source that is back, a replica that died
LEAST_PAUSE_S, IDLE_SHARE = 0.02, 9.0  # looking at all galleries takes at most a tenth of the time


@dataclass(frozen=True, slots=True)
class Progress:
    """Photos.  searchable_after_ms: from receipt of the manifest, 0 while it is not searchable."""

    done: int
    total: int
    ready: bool
    searchable_after_ms: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A gallery as this replica last saw it; searched: None while it is not to be searched."""

    pulse: Pulse
    standing: Standing
    searched: Gallery | None


class Galleries:
    """Two replicas share what is in the store: one builds a gallery, the other picks it up when it is complete."""

    def __init__(self, means: Means, ahead_h: float, point: OperatingPoint, standard: Rules) -> None:
        """standard: the rules nobody has changed."""
        self._means, self._ahead_ms, self._point, self._standard = means, int(ahead_h * HOUR_MS), point, standard
        self._begun_utc_ms = means.clock()
        self._known: dict[str, _Known] = {}
        self._progress: dict[str, Progress] = {}
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._work = Work(means, self._begun_utc_ms, self._tell, self._tend)
        self._turns = WeakValueDictionary[str, asyncio.Lock]()  # of those being looked at
        self._at_once = asyncio.Semaphore(READERS)

    def of(self, journey: str) -> Gallery:
        """The searchable gallery of a journey.  Raises NotReady."""
        known = self._known.get(journey)
        if known is None or known.searched is None:
            raise NotReady(f"gallery of {journey} is not ready; boarding goes on with documents until it is")
        return known.searched

    def progress(self, journey: str) -> Progress:
        return self._progress.get(journey, Progress(0, 0, False))

    def seen(self, journey: str) -> bool:
        """Whether it is known here, ready or not."""
        return journey in self._known

    def want(self, journey: str) -> None:
        """Look at a journey now, and ask again for those of whom no photo was found."""
        self._wanted.put_nowait(journey)

    async def run(self) -> None:
        """For ever.  Raises StoreDown, in a group, and may then be run again."""
        async with asyncio.TaskGroup() as tasks:
            for job in (self._watch(), self._attend(), self._work.run()):
                tasks.create_task(job)

    async def hygiene(self, journey: str) -> Hygiene:
        """What is wrong with a gallery as it stands.  Raises Refused for a journey that is unknown or purged."""
        store, keys = self._means.store, self._means.keys
        on_file, rows = await store.read(_on_file, self._means, journey)
        opened = await asyncio.to_thread(templates.opened, keys, journey, rows)
        samples = [hygiene.Sample(row.traveler, vector, row.quality, row.photo) for row, vector in opened]
        now = await store.read(rules.current, self._standard)
        size = max(1, len({row.traveler for row in rows}))
        bar = Bar(accept(self._point, size, now.fpir), now.margin, grey(self._point))
        found = await asyncio.to_thread(hygiene.report, journey, on_file, samples, bar)
        return replace(found, searchable_after_ms=self.progress(journey).searchable_after_ms)

    async def _watch(self) -> None:
        """Look at every gallery whenever something changed."""
        store, loop = self._means.store, asyncio.get_running_loop()
        while True:
            seen, began_s = store.bell.revision(Topic.GALLERIES), loop.time()
            due = await self._due()
            async with asyncio.TaskGroup() as tasks:
                for pulse in due.values():
                    known = self._known.get(pulse.journey)
                    if known is not None and known.pulse == pulse:
                        self._ask(known)
                    else:
                        tasks.create_task(self._tend(pulse.journey))
            for journey in self._known.keys() - due.keys():
                self._drop(journey)
            await asyncio.sleep(max(LEAST_PAUSE_S, IDLE_SHARE * (loop.time() - began_s)))
            await store.bell.wait(Topic.GALLERIES, seen, LOOK_S)

    async def _due(self) -> dict[str, Pulse]:
        """By journey, the most urgent first."""
        before_utc_ms = self._means.clock() + self._ahead_ms
        pulses = await self._means.store.read(gallery_rows.pulses, self._means.keys, before_utc_ms)
        return {pulse.journey: pulse for pulse in pulses}

    async def _attend(self) -> None:
        while True:
            journey = await self._wanted.get()
            if journey in await self._due():
                await self._means.store.run(templates.ask_again, journey)
                await self._tend(journey)

    async def _tend(self, journey: str) -> None:
        """Forget whom it must not hold, search what is complete, and ask for whom it lacks."""
        async with self._at_once, self._turns.setdefault(journey, asyncio.Lock()):
            pulse = await self._means.store.read(gallery_rows.pulse, self._means.keys, journey)
            if pulse is None:
                self._drop(journey)
                return
            known = self._known.get(journey)
            if known is None or known.pulse != pulse:
                known = self._known[journey] = await self._look_at(pulse, known)
            self._ask(known)

    async def _look_at(self, pulse: Pulse, before: _Known | None) -> _Known:
        means, journey = self._means, pulse.journey
        standing = await means.store.read(gallery_rows.standing, means.keys, journey, means.version)
        if standing.leaving:
            await means.store.run(_forget, journey, standing.leaving, means.clock())
        running = before is not None and before.searched is not None and not self._superseded(pulse)
        if not pulse.opened or (standing.lacking and not running):
            self._progress[journey] = replace(self.progress(journey), ready=False)
            return _Known(pulse, standing, None)
        known = await self._searched(pulse, standing, before)
        self._show(pulse)
        if not standing.lacking and not self._superseded(pulse) and _unfinished(pulse, standing):
            await self._finish(known)
        return known

    async def _searched(self, pulse: Pulse, standing: Standing, before: _Known | None) -> _Known:
        means, journey = self._means, pulse.journey
        if before is not None and before.searched is not None and before.standing.mark == standing.mark:
            return replace(before, pulse=pulse, standing=standing)
        rows = await means.store.read(templates.rows, journey, means.version)
        kept = [row for row in rows if row.traveler in standing.wanted]
        return _Known(pulse, standing, await asyncio.to_thread(_gallery, means, journey, kept))

    def _show(self, pulse: Pulse) -> None:
        since = pulse.searchable_utc_ms
        after_ms = 0 if since is None else since - pulse.received_utc_ms
        done = self.progress(pulse.journey).done
        self._progress[pulse.journey] = Progress(done, done, True, after_ms)
        self._means.store.bell.ring(Topic.GALLERIES)

    async def _finish(self, known: _Known) -> None:
        """Everyone is in it who can be: it is searchable from now on, and in one model's templates only."""
        pulse, means = known.pulse, self._means
        self._known[pulse.journey] = known
        now = means.clock()
        size = 0 if known.searched is None else len(known.searched.travelers)
        after_ms = (pulse.searchable_utc_ms or now) - pulse.received_utc_ms
        await means.store.run(_finished, means.version, pulse.journey, size, now)
        self._progress[pulse.journey] = replace(self.progress(pulse.journey), searchable_after_ms=after_ms)
        log.info("gallery.built", journey=pulse.journey, travelers=size, searchable_after_ms=after_ms)

    def _ask(self, known: _Known) -> None:
        """For those never enrolled, and those to whom a source that may be back owes photos."""
        pulse, standing = known.pulse, known.standing
        if not pulse.opened or self._superseded(pulse):
            self._work.ask(Lack(pulse.journey, None, frozenset(), frozenset()))
            return
        again = {traveler for traveler, source in standing.owed if self._means.sources.asked(source)}
        self._work.ask(Lack(pulse.journey, pulse.departs_utc_ms, standing.lacking, frozenset(again)))

    def _superseded(self, pulse: Pulse) -> bool:
        """A service that started later makes templates with another model: its word counts."""
        return pulse.version not in ("", self._means.version) and pulse.begun_utc_ms > self._begun_utc_ms

    def _drop(self, journey: str) -> None:
        if self._known.pop(journey, None) is not None:
            self._progress.pop(journey, None)
            self._work.ask(Lack(journey, None, frozenset(), frozenset()))
            self._means.store.bell.ring(Topic.GALLERIES)

    def _tell(self, journey: str, left: int) -> None:
        """Another photo was looked at."""
        before = self.progress(journey)
        done = before.done + 1
        self._progress[journey] = replace(before, done=done, total=done + left)
        if done % TOLD_EVERY == 0:
            self._means.store.bell.ring(Topic.GALLERIES)


def _unfinished(pulse: Pulse, standing: Standing) -> bool:
    return pulse.searchable_utc_ms is None or standing.shadow


def _gallery(means: Means, journey: str, rows: list[templates.Row]) -> Gallery:
    return gallery.build((row.traveler, vector) for row, vector in templates.opened(means.keys, journey, rows))


def _forget(db: Connection, journey: str, leaving: frozenset[str], now_utc_ms: int) -> None:
    count = templates.forget(db, leaving)
    result = json.dumps({"travelers": len(leaving), "templates": count})
    note(db, Note(now_utc_ms, WHO, ROLE, "templates.forgotten", journey, result=result))


def _finished(db: Connection, version: str, journey: str, size: int, now_utc_ms: int) -> None:
    old = templates.forget_others(db, journey, version)
    journeys.searchable(db, journey, now_utc_ms)
    result = json.dumps({"travelers": size, "version": version, "old_templates": old})
    note(db, Note(now_utc_ms, WHO, ROLE, "gallery.built", journey, result=result))


def _on_file(db: Connection, means: Means, journey: str) -> tuple[list[OnFile], list[templates.Row]]:
    if gallery_rows.pulse(db, means.keys, journey) is None:
        raise Refused(f"journey {journey} is unknown, or its gallery is gone")
    wanted = gallery_rows.wanted(db, means.keys, journey)
    refused = templates.refusals(db, journey)
    rows = [row for row in templates.rows(db, journey, means.version) if row.traveler in wanted]
    return [OnFile(one, tuple(map(str, refused.get(one, ())))) for one in sorted(wanted)], rows
