"""The database: open it, refuse it when it is unfit, run functions on it: one writes at a time, many read meanwhile."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from backend.errors import StoreDown
from backend.store import postgres, sqlcipher
from backend.store.bell import Bell, Topic
from backend.store.outage import passes

log = structlog.get_logger()
P = ParamSpec("P")
R = TypeVar("R")
READERS = 3  # at once
PAUSES_S = (0.1, 0.5)  # before trying again: longer than a dropped connection, shorter than a traveller waits


def open_store(state_dir: Path, url: str = "", *, to_read: bool = False, to_migrate: bool = False) -> Engine:
    """The database at `url` (postgresql://…), else the encrypted file of `state_dir`; made when missing.

    to_read: take no lock that writers wait for.  to_migrate: bring an older schema up to date.  Raises StoreUnfit.
    """
    engine = postgres.open_store(url, to_migrate) if url else sqlcipher.open_store(state_dir, to_migrate)
    return engine.execution_options(to_read=True) if to_read else engine


def reach(state_dir: Path, url: str = "") -> Engine:
    """The same database as it is: nothing is made or migrated.  Connecting raises StoreUnfit where it is unsafe."""
    return postgres.reach(url) if url else sqlcipher.reach(state_dir)


def touch(db: Connection, topic: Topic) -> None:
    """Once this transaction is committed, ring the bell, at every replica."""
    db.info.setdefault("topics", set()).add(topic)
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_notify('limen', :topic)"), {"topic": topic.value})


class Store:
    """Runs functions on the database away from the event loop.

    `run` and `read` raise StoreDown while it does not answer, and work again by themselves when it does.
    observe: told how long each took, in seconds, with its waiting: ("write" or "read", seconds).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, engine.execution_options(to_read=True)
        self._writer, self._readers = ThreadPoolExecutor(1, "store"), ThreadPoolExecutor(READERS, "read")
        self.bell = Bell()
        self.observe: Callable[[str, float], None] = _ignore

    async def run(self, question: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """One transaction: committed and on disk when this returns, undone when it raises.

        It is tried again only when it certainly left nothing behind, so `question` may be called more than once.
        """
        loop, began_s = asyncio.get_running_loop(), time.monotonic()

        def transact() -> R:
            answer, topics = _again(lambda: _commit(self._engine, lambda db: question(db, *args, **kwargs)))
            # From here, not from the caller: who was cancelled meanwhile must not keep it from the others.
            loop.call_soon_threadsafe(self.bell.ring, *topics)
            return answer

        try:
            return await loop.run_in_executor(self._writer, transact)
        finally:
            self.observe("write", time.monotonic() - began_s)

    async def read(self, question: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Of a function that writes nothing: it sees one moment, and neither waits for writers nor holds them up."""

        def look() -> R:
            with self._reading.begin() as db:
                return question(db, *args, **kwargs)

        loop, began_s = asyncio.get_running_loop(), time.monotonic()
        try:
            return await loop.run_in_executor(self._readers, lambda: _again(look))
        finally:
            self.observe("read", time.monotonic() - began_s)

    async def listen(self) -> None:
        """Ring the bell for what other replicas change, for ever; an encrypted file has no other replicas."""
        if self._engine.dialect.name == "postgresql":
            await postgres.listen(self._engine.url, self.bell)

    def close(self) -> None:
        """Finish what was asked, then let go."""
        for threads in (self._writer, self._readers):
            threads.shutdown()
        self._engine.dispose()


def _commit(engine: Engine, question: Callable[[Connection], R]) -> tuple[R, set[Topic]]:
    """Answer and touched topics.  Raises StoreDown when only the commit's own answer is missing."""
    with engine.connect() as db:
        db.info.pop("topics", None)
        with db.begin() as transaction:
            answer = question(db)
            topics: set[Topic] = db.info.pop("topics", set())
            try:
                transaction.commit()
            except DBAPIError as error:
                if not passes(error):
                    raise
                told = f"the database went away while committing ({_said(error)}): whether it was kept is unknown"
                raise StoreDown(f"{told}; ask again with the same key") from error
    return answer, topics


def _again(act: Callable[[], R]) -> R:
    """Try again what failed before its commit."""
    for pause_s in PAUSES_S:
        try:
            return act()
        except DBAPIError as error:
            if not passes(error):
                raise
            log.warning("store.went_away", why=_said(error))
            time.sleep(pause_s)
    try:
        return act()
    except DBAPIError as error:
        if not passes(error):
            raise
        raise StoreDown(f"the database does not answer: {_said(error)}; nothing was kept, ask again later") from error


def _said(error: DBAPIError) -> str:
    """The database's own words, on one line; statements and their parameters are not part of them."""
    return (" ".join(str(error.orig).split()) or type(error.orig).__name__)[:200]


def _ignore(_what: str, _seconds: float) -> None:
    """Nobody measures."""
