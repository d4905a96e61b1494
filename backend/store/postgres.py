"""PostgreSQL, for more than one replica of the service."""

import asyncio

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DatabaseError

from backend.errors import StoreUnfit
from backend.store.bell import Bell, Topic
from backend.store.migrating import make_ready

log = structlog.get_logger()
ONE_WRITER = 0x4C494D454E  # of our advisory lock: as in SQLite, one transaction writes at a time, so both behave alike
# A server or a replica that hangs must not hold the others up: it is given up after these.
CONNECTING: dict[str, str | int] = {
    "client_encoding": "utf8",
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8_000,
    "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=10s -c statement_timeout=60s -c timezone=UTC"
    " -c max_parallel_workers_per_gather=0",  # starting workers takes longer than any question of ours
}
OLDEST = 130_000  # 13: the oldest this is tested with the like of, and that its makers still repair
# Allowed values, and what would be lost otherwise.
NEEDED: dict[str, tuple[frozenset[str], str]] = {
    "fsync": (frozenset({"on"}), "records already acknowledged, and the database itself, would be lost with the power"),
    "full_page_writes": (frozenset({"on"}), "a torn page would damage the database"),
    "synchronous_commit": (frozenset({"on", "remote_apply"}), "records already acknowledged would be lost"),
    "server_encoding": (frozenset({"UTF8"}), "names could not be kept as they are written"),
}
AGAIN_S = 1.0


def open_store(url: str, to_migrate: bool = False) -> Engine:
    """The database of this URL, its tables made when missing.  Raises StoreUnfit.

    The password comes with the URL or from libpq's PGPASSFILE; no message and no log line holds it.
    """
    engine, where = reach(url), _address(url)
    try:
        make_ready(engine, to_migrate)
    except DatabaseError as error:
        engine.dispose()
        raise StoreUnfit(f"PostgreSQL {where.render_as_string()} cannot be used: {error.orig}") from error
    except StoreUnfit as error:
        engine.dispose()
        raise StoreUnfit(f"PostgreSQL {where.render_as_string()}: {error}") from error
    return engine


def reach(url: str) -> Engine:
    """Nothing is asked of the server yet."""
    engine = create_engine(_address(url), hide_parameters=True, pool_size=8, connect_args=CONNECTING)
    event.listen(engine, "connect", _check)
    event.listen(engine, "begin", _begin)
    return engine


async def listen(url: URL, bell: Bell) -> None:
    """Ring for every notification, for ever; after each gap for everything, since something may have been missed."""
    address, known = _conninfo(url), {topic.value for topic in Topic}
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                await connection.execute("LISTEN limen")
                bell.ring(*Topic)
                async for heard in connection.notifies():
                    if heard.payload in known:
                        bell.ring(Topic(heard.payload))
        except psycopg.OperationalError as error:
            log.warning("store.not_heard", why=" ".join(str(error).split())[:200])
        await asyncio.sleep(AGAIN_S)


def _address(url: str) -> URL:
    """Raises StoreUnfit, without the URL: it may hold a password."""
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise StoreUnfit("database: not a URL; postgresql://user@host:5432/name is one") from None


def _conninfo(url: URL) -> str:
    """As libpq wants it, with the password."""
    return make_conninfo(url.set(drivername="postgresql").render_as_string(hide_password=False), **CONNECTING)


def _check(raw: DBAPIConnection, _record: object) -> None:
    """At each new connection: the server may have been started anew with other settings.  Raises StoreUnfit."""
    cursor = raw.cursor()
    cursor.execute("SELECT current_setting('server_version_num')")
    if (version := int(cursor.fetchall()[0][0])) < OLDEST:
        raise StoreUnfit(f"its version is {version // 10_000}, {OLDEST // 10_000} or later is needed")
    cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in NEEDED))
    found = dict(zip(NEEDED, cursor.fetchall()[0], strict=True))
    cursor.close()
    raw.rollback()
    wrong = [
        f"{name} is {found[name]}, {' or '.join(sorted(allowed))} is needed: {why}"
        for name, (allowed, why) in NEEDED.items()
        if found[name] not in allowed
    ]
    if wrong:
        raise StoreUnfit("; ".join(wrong))


def _begin(db: Connection) -> None:
    """A reader's transaction sees one moment and cannot write; a writer's is the only one from its start."""
    if db.get_execution_options().get("to_read"):
        db.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")
