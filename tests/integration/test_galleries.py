"""Galleries as they are built, shared, changed and forgotten: real photos, real stores of both kinds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select, update

from backend.errors import NotReady
from backend.galleries import Galleries
from backend.matching.gallery import Best, search
from backend.store import crossings, gallery_rows, templates
from backend.store import travelers as expected
from backend.store.bell import Topic
from backend.store.crossings import Crossing
from backend.store.engine import Store, touch
from backend.store.gallery_rows import Claim
from backend.store.schema import audit_log, journeys
from backend.store.schema import templates as template_rows
from calibration.service.gallery_site import HOUR_MS, NOON_UTC_MS, Site, person, until
from vision.embed import template_version

FLIGHT = "XX1/2026-11-22/ZRH"


@pytest.fixture
async def site(tmp_path: Path, engine: Engine) -> AsyncIterator[Site]:
    site = Site(tmp_path, engine)
    site.on_file("A1", "anna-on-file")
    site.on_file("B1", "ben-on-file-1", "ben-on-file-2")
    site.on_file("C1", "carla-on-file")
    yield site
    await site.close()


@contextlib.asynccontextmanager
async def running(site: Site, name: str = "a", version: str = "") -> AsyncIterator[tuple[Store, Galleries]]:
    async with site.store() as store, site.replica(store, name=name, version=version) as galleries:
        yield store, galleries


def ready(galleries: Galleries, size: int, journey: str = FLIGHT) -> bool:
    try:
        return len(galleries.of(journey).travelers) == size
    except NotReady:
        return False


def set_journey(db: Connection, /, **values: object) -> None:
    db.execute(update(journeys).where(journeys.c.journey == FLIGHT).values(**values))
    touch(db, Topic.GALLERIES)


def cross(db: Connection, traveler: str, *, citizen: bool) -> None:
    made = Crossing(
        crossing=traveler,
        journey=FLIGHT,
        traveler=traveler,
        person=traveler,
        encounter=traveler,
        kind="biometric",
        direction="out",
        port="ZRH",
        gate="G1",
        device="g1",
        agent=None,
        policy="2025-12-26",
        citizen=citizen,
        sealed=None,
        crossed_utc_ms=NOON_UTC_MS,
        until_utc_ms=None,
    )
    assert crossings.confirm(db, made, (), NOON_UTC_MS)


def kept(db: Connection) -> list[tuple[str, str, str]]:
    """(traveller, version, sealed bytes) of every template."""
    rows = db.execute(select(template_rows).order_by(template_rows.c.traveler, template_rows.c.sample))
    return [(row.traveler, row.version, row.sealed.hex()) for row in rows]


async def only(store: Store, version: str) -> None:
    """Until no template of another model is left.  Raises TimeoutError."""
    async with asyncio.timeout(60):
        while {row[1] for row in await store.read(kept)} != {version}:
            await asyncio.sleep(0.02)


def actions(db: Connection) -> list[str]:
    return list(db.execute(select(audit_log.c.action).order_by(audit_log.c.number)).scalars())


async def test_every_photo_on_file_becomes_a_sample_and_the_time_to_searchable_is_kept(site: Site) -> None:
    async with running(site) as (store, galleries):
        anna, ben, nobody = person("A1"), person("B1"), person("N1")
        await site.announce(store, FLIGHT, [anna, ben, nobody], departs_utc_ms=NOON_UTC_MS + HOUR_MS)
        site.now_utc_ms += 7_000
        await until(lambda: ready(galleries, 2))
        held = await store.read(templates.rows, FLIGHT, template_version())
        assert sorted((row.traveler, row.source) for row in held) == sorted(
            [(anna.traveler, "folder"), (ben.traveler, "folder"), (ben.traveler, "folder")]
        )
        assert all(0 < row.quality <= 100 for row in held)
        assert len({row.photo for row in held}) == 3
        await until(lambda: galleries.progress(FLIGHT).searchable_after_ms == 7_000)
        assert "gallery.built" in await store.read(actions)
        found = await store.read(templates.refusals, FLIGHT)
        assert [str(one) for one in found[nobody.traveler]] == ["no photo on file"]


async def test_a_gallery_is_built_no_earlier_than_a_day_ahead_and_at_once_if_no_time_is_known(site: Site) -> None:
    async with running(site) as (store, galleries):
        await site.announce(store, FLIGHT, [person("A1")], departs_utc_ms=NOON_UTC_MS + 25 * HOUR_MS)
        await site.announce(store, "BUS", [person("B1")])
        await until(lambda: ready(galleries, 1, "BUS"))
        assert not ready(galleries, 1)
        assert len(await store.read(kept)) == 2
        site.now_utc_ms += HOUR_MS
        galleries.want(FLIGHT)
        await until(lambda: ready(galleries, 1))


async def test_a_late_add_is_enrolled_and_nobody_else_again(site: Site) -> None:
    async with running(site) as (store, galleries):
        await site.announce(store, FLIGHT, [person("A1")])
        await until(lambda: ready(galleries, 1))
        before = await store.read(kept)
        await site.announce(store, FLIGHT, [person("B1")])
        await until(lambda: ready(galleries, 2))
        assert set(before) < set(await store.read(kept))


async def test_who_is_removed_or_goes_by_documents_is_out_at_once_and_their_templates_are_deleted(site: Site) -> None:
    async with running(site) as (store, galleries):
        anna, ben, carla = person("A1"), person("B1"), person("C1")
        await site.announce(store, FLIGHT, [anna, ben, carla])
        await until(lambda: ready(galleries, 3))
        await store.run(expected.remove, anna.traveler)
        await store.run(expected.accommodate, ben.traveler, "opt_out")
        await until(lambda: ready(galleries, 1))
        assert galleries.of(FLIGHT).travelers == (carla.traveler,)
        async with asyncio.timeout(30):  # the others are searched no more; their templates go in the next transaction
            while {row[0] for row in await store.read(kept)} != {carla.traveler}:
                await asyncio.sleep(0.02)
        await store.run(expected.accommodate, ben.traveler, "")
        await until(lambda: ready(galleries, 2))


async def test_ret1_a_citizens_template_goes_with_the_crossing_and_a_foreigners_stays(site: Site) -> None:
    async with running(site) as (store, galleries):
        anna, ben, carla = person("A1", citizen=True), person("B1"), person("C1", citizen=True)
        await site.announce(store, FLIGHT, [anna, ben, carla])
        await until(lambda: ready(galleries, 3))
        await store.run(cross, anna.traveler, citizen=True)
        await store.run(cross, ben.traveler, citizen=False)
        await until(lambda: ready(galleries, 2))
        assert set(galleries.of(FLIGHT).travelers) == {ben.traveler, carla.traveler}
        assert {row[0] for row in await store.read(kept)} == {ben.traveler, carla.traveler}
        assert "templates.forgotten" in await store.read(actions)


async def test_ret1_closed_doors_end_the_search_and_take_citizens_templates(site: Site) -> None:
    async with running(site) as (store, galleries):
        anna, ben = person("A1", citizen=True), person("B1")
        await site.announce(store, FLIGHT, [anna, ben])
        await until(lambda: ready(galleries, 2))
        await store.run(set_journey, closed_utc_ms=NOON_UTC_MS)
        await until(lambda: not ready(galleries, 2) and not ready(galleries, 1))
        with pytest.raises(NotReady):
            galleries.of(FLIGHT)
        assert {row[0] for row in await store.read(kept)} == {ben.traveler}


async def test_a_second_replica_picks_a_gallery_up_and_embeds_nothing_again(site: Site) -> None:
    async with running(site) as (store, first), running(site, "b") as (_, second):
        await site.announce(store, FLIGHT, [person("A1"), person("B1")])
        await until(lambda: ready(first, 2) and ready(second, 2))
        assert len(await store.read(kept)) == 3
        await until(lambda: first.progress(FLIGHT).ready and second.progress(FLIGHT).ready)
        looked = first.progress(FLIGHT).done + second.progress(FLIGHT).done
        assert looked == 3, "each photo was looked at once, by one of them"


async def test_after_a_restart_the_gallery_is_there_without_its_photos(site: Site) -> None:
    async with running(site) as (store, galleries):
        await site.announce(store, FLIGHT, [person("A1"), person("B1")])
        await until(lambda: ready(galleries, 2))
        vectors = galleries.of(FLIGHT).vectors
    site.photos.rename(site.root / "gone")
    async with running(site, "b") as (_, again):
        await until(lambda: ready(again, 2))
        assert (again.of(FLIGHT).vectors == vectors).all()


async def test_another_model_gets_a_whole_new_gallery_before_it_searches_and_the_old_one_goes(site: Site) -> None:
    async with running(site, "a", "model-1") as (store, galleries):
        await site.announce(store, FLIGHT, [person("A1"), person("B1")])
        await until(lambda: ready(galleries, 2))
    site.now_utc_ms += 1000
    async with site.store() as store:
        builder = Claim("elsewhere", "model-2", site.now_utc_ms, site.now_utc_ms + HOUR_MS)
        assert await store.run(gallery_rows.claim, FLIGHT, builder, site.now_utc_ms)
    async with running(site, "b", "model-2") as (store, galleries):
        await until(lambda: galleries.seen(FLIGHT))
        with pytest.raises(NotReady):
            galleries.of(FLIGHT)  # the old templates are there, and never meet a new probe
        assert {version for _, version, _ in await store.read(kept)} == {"model-1"}
        await store.run(gallery_rows.release, FLIGHT, "elsewhere")
        await until(lambda: ready(galleries, 2))
        await only(store, "model-2")


async def test_a_service_that_runs_on_with_the_old_model_stops_searching_and_does_not_fight(site: Site) -> None:
    async with running(site, "a", "model-1") as (store, old):
        await site.announce(store, FLIGHT, [person("A1"), person("B1")])
        await until(lambda: ready(old, 2))
        site.now_utc_ms += 1000
        async with running(site, "b", "model-2") as (_, new):
            await until(lambda: ready(new, 2))
            await until(lambda: not ready(old, 2))
            await until(lambda: ready(new, 2))
            await only(store, "model-2")


async def test_a_photo_leaves_nothing_on_disk_but_what_the_folder_holds(site: Site, tmp_path: Path) -> None:
    """The canary is a mark in the photo's own bytes: after the gallery is built it is in the photo and nowhere else."""
    canary = b"CANARY-5f3b9d1c"
    for file in site.photos.rglob("*.jpg"):
        content = file.read_bytes()
        mark = b"\xff\xfe" + (len(canary) + 2).to_bytes(2, "big") + canary  # a JPEG comment
        file.write_bytes(content[:2] + mark + content[2:])
    async with running(site) as (store, galleries):
        await site.announce(store, FLIGHT, [person("A1"), person("B1"), person("C1")])
        await until(lambda: ready(galleries, 3))
        raw = [vector.tobytes()[:32] for vector in galleries.of(FLIGHT).vectors]
        rows = [bytes(row) for _, _, sealed in await store.read(kept) for row in [bytes.fromhex(sealed)]]
    held = [p for p in tmp_path.rglob("*") if p.is_file() and not p.is_relative_to(site.photos)]
    assert held, "there is a database to search"
    contents = [p.read_bytes() for p in held] + rows
    assert not any(canary in content or b"JFIF" in content for content in contents)
    assert not any(vector in content for vector in raw for content in contents)


async def test_the_hygiene_report_names_what_is_wrong_before_boarding(site: Site) -> None:
    site.on_file("D1", "anna-on-file")  # another document, the same photo
    site.on_file("E1", "ben-on-file-1", "carla-on-file")  # two people on one document
    (site.photos / next(p.name for p in site.photos.iterdir()) / "broken.jpg").write_bytes(b"\xff\xd8\xff no")
    async with running(site) as (store, galleries):
        people = {number: person(number) for number in ("A1", "D1", "E1", "C1", "N1")}
        await site.announce(store, FLIGHT, list(people.values()))
        await until(lambda: ready(galleries, 4))
        report = await galleries.hygiene(FLIGHT)
    found = {(defect.kind.value, tuple(sorted(defect.travelers))) for defect in report.defects}
    both = tuple(sorted((people["A1"].traveler, people["D1"].traveler)))
    assert {("duplicate", both), ("look_alike", both)} <= found
    assert ("mismatch", (people["E1"].traveler,)) in found
    assert ("no_photo", (people["N1"].traveler,)) in found
    assert (report.travelers, report.searchable, report.samples) == (5, 4, 5)
    assert report.ceiling == pytest.approx(1.0, abs=1e-5)


async def test_a_built_gallery_finds_its_people(site: Site) -> None:
    async with running(site) as (store, galleries):
        anna, ben = person("A1"), person("B1")
        await site.announce(store, FLIGHT, [anna, ben])
        await until(lambda: ready(galleries, 2))
        opened = await store.read(templates.samples, site.keys, FLIGHT, template_version())
        for traveler, vector in opened:
            found = search(galleries.of(FLIGHT), vector)
            assert isinstance(found, Best) and found.traveler == traveler
