"""What happens at the gates: each passenger as the plan has it, through the service's own functions."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from backend.crossing import Report, Status, recording, report
from backend.looking import Seen
from backend.parts import Parts
from backend.question import CROSS, Question
from backend.store.decisions import Decision
from backend.store.schema import alerts
from calibration.service.border import live_image
from calibration.service.day.plan import Fate, Flight, Passenger

NOISE = 0.045  # of each number of a probe: similarity with its template about 0.9
LIVE = 0.95
IMAGE = live_image()
PAUSE_S, PATIENCE_S = 0.05, 60.0  # of whoever waits for an officer


@dataclass(slots=True)
class Books:
    """What the gates saw: questions asked and answered, outcomes told, in the end compared with what is recorded."""

    asked: set[str] = field(default_factory=set)  # encounter and attempt
    told: Counter[str] = field(default_factory=Counter)  # by status
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Gate:
    """One flight at one gate.  tick: called after each passenger."""

    parts: Parts
    flight: Flight
    books: Books
    rng: np.random.Generator
    tick: Callable[[], None]

    async def board(self) -> None:
        """One after the other, as they come."""
        for at, one in enumerate(self.flight.passengers):
            ended = await self._one(one, self.flight.vectors[at])
            if not ended:
                self.books.wrong.append(f"{self.flight.name} {one.number}: {one.fate}")
            self.tick()

    async def _one(self, one: Passenger, enrolled: NDArray[np.float32]) -> bool:
        """Whether it went as planned."""
        probe = self._probe(enrolled)
        match one.fate:
            case Fate.NO_SHOW | Fate.REMOVED:
                return True
            case Fate.OPTS_OUT:
                return await self._boards(one)
            case Fate.NO_PHOTO:
                return await self._waits(probe) and await self._boards(one)
            case Fate.CROSSES:
                return await self._crosses(one, probe)
            case Fate.LOOKS_AGAIN:
                blurred = await self._ask(self._probe(enrolled, 6 * NOISE), encounter := str(uuid.uuid4()))
                return blurred.directive == "recapture" and await self._crosses(one, probe, encounter, 2)
            case Fate.RELEASED:
                return await self._waits(probe) and await self._released(one, probe)
            case Fate.INTERCEPTED:
                return await self._waits(probe)
            case Fate.TWO_GATES | Fate.TURNS_BACK | Fate.REPEATED | Fate.COMES_BACK:
                return await self._twice(one, probe)

    async def _twice(self, one: Passenger, probe: NDArray[np.float32]) -> bool:
        """Whoever has two encounters, or one that is told twice."""
        encounter = str(uuid.uuid4())
        first = await self._ask(probe, encounter)
        if one.fate is Fate.REPEATED:
            again = await self._ask(probe, encounter)
            told = [await self._tell(self._passed(first)) for _ in range(2)]
            return again.decision == first.decision and told == [Status.RECORDED] * 2
        if one.fate is Fate.TURNS_BACK:
            await self._tell(self._report(first, "not_crossed", why="WHY_NOBODY_PASSED"))
            return await self._crosses(one, probe)
        if one.fate is Fate.TWO_GATES:
            second = await self._ask(probe, str(uuid.uuid4()))
            both = await asyncio.gather(*(self._tell(self._passed(given)) for given in (first, second)))
            return sorted(both) == [Status.DUPLICATE, Status.RECORDED]
        crossed = await self._tell(self._passed(first))
        return crossed is Status.RECORDED and await self._waits(probe)

    async def _crosses(self, one: Passenger, probe: NDArray[np.float32], encounter: str = "", attempt: int = 1) -> bool:
        given = await self._ask(probe, encounter or str(uuid.uuid4()), attempt)
        return given.traveler == one.traveler and await self._tell(self._passed(given)) is Status.RECORDED

    async def _waits(self, probe: NDArray[np.float32]) -> bool:
        """Every attempt, until there is none left and an agent is called."""
        encounter, attempt = str(uuid.uuid4()), 1
        while (given := await self._ask(probe, encounter, attempt)).directive == "recapture":
            attempt += 1
        return given.directive == "wait"

    async def _released(self, one: Passenger, probe: NDArray[np.float32]) -> bool:
        """Waits for the officer, then is looked at again."""
        for _ in range(int(PATIENCE_S / PAUSE_S)):
            if await self.parts.store.read(_adjudicated, one.traveler):
                return await self._crosses(one, probe)
            await asyncio.sleep(PAUSE_S)
        return False

    async def _boards(self, one: Passenger) -> bool:
        told = self._report(None, "boarded", traveler=one.traveler, agent="AG-1")
        return await self._tell(told) is Status.RECORDED

    async def _ask(self, probe: NDArray[np.float32], encounter: str, attempt: int = 1) -> Decision:
        digest = f"{encounter}/{attempt}"
        self.books.asked.add(digest)
        flight = self.flight
        question = Question(
            encounter, attempt, CROSS, flight.journey, flight.gate, flight.gate, flight.port, None, b"", digest
        )
        return await self.parts.verifier.conclude(question, Seen([probe], LIVE, image=IMAGE))

    async def _tell(self, told: Report) -> Status:
        status = await self.parts.store.run(report, recording(self.parts), told)
        self.books.told[status] += 1
        return status

    def _passed(self, given: Decision) -> Report:
        return self._report(given, "crossed")

    def _report(
        self, given: Decision | None, kind: str, traveler: str | None = None, agent: str | None = None, why: str = ""
    ) -> Report:
        return Report(
            encounter=given.encounter if given else str(uuid.uuid4()),
            journey=self.flight.journey,
            device=self.flight.gate,
            gate=self.flight.gate,
            port=self.flight.port,
            ended_utc_ms=self.parts.clock(),
            since_answer_ms=2_000,
            kind=kind,
            decision=given.decision if given else None,
            traveler=traveler,
            agent=agent,
            why=why or None,
        )

    def _probe(self, enrolled: NDArray[np.float32], noise: float = NOISE) -> NDArray[np.float32]:
        seen = enrolled + self.rng.normal(0, noise, enrolled.shape).astype(np.float32)
        return np.asarray(seen / np.linalg.norm(seen), np.float32)


def _adjudicated(db: Connection, traveler: str) -> bool:
    of = select(alerts.c.alert).where(alerts.c.traveler == traveler, alerts.c.adjudication.is_not(None))
    return db.execute(of).first() is not None
