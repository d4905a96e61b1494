"""LAND-P: the gallery of a port's frequent crossers, from crossings alone, on both stores."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, select, update

from backend import galleries_port
from backend.errors import NotReady
from backend.galleries_port import DAY_MS, Lane, day_of
from backend.keys import of_gallery
from backend.store import journeys, templates, travelers
from backend.store.engine import Store
from backend.store.schema import audit_log, crossings
from backend.store.schema import travelers as traveler_rows
from backend.store.templates import Sample
from backend.store.travelers import Traveler
from calibration.service.gallery_site import NOON_UTC_MS, Site, person, until
from tests.make import unit

LANE = Lane("ZRH", crossings=2, days=14, version="v")
TODAY = day_of("ZRH", NOON_UTC_MS)


@pytest.fixture
async def site(tmp_path: Path, engine: Engine) -> AsyncIterator[Site]:
    site = Site(tmp_path, engine)
    yield site
    await site.close()


async def rode(site: Site, store: Store, who: Traveler, *journeys_taken: str, ago_days: int = 0) -> None:
    """A bus each, at whose end the traveller is seen to cross."""
    for number, name in enumerate(journeys_taken):
        mine = Traveler(str(uuid.uuid4()), who.biographic, citizen=who.citizen, accommodation=who.accommodation)
        await site.announce(store, name, [mine])
        box = site.keys.box(of_gallery(name))
        await store.run(templates.enrol, box, mine.traveler, "v", [Sample(unit(number), "folder", 80, f"p{number}")])
        await store.run(cross, name, mine, site.now_utc_ms - ago_days * DAY_MS)


def cross(db: Connection, journey: str, who: Traveler, at_utc_ms: int) -> None:
    row: dict[str, object] = {
        "crossing": str(uuid.uuid4()),
        "journey": journey,
        "traveler": who.traveler,
        "encounter": str(uuid.uuid4()),
    }
    row |= {"person": travelers.person_of(db, who.traveler), "kind": "biographic", "direction": "out", "port": "ZRH"}
    row |= {"gate": "G1", "device": "g1", "agent": None, "policy": "2025-12-26", "citizen": who.citizen}
    db.execute(crossings.insert(), {**row, "sealed": None, "crossed_utc_ms": at_utc_ms, "until_utc_ms": None})


async def members(site: Site, store: Store, journey: str = TODAY) -> set[str]:
    """Their documents."""
    everyone = await store.read(travelers.of_journey, site.keys, journey)
    return {one.biographic.document_number for one in everyone}


async def once(site: Site, store: Store) -> int:
    return await galleries_port.once(store, site.keys, site.now_utc_ms, LANE)


def lose(db: Connection, of: tuple[str, ...]) -> None:
    """Nothing can be read of their travellers any more."""
    db.execute(update(traveler_rows).where(traveler_rows.c.journey.in_(of)).values(sealed=None))


def actions(db: Connection) -> list[str]:
    return list(db.execute(select(audit_log.c.action).order_by(audit_log.c.number)).scalars())


async def test_land_p_who_crossed_often_is_in_and_who_did_once_is_not(site: Site) -> None:
    async with site.store() as store:
        await rode(site, store, person("A1"), "BUS/1", "BUS/2")
        await rode(site, store, person("B1"), "BUS/3")
        await rode(site, store, person("C1"), "BUS/4", "BUS/5", ago_days=15)
        assert await once(site, store) == 1
        assert await members(site, store) == {"A1"}
        assert await once(site, store) == 0
        assert await store.read(actions) == ["port_gallery.opened", "port_gallery.joined"]


async def test_ret1_a_citizen_is_never_a_member_and_who_goes_by_documents_is_not(site: Site) -> None:
    async with site.store() as store:
        await rode(site, store, person("A1", citizen=True), "BUS/1", "BUS/2")
        await rode(site, store, person("B1", accommodation="opt_out"), "BUS/3", "BUS/4")
        await once(site, store)
        assert await members(site, store) == set()


async def test_red1_a_voided_crossing_does_not_count(site: Site) -> None:
    async with site.store() as store:
        await rode(site, store, person("A1"), "BUS/1", "BUS/2")
        await store.run(lambda db: db.execute(update(crossings).values(voided_utc_ms=1)))
        await once(site, store)
        assert await members(site, store) == set()


async def test_templates_are_taken_over_under_the_ports_own_key(site: Site) -> None:
    async with site.store() as store:
        await rode(site, store, person("A1"), "BUS/1", "BUS/2")
        await once(site, store)
        for bus in ("BUS/1", "BUS/2"):
            site.keys.destroy(of_gallery(bus))
        ((_, vector),) = await store.read(templates.samples, site.keys, TODAY, "v")
        assert any(np.array_equal(vector, unit(seed)) for seed in (0, 1))


async def test_a_new_day_is_a_new_gallery_and_who_has_not_crossed_for_long_is_not_in_it(site: Site) -> None:
    async with site.store() as store:
        await rode(site, store, person("A1"), "BUS/1", "BUS/2", ago_days=13)
        await rode(site, store, person("B1"), "BUS/3", "BUS/4")
        await once(site, store)
        assert await members(site, store) == {"A1", "B1"}
        await store.run(journeys.assign, "LANE1", TODAY)
        site.now_utc_ms += 2 * DAY_MS
        await once(site, store)
        tomorrow = day_of("ZRH", site.now_utc_ms)
        assert await members(site, store, tomorrow) == {"B1"}
        assert await store.read(journeys.assigned, "ZRH", "LANE1") == tomorrow
        assert await store.read(templates.holders, TODAY) == set()
        old = await store.read(journeys.find, TODAY)
        assert old is not None and old.closed_utc_ms == site.now_utc_ms


async def test_ret2_fourteen_days_after_it_began_a_ports_gallery_cannot_be_opened_any_more(site: Site) -> None:
    async with site.store() as store:
        await rode(site, store, person("A1"), "BUS/1", "BUS/2")
        await once(site, store)
        assert site.keys.has(of_gallery(TODAY))
        site.now_utc_ms += 14 * DAY_MS
        await once(site, store)
        assert not site.keys.has(of_gallery(TODAY))
        sealed = await store.read(
            lambda db: (
                db.execute(select(traveler_rows.c.sealed).where(traveler_rows.c.journey == TODAY)).scalars().all()
            )
        )
        assert set(sealed) == {None}


async def test_a_member_known_only_from_yesterdays_lane_gets_new_templates_from_photos(site: Site) -> None:
    site.on_file("A1", "anna-on-file")
    async with site.store() as store, site.replica(store, version="v") as galleries:
        await rode(site, store, person("A1"), "BUS/1", "BUS/2")
        await once(site, store)
        await store.run(lose, ("BUS/1", "BUS/2"))
        site.now_utc_ms += DAY_MS
        await once(site, store)
        tomorrow = day_of("ZRH", site.now_utc_ms)

        def there() -> bool:
            try:
                return len(galleries.of(tomorrow).travelers) == 1
            except NotReady:
                return False

        await until(there)
        (row,) = await store.read(templates.rows, tomorrow, "v")
        assert row.source == "folder" and not row.photo.startswith("p")
