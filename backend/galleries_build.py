"""From travellers to sealed templates: photos are asked for, looked at one by one and dropped."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from backend.clock import Clock
from backend.embedding import Embedding
from backend.errors import KeyGone
from backend.imaging import Imaging
from backend.keys import PERSONS, KeyRing
from backend.sources.patience import Sources
from backend.sources.photo import Photo
from backend.store import gallery_rows, templates
from backend.store.engine import Store
from backend.store.gallery_rows import NONE
from backend.store.templates import Enrolment, Refusal, Sample
from backend.store.travelers import Traveler
from vision.errors import ImageRefused
from vision.quality import rank

log = structlog.get_logger()
PEOPLE_AT_ONCE = 16  # whose photos are asked for: sources answer more slowly than we look
KEPT_AT_ONCE = 16  # travellers in one transaction
UNASKED = -2  # in place of a photo's number: the source cannot be asked about this traveller
CLAIM_MS = 60_000  # without a word from who builds a gallery, another replica does


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What a gallery is made with.  version: of the templates.  replica: this service among others.  looks: photos
    looked at at once, few enough that a traveller's own are not far behind them."""

    store: Store
    keys: KeyRing
    clock: Clock
    imaging: Imaging
    embedding: Embedding
    sources: Sources
    version: str
    replica: str
    looks: int = 3


class Build:
    """One gallery's travellers, or a part of them.  told: called after each photo with how many are left, so far as is
    known."""

    def __init__(self, means: Means, journey: str, told: Callable[[int], None]) -> None:
        self._means, self._journey, self._told = means, journey, told
        self._persons = means.keys.box(PERSONS)
        self._looks = asyncio.Semaphore(means.looks)
        self._made: list[Enrolment] = []
        self._left = 0

    async def run(self, people: Sequence[Traveler]) -> None:
        """Raises StoreDown, in a group."""
        self._left = len(people)
        waiting = iter(people)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(PEOPLE_AT_ONCE, len(people))):
                tasks.create_task(self._work(waiting))
        await self._keep()

    async def _work(self, waiting: Iterator[Traveler]) -> None:
        for person in waiting:
            enrolment = await self._enrolment(person)
            self._made.append(enrolment)  # not before: what `_keep` takes meanwhile is another list
            if len(self._made) >= KEPT_AT_ONCE:
                await self._keep()

    async def _keep(self) -> None:
        made, self._made = self._made, []
        try:
            await self._means.store.run(_keep, self._means, self._journey, made)
        except KeyGone as error:
            log.warning("gallery.went", journey=self._journey, why=str(error))

    async def _enrolment(self, person: Traveler) -> Enrolment:
        found = await self._means.sources.about(person.biographic)
        self._left += len(found.photos) - 1  # one was expected
        looked = [await self._look(number, *one) for number, one in enumerate(found.photos)]
        samples = tuple({one.photo: one for one in looked if isinstance(one, Sample)}.values())
        refusals = [one for one in looked if isinstance(one, Refusal)]
        refusals += [Refusal(source, NONE, "did not answer; it is asked again") for source in found.silent]
        refusals += [Refusal(source, UNASKED, why) for source, why in found.refused]
        if not samples and not found.silent:
            refusals.append(Refusal("", NONE, "no usable photo" if found.photos else "no photo on file"))
        return Enrolment(person.traveler, samples, tuple(refusals))

    async def _look(self, number: int, source: str, photo: Photo) -> Sample | Refusal:
        """One bad photo must not stop a gallery.  The same bytes from two sources are one sample."""
        try:
            async with self._looks:
                aligned = await self._means.imaging.photo(photo.content)
                vector = await self._means.embedding.embed(aligned.face, urgent=False)
        except (ImageRefused, ValueError) as error:
            return Refusal(source, number, str(error))
        finally:
            self._left -= 1
            self._told(self._left)
        fingerprint = self._persons.fingerprint(hashlib.sha256(photo.content).hexdigest())
        return Sample(vector, source, round(100 * rank(aligned.quality)), fingerprint)


def _keep(db: Connection, means: Means, journey: str, made: Sequence[Enrolment]) -> None:
    templates.keep(db, means.keys, journey, means.version, made)
    gallery_rows.renew(db, journey, means.replica, means.clock() + CLAIM_MS)
