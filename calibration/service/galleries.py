"""How fast a gallery becomes searchable, against the bare work on its photos in the same run."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.console import Console

from backend.errors import NotReady
from backend.galleries import Galleries
from backend.hygiene import look_alikes
from backend.matching.gallery import Gallery
from backend.store.engine import open_store
from calibration.rehearsal.cast import portrait
from calibration.service.figure import Figure, table
from calibration.service.gallery_site import Site, person, until
from calibration.service.journeys import vectors
from vision.align import align
from vision.detect import Detector
from vision.embed import Embedder
from vision.image import decode

PHOTOS = ("ben-on-file-1", "carla-on-file", "ben-live")
QUICK, FULL = 40, 420  # people
LEAST, THREADS = 0.85, 2
CRUISE = 42_000


async def rate(people: int) -> tuple[float, float]:
    """Photos a second: from a manifest's arrival to searchable, and bare."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store(Path(folder))
        site = Site(Path(folder), engine, THREADS)
        listed = [person(f"N{number}") for number in range(people)]
        for one in listed:
            site.on_file(one.biographic.document_number, *PHOTOS)
        async with site.store() as store, site.replica(store) as galleries:
            await site.announce(store, "WARM", listed[:1])
            await until(lambda: _ready(galleries, "WARM"))
            bare = await asyncio.to_thread(_bare, people)
            began = time.perf_counter()
            await site.announce(store, "TIMED", listed)
            await until(lambda: _ready(galleries, "TIMED"), 600.0)
            took_s = time.perf_counter() - began
        await site.close()
        engine.dispose()
    return people * len(PHOTOS) / took_s, bare


def _bare(people: int) -> float:
    """Decode, detect, align and embed, each thread one photo after the other, for as many photos."""
    contents = [portrait(name).read_bytes() for name in PHOTOS] * people

    def work(part: list[bytes]) -> None:
        detector, embedder = Detector(), Embedder(threads=1)
        for content in part:
            pixels = decode(content)
            embedder.embed(align(pixels, detector.find(pixels)[0].points))

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, [contents[start::THREADS] for start in range(THREADS)]))
    return len(contents) / (time.perf_counter() - began)


def _ready(galleries: Galleries, journey: str) -> bool:
    try:
        return bool(galleries.of(journey).travelers)
    except NotReady:
        return False


def figures(quick: bool) -> Iterator[Figure]:
    people = QUICK if quick else FULL
    built, bare = asyncio.run(rate(people))
    words = (
        f"{built:.0f} photos/s, bare {bare:.0f}: {built / bare:.2f} of it ({people} people, {len(PHOTOS)} photos each)"
    )
    yield Figure(
        "gallery.rate", f"searchable at {LEAST} of the bare rate", "sqlcipher", 1, int(built < LEAST * bare), words
    )
    size = CRUISE // 10 if quick else CRUISE
    random = vectors(np.random.default_rng(1), size)
    began = time.perf_counter()
    ceiling, pairs = look_alikes(Gallery(tuple(map(str, range(size))), random), 0.9)
    words = f"{time.perf_counter() - began:.1f} s for {size:,} travellers, ceiling {ceiling:.2f}"
    yield Figure("gallery.hygiene", "look-alikes among all pairs", "", 1, len(pairs), words)


if __name__ == "__main__":
    Console().print(table(list(figures("--full" not in sys.argv))))
