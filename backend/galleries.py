"""Galleries of the journeys known: built from photos as manifests arrive."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog

from backend import photos
from backend.clock import Clock
from backend.embedding import Embedding
from backend.errors import NotReady
from backend.imaging import Imaging
from backend.keys import KeyRing
from backend.matching import gallery
from backend.matching.gallery import Gallery
from backend.store import journeys, templates, travelers
from backend.store.bell import Topic
from backend.store.engine import Store
from backend.store.templates import Sample
from backend.store.travelers import Traveler
from vision.embed import Template, template_version
from vision.errors import ImageRefused

log = structlog.get_logger()
TOLD_EVERY = 20  # photos
AT_ONCE = 3  # photos in work: one decoding, the others embedding
FOREVER_UTC_MS = 1 << 60


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int
    ready: bool


class Galleries:
    def __init__(
        self,
        store: Store,
        keys: KeyRing,
        clock: Clock,
        imaging: Imaging,
        embedding: Embedding,
        photos_dir: Path,
    ) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._imaging, self._embedding, self._photos = imaging, embedding, photos_dir
        self._built: dict[str, Gallery] = {}
        self._progress: dict[str, Progress] = {}
        self._wanted: asyncio.Queue[str] = asyncio.Queue()

    def of(self, journey: str) -> Gallery:
        """The searchable gallery of a journey.  Raises NotReady."""
        if journey not in self._built:
            raise NotReady(f"gallery of {journey} is not ready; boarding goes on with documents until it is")
        return self._built[journey]

    def progress(self, journey: str) -> Progress:
        return self._progress.get(journey, Progress(0, 0, False))

    def want(self, journey: str) -> None:
        self._wanted.put_nowait(journey)

    async def run(self) -> None:
        """Build what is wanted, one journey after the other, for ever; what the store already holds comes first."""
        for journey in await self._store.run(journeys.to_build, FOREVER_UTC_MS):
            self.want(journey)
        while True:
            await self._build(await self._wanted.get())

    async def _build(self, journey: str) -> None:
        """Enrol who is missing, then swap in a new gallery: the old one answers until then."""
        version = template_version()
        people = await self._store.run(travelers.of_journey, self._keys, journey)
        held = await self._store.run(templates.enrolled, journey, version)
        work = [(p, await asyncio.to_thread(self._on_file, p)) for p in people if p.traveler not in held]
        total = sum(len(files) for _, files in work)
        self._progress[journey] = Progress(0, total, journey in self._built)
        limit = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for person, files in work:
                tasks.create_task(self._enrol(journey, person, files, limit))
        samples = await self._store.run(templates.samples, self._keys, journey, version)
        self._built[journey] = gallery.build(samples)
        self._progress[journey] = Progress(total, total, True)
        log.info("gallery.built", journey=journey, travelers=len(self._built[journey].travelers), photos=total)
        await self._store.run(journeys.searchable, journey, self._clock())

    def _on_file(self, person: Traveler) -> list[Path]:
        """A folder that cannot be read costs one person's template, not the service."""
        of = person.biographic
        try:
            return photos.on_file(self._photos, photos.key(of.document_type, of.document_issuer, of.document_number))
        except OSError as error:
            log.warning("photos.unreadable", traveler=person.traveler, why=error.strerror)
            return []

    async def _enrol(self, journey: str, person: Traveler, files: list[Path], limit: asyncio.Semaphore) -> None:
        found = []
        for file in files:
            async with limit:
                if (template := await self._template(person, file)) is not None:
                    found.append(Sample(template, "folder", 0, ""))
            done = self._progress[journey]
            self._progress[journey] = Progress(done.done + 1, done.total, done.ready)
            if done.done % TOLD_EVERY == 0:
                self._store.bell.ring(Topic.GALLERIES)
        if found:
            box = templates.box_of(self._keys, journey, citizen=person.citizen)
            await self._store.run(templates.enrol, box, person.traveler, template_version(), found)
        else:
            log.warning("traveler.has_no_template", traveler=person.traveler, photos=len(files))

    async def _template(self, person: Traveler, file: Path) -> Template | None:
        """None, and a log line, for a photo that cannot be used: one bad photo must not stop a gallery."""
        try:
            aligned = await self._imaging.photo(await asyncio.to_thread(file.read_bytes))
            return await self._embedding.embed(aligned.face)
        except (ImageRefused, ValueError) as error:
            log.warning("photo.refused", traveler=person.traveler, why=str(error))
        except OSError as error:
            log.warning("photo.unreadable", traveler=person.traveler, why=error.strerror)
        return None
