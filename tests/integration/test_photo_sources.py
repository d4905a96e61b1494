"""Photo sources over real HTTP: what they give, what they are told, and what they cost when they fail."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import uvicorn
from sqlalchemy import Engine

from backend.biographic import Biographic
from backend.errors import NotReady
from backend.galleries import Galleries
from backend.settings import Settings, Source
from backend.sources.listed import opened
from backend.sources.patience import Sources
from backend.sources.photo import PhotoSource
from backend.standins.photos import app
from backend.store import templates
from backend.store.engine import open_store
from calibration.rehearsal.lane import free_port
from calibration.service.gallery_site import Site, person, until
from vision.embed import template_version

FLIGHT = "XX1"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    engine: Engine = open_store(tmp_path)
    site = Site(tmp_path, engine)
    yield site
    await site.close()
    engine.dispose()


@contextlib.asynccontextmanager
async def stand_in(folder: Path) -> AsyncIterator[str]:
    """Its address."""
    folder.mkdir(exist_ok=True)
    port = free_port(0)
    server = uvicorn.Server(uvicorn.Config(app(folder), port=port, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def asked(site: Site, address: str, *kinds: str, timeout_s: float = 5.0) -> AsyncIterator[list[PhotoSource]]:
    listed = [Source.model_validate({"kind": k, "url": f"{address}/{k}", "timeout_s": timeout_s}) for k in kinds]
    settings = Settings(state_dir=site.root, photos_dir=site.photos, sources=tuple(listed))
    async with opened(settings, site.clock) as sources:
        yield sources


async def behave(address: str, mode: str) -> dict[str, int]:
    async with httpx2.AsyncClient() as client:
        asked = (await client.post(f"{address}/behave", json={"mode": mode})).json()
        return {str(name): int(count) for name, count in asked.items()}


def holder(number: str, issuer: str = "UTO", kind: str = "P") -> Biographic:
    return Biographic("SPECIMEN", "ANNA", document_type=kind, document_number=number, document_issuer=issuer)


def found(galleries: Galleries, size: int) -> bool:
    try:
        return len(galleries.of(FLIGHT).travelers) == size
    except NotReady:
        return False


async def test_each_source_gives_the_photos_it_has_as_they_are(site: Site) -> None:
    site.on_file("A1", "anna-on-file", "anna-live", root=site.root / "far")
    site.on_file("A2", "ben-live", issuer="USA", root=site.root / "far")
    async with stand_in(site.root / "far") as address, asked(site, address, "ident", "state", "visa") as sources:
        foreign = await Sources(sources).about(holder("A1"))
        assert [name for name, _ in foreign.photos] == ["ident", "ident", "visa", "visa"]
        contents = {file.read_bytes() for file in (site.root / "far").rglob("anna*.jpg")}
        assert {photo.content for _, photo in foreign.photos} == contents
        assert {photo.sap for name, photo in foreign.photos if name == "ident"} == {1}
        own = await Sources(sources).about(holder("A2", "USA"))
        assert [name for name, _ in own.photos] == ["ident", "state"]


async def test_a_source_is_not_asked_about_whom_it_cannot_know(site: Site) -> None:
    async with stand_in(site.root / "far") as address, asked(site, address, "ident", "state", "visa") as sources:
        for one in (holder("A1"), holder("A2", "USA"), holder("A3", "USA", "I"), holder("A4", "US"), holder("")):
            assert not (await Sources(sources).about(one)).silent
        assert await behave(address, "well") == {"ident": 4, "state": 2, "visa": 1}


@pytest.mark.parametrize("mode", ["down", "rubbish", "drip"])
async def test_a_failing_source_costs_its_photos_and_is_left_alone_for_a_while(site: Site, mode: str) -> None:
    site.on_file("A1", "anna-on-file")
    failing = stand_in(site.root / "far")
    async with failing as address, asked(site, address, "ident", "visa", timeout_s=0.4) as listed:
        now_s = 0.0
        sources = Sources(listed, retry_s=10.0, now_s=lambda: now_s)
        await behave(address, mode)
        for _ in range(3):
            answer = await sources.about(holder("A1"))
            assert ([name for name, _ in answer.photos], answer.silent) == (["folder"], ("ident", "visa"))
        assert await behave(address, "well") == {"ident": 1, "state": 0, "visa": 1}
        now_s = 10.0
        assert (await sources.about(holder("A1"))).silent == ()


async def test_nobody_listening_is_a_source_that_is_down(site: Site) -> None:
    async with asked(site, f"http://127.0.0.1:{free_port(0)}", "ident") as sources:
        assert (await Sources(sources).about(holder("A1"))).silent == ("ident",)


async def test_a_folder_that_is_gone_is_a_source_that_is_down_and_not_an_answer(site: Site) -> None:
    site.photos.rmdir()
    async with asked(site, "http://127.0.0.1:1") as sources:
        assert (await Sources(sources).about(holder("A1"))).silent == ("folder",)


async def test_a_gallery_does_not_wait_for_a_source_and_is_made_good_when_it_is_back(site: Site) -> None:
    site.on_file("A1", "anna-on-file")
    site.on_file("B1", "ben-on-file-1", root=site.root / "far")
    async with stand_in(site.root / "far") as address, asked(site, address, "ident") as sources, site.store() as store:
        await behave(address, "rubbish")
        async with site.replica(store, sources=sources, retry_s=0.2) as galleries:
            anna, ben = person("A1"), person("B1")
            await site.announce(store, FLIGHT, [anna, ben])
            await until(lambda: found(galleries, 1))
            report = await galleries.hygiene(FLIGHT)
            assert {(d.kind.value, d.travelers) for d in report.defects} == {
                ("poor_photos", (anna.traveler,)),
                ("no_photo", (ben.traveler,)),
            }
            await behave(address, "well")
            await until(lambda: found(galleries, 2))
            held = await store.read(templates.rows, FLIGHT, template_version())
            assert {(row.traveler, row.source) for row in held} == {(anna.traveler, "folder"), (ben.traveler, "ident")}


async def test_a_source_is_asked_once_about_each_traveller_of_a_gallery(site: Site) -> None:
    """What one traveller's photos gave is not lost while others' are written."""
    numbers = [f"N{number}" for number in range(50)]
    for number in numbers:
        site.on_file(number, "anna-on-file", root=site.root / "far")
    async with stand_in(site.root / "far") as address, asked(site, address, "ident") as sources, site.store() as store:
        await site.announce(store, FLIGHT, [person(number) for number in numbers])
        async with site.replica(store, sources=sources) as galleries:
            await until(lambda: found(galleries, len(numbers)))
        assert (await behave(address, "well"))["ident"] == len(numbers)


@pytest.mark.parametrize("url", ["http://ident.example/", "ftp://127.0.0.1/", "http://127.0.0.1.example/"])
def test_documents_travel_in_clear_within_this_machine_only(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Source(kind="ident", url=url)
