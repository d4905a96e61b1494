"""A database that goes away, comes back, hangs, is unsafe, or is shared by replicas."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from sqlalchemy import Connection, text

from backend.errors import StoreDown, StoreUnfit
from backend.operations.work import lasting
from backend.store import peers
from backend.store.bell import Topic
from backend.store.engine import Store, open_store, touch
from backend.store.peers import Peer
from backend.store.sqlcipher import NEEDED, unfit
from calibration.service.postgres import Postgres


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server of these tests alone: they stop it."""
    with Postgres() as server:
        yield server


@pytest.fixture
def shared(fragile: Postgres, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Two replicas on one database."""
    url = fragile.database()
    stores = Store(open_store(tmp_path, url)), Store(open_store(tmp_path, url))
    yield stores
    for store in stores:
        store.close()


def names(db: Connection) -> list[str]:
    return list(db.execute(text("SELECT name FROM peers ORDER BY name")).scalars())


@pytest.mark.parametrize(
    ("setting", "value"),
    [("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off"), ("synchronous_commit", "local")],
)
def test_a_server_that_could_lose_what_it_acknowledged_is_refused(
    fragile: Postgres, tmp_path: Path, setting: str, value: str
) -> None:
    url = fragile.database()
    fragile.stop()
    fragile.start(**{setting: value})
    try:
        with pytest.raises(StoreUnfit, match=f"{setting} is {value}, on.* is needed: .*lost|damage"):
            open_store(tmp_path, url)
        with psycopg.connect(url) as other:
            assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchall() == [(0,)]
    finally:
        fragile.stop()
        fragile.start()
    open_store(tmp_path, url).dispose()


def test_a_database_that_cannot_keep_every_name_is_refused(fragile: Postgres, tmp_path: Path) -> None:
    with pytest.raises(StoreUnfit, match="server_encoding is SQL_ASCII, UTF8 is needed"):
        open_store(tmp_path, fragile.database("SQL_ASCII"))


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_that_could_lose_what_it_acknowledged_is_refused(name: str) -> None:
    safe = {setting: wanted for setting, (wanted, _) in NEEDED.items()}
    assert unfit(safe) == ""
    assert f"{name} is 0, {NEEDED[name][0]} is needed" in unfit({**safe, name: "0"})


@pytest.mark.parametrize("url", ["postgresql://limen:canary@127.0.0.1:1/none", "canary is no url"])
def test_no_message_and_no_log_line_holds_the_password(tmp_path: Path, url: str) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(StoreUnfit) as refused:
        open_store(tmp_path, url)
    assert "canary" not in f"{refused.value}{logs}"


async def test_what_is_asked_while_the_database_is_away_fails_clearly_and_later_succeeds(
    fragile: Postgres, shared: tuple[Store, Store]
) -> None:
    store = shared[0]
    await store.run(peers.welcome, Peer("before", "gate", "G1"))
    fragile.stop("immediate")
    try:
        for failing in (store.run(peers.welcome, Peer("during", "gate", "G2")), store.read(names)):
            with pytest.raises(StoreDown, match=r"does not answer: .* nothing was kept, ask again later"):
                await failing
    finally:
        fragile.start()
    await store.run(peers.welcome, Peer("after", "gate", "G3"))
    assert await store.read(names) == ["after", "before"]


async def test_a_connection_cut_before_the_commit_is_tried_again_and_kept_once(shared: tuple[Store, Store]) -> None:
    store, tries = shared[0], []

    def cut(db: Connection) -> int:
        tries.append(1)
        peers.welcome(db, Peer(f"try {len(tries)}", "gate", "G1"))
        if len(tries) == 1:
            db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return len(tries)

    assert await store.run(cut) == 2
    assert await store.read(names) == ["try 2"]


async def test_an_unknown_commit_is_said_and_never_tried_again(shared: tuple[Store, Store]) -> None:
    """A deferred trigger cuts the connection inside COMMIT."""
    store, tries = shared[0], []
    cutting = """CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"""
    trigger = "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON peers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    await store.run(lambda db: db.execute(text(cutting)))
    await store.run(lambda db: db.execute(text(f"{trigger} EXECUTE FUNCTION cut()")))

    def write(db: Connection) -> None:
        tries.append(1)
        peers.welcome(db, Peer("unknown", "gate", "G1"))

    with pytest.raises(StoreDown, match="whether it was kept is unknown; ask again with the same key"):
        await store.run(write)
    assert len(tries) == 1


async def test_two_replicas_write_one_after_the_other(shared: tuple[Store, Store]) -> None:
    def count(db: Connection) -> None:
        """Loses an update wherever two read before either writes."""
        seen = int(db.execute(text("SELECT coalesce(max(port), '0') FROM peers WHERE name = 'n'")).scalar_one())
        peers.welcome(db, Peer("n", "gate", "G1", f"{seen + 1:04}"))

    await asyncio.gather(*(store.run(count) for store in shared for _ in range(50)))
    assert await shared[0].read(lambda db: db.execute(text("SELECT port FROM peers")).scalars().all()) == ["0100"]


async def test_what_one_replica_changes_rings_at_the_other_also_after_a_cut(
    fragile: Postgres, shared: tuple[Store, Store]
) -> None:
    here, there = shared
    listening = asyncio.create_task(there.listen())
    heard = await there.bell.wait(Topic.ALERTS, 0, 20)  # once it listens, everything may have changed
    assert heard == 1
    await here.run(touch, Topic.ALERTS)
    assert await there.bell.wait(Topic.ALERTS, heard, 20) == 2
    assert there.bell.revision(Topic.RULES) == 1
    fragile.stop("immediate")
    fragile.start()
    assert await there.bell.wait(Topic.RULES, 1, 20) == 2  # what was missed is unknown: everything rings
    seen = there.bell.revision(Topic.OUTBOX)
    await here.run(touch, Topic.OUTBOX)
    assert await there.bell.wait(Topic.OUTBOX, seen, 20) == seen + 1
    listening.cancel()


async def test_a_replica_that_hangs_in_a_transaction_holds_the_others_up_for_seconds_only(
    shared: tuple[Store, Store],
) -> None:
    hung, holds, over = shared[0], threading.Event(), threading.Event()

    def hang(db: Connection) -> None:
        db.execute(text("SET LOCAL idle_in_transaction_session_timeout = '500ms'"))
        holds.set()
        over.wait(20)

    hanging = asyncio.create_task(hung.run(hang))
    await asyncio.to_thread(holds.wait, 20)
    await shared[1].run(peers.welcome, Peer("other", "gate", "G1"))
    assert await shared[1].read(names) == ["other"]
    over.set()
    with pytest.raises(StoreDown):
        await hanging


async def test_a_job_goes_on_after_the_database_was_away_and_ends_the_service_for_anything_else() -> None:
    starts = []

    async def job() -> None:
        starts.append(1)
        if len(starts) == 1:
            raise StoreDown("away")
        if len(starts) == 2:
            raise ExceptionGroup("two tasks", [StoreDown("away"), StoreDown("away")])
        raise ExceptionGroup("two tasks", [StoreDown("away"), ValueError("a bug")])

    with pytest.raises(ExceptionGroup):
        await lasting(job)
    assert len(starts) == 3
