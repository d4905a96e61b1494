"""How soon after a restart fifty galleries can be searched again."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from backend.keys import of_gallery
from backend.store import journeys, templates
from backend.store.engine import Store, open_store
from backend.store.templates import Enrolment, Sample
from backend.store.travelers import Traveler
from calibration.service.figure import Figure, table
from calibration.service.gallery_site import Site, person, until
from calibration.service.postgres import Postgres
from vision.embed import template_version

GALLERIES, PEOPLE, SAMPLES, MOST_S = 50, 420, 3, 3.0
QUICK = 8  # galleries


async def restart(url: str, galleries: int) -> float:
    """Seconds from an open database to the last gallery searchable.  url: "" for an encrypted file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        engine = open_store(root, url)
        site = Site(root, engine)
        async with site.store() as store:
            for number in range(galleries):
                await _fill(site, store, f"J{number}", number)
        if url:  # as the server does by itself within a minute
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.exec_driver_sql("VACUUM ANALYZE")
        engine.dispose()
        site.engine = open_store(root, url)
        names = [f"J{number}" for number in range(galleries)]
        began = time.perf_counter()
        async with site.store() as store, site.replica(store, name="again") as again:
            await until(lambda: all(again.progress(name).ready for name in names), 120.0)
            took_s = time.perf_counter() - began
        await site.close()
        site.engine.dispose()
    return took_s


async def _fill(site: Site, store: Store, journey: str, seed: int) -> None:
    people = [person(f"N{number}") for number in range(PEOPLE)]
    await site.announce(store, journey, people)
    random = np.random.default_rng(seed).normal(size=(PEOPLE, SAMPLES, 128)).astype(np.float32)
    random /= np.linalg.norm(random, axis=2, keepdims=True)
    made = [_enrolment(one, rows) for one, rows in zip(people, random, strict=True)]
    assert site.keys.has(of_gallery(journey))
    await store.run(templates.keep, site.keys, journey, template_version(), made)
    await store.run(journeys.searchable, journey, site.now_utc_ms)


def _enrolment(one: Traveler, rows: np.ndarray) -> Enrolment:
    samples = tuple(Sample(row, "folder", 80, f"{one.traveler}{number}") for number, row in enumerate(rows))
    return Enrolment(one.traveler, samples, ())


def figures(quick: bool) -> Iterator[Figure]:
    count = QUICK if quick else GALLERIES
    with Postgres() as server:
        for kind, url in (("sqlcipher", ""), ("postgresql", server.database())):
            took_s = asyncio.run(restart(url, count))
            words = f"{took_s:.2f} s for {count} galleries of {PEOPLE} x {SAMPLES}, without starting the process"
            yield Figure("gallery.restart", f"serving in {MOST_S:.0f} s", kind, 1, int(took_s > MOST_S), words)


if __name__ == "__main__":
    Console().print(table(list(figures("--full" not in sys.argv))))
