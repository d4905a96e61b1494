"""What galleries lack, enrolled the most urgent first; among replicas each gallery by one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from backend.errors import KeyGone
from backend.galleries_build import CLAIM_MS, Build, Means
from backend.store import gallery_rows, travelers
from backend.store.gallery_rows import Claim
from backend.store.travelers import Traveler

log = structlog.get_logger()
SLICE = 240  # travellers enrolled before it is asked again which gallery is the most urgent
AGAIN_S = 1.0  # a gallery somebody else builds, or whose source is away, is looked at again


@dataclass(frozen=True, slots=True)
class Lack:
    """new: travellers never enrolled.  again: those who have what other sources gave, or nothing."""

    journey: str
    departs_utc_ms: int | None
    new: frozenset[str]
    again: frozenset[str]

    @property
    def urgency(self) -> tuple[int, str]:
        """A journey with no time may leave at once."""
        return self.departs_utc_ms or 0, self.journey


class Work:
    """told: of each photo looked at, with how many are left.  done: called after each part, to look at the gallery."""

    def __init__(
        self,
        means: Means,
        begun_utc_ms: int,
        told: Callable[[str, int], None],
        done: Callable[[str], Awaitable[None]],
    ) -> None:
        self._means, self._begun_utc_ms, self._told, self._done = means, begun_utc_ms, told, done
        self._lacks: dict[str, Lack] = {}
        self._asked = asyncio.Event()

    def ask(self, lack: Lack) -> None:
        """What a gallery lacks now, in place of what it lacked before."""
        self._lacks.pop(lack.journey, None)
        if lack.new or lack.again:
            self._lacks[lack.journey] = lack
            self._asked.set()

    async def run(self) -> None:
        while True:
            await self._asked.wait()
            for lack in sorted(self._lacks.values(), key=lambda lack: lack.urgency):
                if await self._enrol(lack):
                    break
            else:
                await asyncio.sleep(AGAIN_S)
            if not self._lacks:
                self._asked.clear()

    async def _enrol(self, lack: Lack) -> bool:
        """Enrol some travellers; False if another replica does, or their source is still away."""
        means, now = self._means, self._means.clock()
        wants = Claim(means.replica, means.version, self._begun_utc_ms, now + CLAIM_MS)
        if not await means.store.run(gallery_rows.claim, lack.journey, wants, now):
            return False
        try:
            lack = await self._now(lack)
            if people := await self._people(lack):
                rest = len(lack.new or lack.again) - len(people)
                await Build(means, lack.journey, lambda left: self._told(lack.journey, left + rest)).run(people)
        finally:
            await means.store.run(gallery_rows.release, lack.journey, means.replica)
        await self._done(lack.journey)
        return bool(people)

    async def _now(self, lack: Lack) -> Lack:
        """What of it is still lacking: another replica may have seen to it since."""
        means = self._means
        standing = await means.store.read(gallery_rows.standing, means.keys, lack.journey, means.version)
        owed = frozenset(traveler for traveler, _ in standing.owed)
        return replace(lack, new=lack.new & standing.lacking, again=lack.again & owed)

    async def _people(self, lack: Lack) -> Sequence[Traveler]:
        """The next part of the new; when there are none, of the others, unless the first shows it is in vain."""
        means, chosen = self._means, sorted(lack.new or lack.again)[:SLICE]
        try:
            people = await means.store.read(travelers.of_journey, means.keys, lack.journey, chosen)
        except KeyGone as error:
            log.warning("gallery.went", journey=lack.journey, why=str(error))
            self._lacks.pop(lack.journey, None)
            return ()
        if not lack.new and people and (await means.sources.about(people[0].biographic)).silent:
            return ()
        return people
