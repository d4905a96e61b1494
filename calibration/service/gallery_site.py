"""A place where galleries are built for real: a store, keys, a folder of photos, decoders, a clock that is set."""

import asyncio
import contextlib
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from backend import photos
from backend.biographic import Biographic
from backend.embedding import Embedding
from backend.galleries import Galleries
from backend.galleries_build import Means
from backend.imaging import Imaging
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.matching.threshold import OperatingPoint
from backend.operating_point import read_operating_point
from backend.settings import Rules
from backend.sources.folder import Folder
from backend.sources.patience import Sources
from backend.sources.photo import PhotoSource
from backend.store import journeys, travelers
from backend.store.engine import Store
from backend.store.journeys import Journey
from backend.store.travelers import Traveler
from calibration.rehearsal.cast import portrait
from vision.embed import template_version

NOON_UTC_MS = 1_795_348_800_000  # 22 November 2026, 12:00
HOUR_MS = 3_600_000
POLL_S = 0.02


class Site:
    """One installation.  Set `now_utc_ms` to what time it shall be.  Several replicas may run on it at once, and share
    its decoders.  Close it within its loop."""

    def __init__(self, root: Path, engine: Engine, threads: int = 1) -> None:
        self.root, self.engine = root, engine
        self.photos = root / "photos"
        self.photos.mkdir()
        self.keys = KeyRing(root / "keys")
        self.now_utc_ms = NOON_UTC_MS
        self.imaging, self.embedding = Imaging(threads), Embedding(threads)
        self._threads = threads

    async def close(self) -> None:
        await self.imaging.close()
        self.embedding.close()

    def clock(self) -> int:
        return self.now_utc_ms

    def on_file(self, number: str, *portraits: str, issuer: str = "UTO", root: Path | None = None) -> None:
        folder = (root or self.photos) / photos.key("P", issuer, number)
        folder.mkdir(parents=True, exist_ok=True)
        for name in portraits:
            shutil.copy(portrait(name), folder)

    async def announce(
        self, store: Store, journey: str, people: Sequence[Traveler], *, departs_utc_ms: int | None = None
    ) -> None:
        for name in (of_gallery(journey), of_citizens(journey)):
            self.keys.make(name)
        run = Journey(
            journey, "air", "out", "carrier", "ZRH", "HKG", departs_utc_ms, None, "2025-12-26", self.now_utc_ms
        )

        def announce(db: Connection) -> None:  # at once, as the service does: nobody sees a journey without its people
            journeys.announce(db, run)
            travelers.expect(db, self.keys, journey, people, self.now_utc_ms)

        await store.run(announce)

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """A replica's own, on the one database; it closes with the engine."""
        store = Store(self.engine)
        listening = asyncio.create_task(store.listen())
        try:
            yield store
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def replica(
        self,
        store: Store,
        *,
        name: str = "a",
        version: str = "",
        sources: Sequence[PhotoSource] | None = None,
        retry_s: float = 0.0,
    ) -> AsyncIterator[Galleries]:
        """Galleries, running."""
        asked = Sources([Folder(self.photos)] if sources is None else sources, retry_s=retry_s)
        made_by = version or template_version()
        means = Means(
            store, self.keys, self.clock, self.imaging, self.embedding, asked, made_by, name, self._threads + 1
        )
        galleries = Galleries(means, 24.0, point(), Rules())
        running = asyncio.create_task(galleries.run())
        try:
            yield galleries
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def point() -> OperatingPoint:
    return read_operating_point()


def person(number: str, *, citizen: bool = False, issuer: str = "UTO", accommodation: str = "") -> Traveler:
    of = Biographic("SPECIMEN", number, document_type="P", document_number=number, document_issuer=issuer)
    return Traveler(str(uuid.uuid4()), of, citizen=citizen, accommodation=accommodation)


async def until(met: Callable[[], bool], longest_s: float = 60.0) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(longest_s):
        while not met():
            await asyncio.sleep(POLL_S)
