"""A database that is there and takes no writes: full, a standby, set read-only, or not where its address leads."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from backend.errors import StoreDown, StoreFull, StoreReadOnly
from backend.store import peers
from backend.store.bell import Topic
from backend.store.engine import Store, open_store
from backend.store.outage import Trouble
from backend.store.peers import Peer
from backend.store.probe import Found
from calibration.service.cluster import Cluster
from calibration.service.line import Line
from calibration.service.postgres import Postgres

FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def pair() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


def store_of(path: Path, url: str = "") -> Store:
    return Store(open_store(path, url))


def welcome(name: str) -> Callable[[Connection], object]:
    return lambda db: peers.welcome(db, Peer(name, "gate", "G1"))


def names(db: Connection) -> list[str]:
    return list(db.execute(text("SELECT name FROM peers ORDER BY name")).scalars())


async def until(store: Store, trouble: Trouble | None, within_s: float = 20) -> Found:
    """As health looks."""
    end_s = time.monotonic() + within_s
    while (found := await store.probe.look()).trouble is not trouble:
        assert time.monotonic() < end_s, f"still {found}"
        await asyncio.sleep(0.1)
    return found


async def refused(asked: Awaitable[object], kind: type[StoreDown], said: str) -> None:
    with pytest.raises(StoreDown, match=said) as caught:
        await asked
    assert type(caught.value) is kind


def bounded(pages: int) -> Callable[[object, object], None]:
    def bound(raw: object, _record: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    return bound


async def test_a_full_file_is_said_and_serves_again_once_there_is_room(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    with engine.begin() as db:
        pages = int(db.exec_driver_sql("PRAGMA page_count").scalar_one())
    engine.dispose()
    event.listen(engine, "connect", bound := bounded(pages + 4))
    store = Store(engine)
    assert await until(store, None) == Found(None)
    large = "x" * 100_000
    await refused(store.run(welcome(large)), StoreFull, "no room: .*full; nothing was kept, make room and ask again")
    await until(store, Trouble.FULL, 5)
    assert await store.read(names) == [], "what is there can be read"
    event.remove(engine, "connect", bound)
    engine.dispose()
    await until(store, None, 5)
    await store.run(welcome("after"))
    assert await store.read(names) == ["after"]
    store.close()


async def test_a_full_postgresql_is_said_and_serves_again_once_there_is_room(own: Postgres, tmp_path: Path) -> None:
    """Its own code for a full disk, from a trigger: on every table, as a full disk is."""
    store = store_of(tmp_path, own.database())
    await until(store, None)
    tables = ("peers", "store_checks")

    def fill(db: Connection) -> None:
        db.execute(text(FULL))
        for table in tables:
            db.execute(text(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()"))

    await store.run(fill)
    await refused(store.run(welcome("during")), StoreFull, "no room: could not extend file.*make room and ask again")
    await until(store, Trouble.FULL, 5)
    assert await store.read(names) == []
    await store.run(lambda db: [db.execute(text(f"DROP TRIGGER full_disk ON {table}")) for table in tables])
    await until(store, None, 5)
    await store.run(welcome("after"))
    store.close()


async def test_a_server_set_read_only_is_said_and_serves_again_afterwards(own: Postgres, tmp_path: Path) -> None:
    store = store_of(tmp_path, own.database())
    await until(store, None)
    own.tell("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    try:
        await until(store, Trouble.STANDBY, 5)
        await refused(store.run(welcome("during")), StoreReadOnly, "takes no writes now: .*ask again later")
    finally:
        with_writes = "SET default_transaction_read_only = off"
        own.tell(with_writes, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
    await until(store, None, 5)
    await store.run(welcome("after"))
    assert await store.read(names) == ["after"]
    store.close()


async def test_a_bug_in_a_reader_is_no_standby(own: Postgres, tmp_path: Path) -> None:
    store = store_of(tmp_path, own.database())
    with pytest.raises(Exception, match="read-only transaction") as caught:
        await store.read(welcome("never"))
    assert not isinstance(caught.value, StoreDown)
    store.close()


async def test_reads_and_writes_follow_the_address_to_another_server_while_the_old_one_lives(
    own: Postgres, tmp_path: Path
) -> None:
    """The bell too.  The other server is told from the first by a name."""
    with Postgres() as other, Line(own.port) as line:
        here, there = own.database(), other.database()
        for url, name in ((here, "old"), (there, "new")):
            store = store_of(tmp_path, url)
            await store.run(welcome(name))
            store.close()
        other.tell(f"ALTER DATABASE {there.rpartition('/')[2]} RENAME TO {here.rpartition('/')[2]}")
        store = store_of(tmp_path, here.replace(str(own.port), str(line.port)))
        listening = asyncio.create_task(store.listen())
        await until(store, None)
        assert await store.read(names) == ["old"]
        await store.bell.wait(Topic.RULES, 0, 20)
        line.lead(other.port)
        async with asyncio.timeout(6):
            while await store.read(names) != ["new"]:
                await store.probe.look()
                await asyncio.sleep(0.1)
        await store.run(welcome("newer"))
        assert await store.read(names) == ["new", "newer"]
        assert await store.bell.wait(Topic.RULES, 1, 20) == 2, "it listens there, and what was missed is unknown"
        listening.cancel()
        store.close()


async def test_only_a_standby_to_be_reached_is_said_and_ends_nobody(pair: Cluster, tmp_path: Path) -> None:
    url = pair.url()
    with Line(pair.primary.port) as line:
        name = url.rpartition("/")[2].partition("?")[0]
        store = store_of(tmp_path, f"postgresql://limen@127.0.0.1:{line.port}/{name}")
        listening = asyncio.create_task(store.listen())
        await until(store, None)
        line.lead(pair.standby.port)
        await until(store, Trouble.STANDBY, 6)
        await refused(store.run(welcome("during")), StoreReadOnly, "takes no writes now")
        await refused(store.read(names), StoreReadOnly, "takes no writes now")
        await asyncio.sleep(1.5)
        assert not listening.done()
        line.lead(pair.primary.port)
        await until(store, None, 6)
        await store.run(welcome("after"))
        listening.cancel()
        store.close()


async def test_a_commit_no_standby_confirmed_is_unknown_and_a_store_that_waits_for_one_can_be_closed(
    own: Postgres, tmp_path: Path
) -> None:
    store = store_of(tmp_path, own.database())
    assert (await until(store, None)).synchronous is False
    own.tell("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
    try:
        while own.tell("SHOW synchronous_standby_names") != [("nobody",)]:  # each time a new connection
            await asyncio.sleep(0.05)
        asked = asyncio.create_task(store.run(welcome("alone")))
        await until(store, Trouble.BUSY, 12)
        assert not asked.done()
        closing = threading.Thread(target=store.close)
        closing.start()
        await refused(
            asked, StoreDown, "standby did not confirm: whether it was kept is unknown; ask again with the same"
        )
        await asyncio.to_thread(closing.join, 20)
        assert not closing.is_alive()
    finally:
        own.tell("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
