"""The day itself: the service's parts on a simulated clock, its jobs, its systems of record over HTTP, an officer."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from limen.v1 import manifests_pb2 as pb
from limen.v1.approvals_pb2 import HotlistEntry, ProposeRequest
from sqlalchemy import Connection

from backend import adjudicating, alerts, approvals, server
from backend.acting import Acting
from backend.adjudicating import INTERCEPT, RELEASE, Verdict
from backend.caller import EVERYWHERE, Caller, set_caller
from backend.operating_point import read_operating_point
from backend.parts import Parts
from backend.retention import engine as retention
from backend.retention.due import DAY_MS
from backend.retention.lived_clock import LivedClock
from backend.sending import Sending
from backend.services.manifests import Manifests
from backend.settings import Records, Settings
from backend.store import alerts as kept_alerts
from backend.store import peers, templates, travelers
from backend.store.peers import Peer
from backend.store.proposals import APPROVED, Settlement
from backend.store.templates import Sample
from calibration.service.day import found
from calibration.service.day.accounts import Ended
from calibration.service.day.gates import Books, Gate
from calibration.service.day.plan import BOARDING_MS, START_MS, Fate, Flight, manifest
from calibration.service.sinks import Sinks
from vision.embed import template_version

CONTEXT: Any = None  # of a call: these methods do not look at it
OFFICER_EVERY_S, LOOK_S = 0.05, 0.05
TOGETHER = 24  # flights boarding in the same moment of the simulation


class SimulatedClock:
    """Goes on by being told."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms


def person(name: str, role: str) -> Caller:
    return Caller(name, role, ports=frozenset({EVERYWHERE}), purpose="case")


async def lived(planned: Sequence[Flight], root: Path, say: Callable[[str], None]) -> Ended:
    clock, books = SimulatedClock(), Books()
    with Sinks(root / "sinks") as sinks:
        settings = Settings(
            state_dir=root / "tvs", photos_dir=root, country="USA", records=Records.model_validate(sinks.urls())
        )
        async with _serving(settings, clock) as parts:
            day = Day(parts, clock, books)
            await day.announce(planned)
            say(f"announced: {sum(len(flight.passengers) for flight in planned):,} travellers")
            for wave in range(max(flight.wave for flight in planned) + 1):
                await day.wave([flight for flight in planned if flight.wave == wave])
                say(f"wave {wave + 1}: {len(books.asked):,} questions, {books.told.total():,} outcomes so far")
            return await found.at_the_end(day.parts, sinks, books, lambda: day.two_weeks_later())


@contextlib.asynccontextmanager
async def _serving(settings: Settings, clock: SimulatedClock) -> AsyncIterator[Parts]:
    """All of the service but its RPCs and their guard."""
    async with contextlib.AsyncExitStack() as stack:
        point = read_operating_point()
        parts = await server.assembled(settings, LivedClock(clock, clock), point, stack)
        jobs = (
            parts.galleries.run,
            lambda: alerts.run(parts.store, clock, settings.escalate_s),
            Sending(parts.store, parts.keys, clock, settings.records).run,
        )
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(job()) for job in jobs]
            yield parts
            for job in running:
                job.cancel()


class Day:
    def __init__(self, parts: Parts, clock: SimulatedClock, books: Books) -> None:
        self.parts, self._clock, self._books = parts, clock, books
        self._manifests = Manifests(parts)
        self._fates: dict[str, Fate] = {}  # by traveller
        self._rng = np.random.default_rng(7)

    async def announce(self, planned: Sequence[Flight]) -> None:
        """Manifests, templates, who is removed, who opts out, who is on the hotlist."""
        await self.parts.store.run(peers.welcome, Peer("carrier", "carrier", None, carriers=("XX",)))
        for flight in planned:
            await self.parts.store.run(peers.welcome, Peer(flight.gate, "gate", flight.gate, flight.port))
            set_caller(person("carrier", "carrier"))
            reply = await self._manifests.Submit(pb.SubmitRequest(interchange=manifest(flight)), CONTEXT)
            flight.journey = reply.journey
            self._books.wrong += [f"{flight.name}: {one.segment} {one.problem}" for one in reply.findings]
            await self.parts.store.run(self._enrol, flight)
            await self._changes(flight)

    def _enrol(self, db: Connection, flight: Flight) -> None:
        """The templates that photos on file would have given."""
        keys, held = self.parts.keys, travelers.of_journey(db, self.parts.keys, flight.journey)
        by_number = {one.biographic.document_number: one for one in held}
        boxes = {citizen: templates.box_of(keys, flight.journey, citizen=citizen) for citizen in (True, False)}
        for passenger, vector in zip(flight.passengers, flight.vectors, strict=True):
            one = by_number[passenger.number]
            passenger.traveler = one.traveler
            self._fates[one.traveler] = passenger.fate
            if passenger.fate not in (Fate.NO_PHOTO, Fate.OPTS_OUT):
                sample = [Sample(vector, "specimen", 100, passenger.number)]
                templates.enrol(db, boxes[one.citizen], one.traveler, template_version(), sample)

    async def _changes(self, flight: Flight) -> None:
        set_caller(person("operator", "operator"))
        for one in flight.passengers:
            about = {"journey": flight.journey, "traveler": one.traveler}
            if one.fate is Fate.REMOVED:
                await self._manifests.Remove(pb.RemoveRequest(**about, reason="does not travel"), CONTEXT)
            elif one.fate is Fate.OPTS_OUT:
                kind = pb.AccommodateRequest.KIND_OPT_OUT
                await self._manifests.Accommodate(pb.AccommodateRequest(**about, kind=kind), CONTEXT)
            elif one.fate in (Fate.RELEASED, Fate.INTERCEPTED):
                await self._list(one.number, "USA" if one.citizen else "UTO")

    async def _list(self, number: str, issuer: str) -> None:
        """Two people put a document on the hotlist."""
        entry = HotlistEntry(document_type="P", document_issuer=issuer, document_number=number)
        entry.remark, entry.ground, entry.until_utc_ms = "talk to", "warrant 12/26", START_MS + 30 * DAY_MS
        asked = ProposeRequest(reason="case 12/26", hotlist=entry)
        now, keys, rules = self._clock(), self.parts.keys, self.parts.settings.rules
        analyst, supervisor = (Acting(person(name, name), keys, now) for name in ("analyst", "supervisor"))
        made = await self.parts.store.run(approvals.propose, analyst, rules, asked)
        seen = (await self.parts.store.run(approvals.listed, supervisor, rules, made.proposal))[0]
        settled = Settlement(APPROVED, "supervisor", "seen", now, digest=seen.digest)
        await self.parts.store.run(approvals.settle, supervisor, rules, settled, made.proposal)

    async def wave(self, flights: Sequence[Flight]) -> None:
        """Every gate boards one flight, then its doors close."""
        self._clock.now_ms = max(self._clock.now_ms, flights[0].boards_ms)
        await self._ready(flights)
        officer = asyncio.create_task(self._officer())
        together, tick = asyncio.Semaphore(TOGETHER), self._ticking(flights)
        await asyncio.gather(*(self._board(flight, together, tick) for flight in flights))
        await self._quiet()
        officer.cancel()
        set_caller(person("operator", "operator"))
        for flight in flights:
            await self._manifests.CloseDoors(pb.CloseDoorsRequest(journey=flight.journey), CONTEXT)

    def _ticking(self, flights: Sequence[Flight]) -> Callable[[], None]:
        """Each passenger takes an equal part of the time in which all of them board."""
        people, passed = sum(len(flight.passengers) for flight in flights), itertools.count(1)

        def tick() -> None:
            self._clock.now_ms = flights[0].boards_ms + BOARDING_MS * next(passed) // people

        return tick

    async def _board(self, flight: Flight, together: asyncio.Semaphore, tick: Callable[[], None]) -> None:
        async with together:
            await Gate(self.parts, flight, self._books, self._rng, tick).board()

    async def _ready(self, flights: Sequence[Flight]) -> None:
        set_caller(person("operator", "operator"))
        for flight in flights:
            self.parts.galleries.want(flight.journey)
            await self._manifests.Assign(pb.AssignRequest(gate=flight.gate, journey=flight.journey), CONTEXT)
        while not all(self.parts.galleries.progress(flight.journey).ready for flight in flights):
            await asyncio.sleep(LOOK_S)

    async def _officer(self) -> None:
        while True:
            await self._adjudicate()
            await asyncio.sleep(OFFICER_EVERY_S)

    async def _adjudicate(self) -> None:
        """Everything open, as one officer at every port would."""
        store, rules = self.parts.store, self.parts.settings.rules
        for alert in await store.read(kept_alerts.open_at, [EVERYWHERE]):
            acting = Acting(person("o.meyer", "officer"), self.parts.keys, self._clock())
            await store.run(adjudicating.take, acting, alert.alert)
            stopped = self._fates.get(alert.traveler or "") is Fate.INTERCEPTED
            verdict = Verdict(INTERCEPT, "warrant", "warrant 12/26") if stopped else Verdict(RELEASE, "documents seen")
            await store.run(adjudicating.adjudicate, acting, rules, alert.alert, verdict)

    async def _quiet(self) -> None:
        """Until every alert is raised and adjudicated, and everything is sent."""
        while await self.parts.store.read(found.open_work):
            await asyncio.sleep(LOOK_S)

    async def two_weeks_later(self) -> None:
        self._clock.now_ms += 16 * DAY_MS
        await retention.once(self.parts.store, self.parts.keys, self._clock, retention.terms_of(self.parts.settings))
