"""PostgreSQL, for more than one replica of the service."""

import asyncio
import contextlib
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DatabaseError

from backend.errors import StoreUnfit
from backend.store.bell import Bell, Topic
from backend.store.era import Era
from backend.store.migrating import make_ready
from backend.store.outage import words

log = structlog.get_logger()
ONE_WRITER = 0x4C494D454E  # of our advisory lock: as in SQLite, one transaction writes at a time, so both behave alike
PRIMARY = "target_session_attrs", "read-write"  # of several hosts the one that takes writes, and none that does not
# A server or a replica that hangs must not hold the others up: it is given up after these.
CONNECTING: dict[str, str | int] = {
    PRIMARY[0]: PRIMARY[1],
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
UNCONFIRMED = "unconfirmed"  # of a connection: the last commit was not confirmed by the synchronous standby


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
    _attend(engine)
    event.listen(engine, "begin", _begin)
    return engine


def anew(engine: Engine) -> Engine:
    """The same database by a new connection each time: its address is followed, and no other writer waited for."""
    fresh = create_engine(engine.url, hide_parameters=True, poolclass=NullPool, connect_args=CONNECTING)
    _attend(fresh)
    return fresh


def hosts(url: str) -> list[str]:
    """host:port of each server that may be the primary.  Raises StoreUnfit."""
    _, found = (address := _address(url)).get_dialect()().create_connect_args(address)
    names, ports = str(found.get("host", "")).split(","), str(found["port"]).split(",")
    return [f"{name}:{port}" for name, port in zip(names, ports, strict=True)]


async def listen(url: URL, bell: Bell, era: Era) -> None:
    """Ring for every notification, for ever; after each gap for everything, since something may have been missed.

    No error of it ends the service: without it, jobs look by themselves now and then.
    """
    address = _conninfo(url)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                await connection.execute("LISTEN limen")
                bell.ring(*Topic)
                await _hear(connection, bell, era)
        except psycopg.Error as error:
            log.warning("store.not_heard", why=words(error))
        await asyncio.sleep(AGAIN_S)


async def _hear(connection: psycopg.AsyncConnection[Any], bell: Bell, era: Era) -> None:
    """Until the connections of this time are let go of: what was primary may live on, and say nothing any more."""
    known, ours = {topic.value for topic in Topic}, era.number
    while era.number == ours:
        async for heard in connection.notifies(timeout=AGAIN_S):
            if heard.payload in known:
                bell.ring(Topic(heard.payload))


def _address(url: str) -> URL:
    """As libpq reads it: several hosts, each with its port.  Raises StoreUnfit, without the URL: it may hold a
    password."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise StoreUnfit("database: postgresql://user@host:5432/name is needed, or nothing for the encrypted file")
    try:
        found = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.ProgrammingError:
        raise StoreUnfit("database: not a URL; postgresql://user@host:5432/name is one") from None
    if found.pop(PRIMARY[0], PRIMARY[1]) not in (PRIMARY[1], "primary"):
        raise StoreUnfit(f"database: {PRIMARY[0]} must be {PRIMARY[1]}: the service needs the server that takes writes")
    names, ports = found.pop("host", "").split(","), found.pop("port", "5432").split(",")
    ports = ports * len(names) if len(ports) == 1 else ports
    if len(ports) != len(names) or not all(port.isdigit() and 0 < int(port) < 65_536 for port in filter(None, ports)):
        raise StoreUnfit("database: each host needs a port of 1 to 65535, or none for 5432")
    login = found.pop("user", None), found.pop("password", None)
    name = found.pop("dbname", None)
    if len(names) == 1:
        return URL.create("postgresql+psycopg", *login, names[0] or None, int(ports[0] or 5432), name, found)
    several = {"host": ",".join(names), "port": ",".join(port or "5432" for port in ports)}
    return URL.create("postgresql+psycopg", *login, None, None, name, {**found, **several})


def _conninfo(url: URL) -> str:
    """As libpq wants it, with the password."""
    _, found = url.get_dialect()().create_connect_args(url)
    return make_conninfo(**{**found, **CONNECTING})


def _attend(engine: Engine) -> None:
    last: list[tuple[str, str]] = []  # the host that was the primary

    @event.listens_for(engine, "do_connect")
    def order(_dialect: object, _record: object, _args: object, given: dict[str, Any]) -> None:
        """Where we found it the last time first: one that is gone costs its whole timeout."""
        if "," in str(given.get("host", "")):
            pairs = list(zip(given["host"].split(","), given["port"].split(","), strict=True))
            pairs.sort(key=lambda pair: pair not in last)
            given["host"], given["port"] = (",".join(parts) for parts in zip(*pairs, strict=True))

    @event.listens_for(engine, "connect")
    def check(raw: Any, record: Any) -> None:
        with contextlib.ExitStack() as unless_fit:
            unless_fit.callback(raw.close)
            _check(raw)
            unless_fit.pop_all()
        last[:] = [(raw.info.host, str(raw.info.port))]
        raw.add_notice_handler(lambda said: _notice(said, record.info))


def _notice(said: psycopg.errors.Diagnostic, info: dict[str, Any]) -> None:
    """Somebody had the server stop waiting for its synchronous standby: it then commits, and only warns."""
    if said.source_function == "SyncRepWaitForLSN":
        info[UNCONFIRMED] = True


def _check(raw: Any) -> None:
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
