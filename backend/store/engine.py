"""The database: open it, refuse it when it is unfit, run functions on it: one writes at a time, many read meanwhile."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from backend.errors import StoreDown, StoreFull, StoreReadOnly, StoreUnfit
from backend.store import postgres, sqlcipher
from backend.store.bell import Bell, Topic
from backend.store.era import Era
from backend.store.outage import Trouble, judge, words
from backend.store.probe import Probe

log = structlog.get_logger()
P = ParamSpec("P")
R = TypeVar("R")
READERS = 3  # at once
PAUSES_S = (0.1, 0.5)  # before trying again: longer than a dropped connection, shorter than a traveller waits
CLOSE_S = 5.0  # so long what was asked may take when the store is closed
REFUSALS: dict[Trouble, tuple[type[StoreDown], str]] = {
    Trouble.AWAY: (StoreDown, "the database does not answer: {}; nothing was kept, ask again later"),
    Trouble.STANDBY: (StoreReadOnly, "the database takes no writes now: {}; nothing was kept, ask again later"),
    Trouble.BUSY: (StoreDown, "the database is busy: {}; nothing was kept, ask again later"),
    Trouble.FULL: (StoreFull, "the database has no room: {}; nothing was kept, make room and ask again"),
}
UNKNOWN = "whether it was kept is unknown; ask again with the same key"


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
        self._era = Era(engine)
        self.probe = Probe(engine, self._era)
        self.bell = Bell()
        self.observe: Callable[[str, float], None] = _ignore

    async def run(self, question: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """One transaction: committed and on disk when this returns, undone when it raises.

        It is tried again only when it certainly left nothing behind, so `question` may be called more than once.
        """
        loop, began_s = asyncio.get_running_loop(), time.monotonic()

        def transact() -> R:
            answer, topics = self._again(
                lambda: _commit(self._engine, lambda db: question(db, *args, **kwargs)), writing=True
            )
            self.probe.proved()
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
            with _connected(self._reading) as db, db.begin():
                return question(db, *args, **kwargs)

        loop, began_s = asyncio.get_running_loop(), time.monotonic()
        try:
            return await loop.run_in_executor(self._readers, lambda: self._again(look, writing=False))
        finally:
            self.observe("read", time.monotonic() - began_s)

    async def listen(self) -> None:
        """Ring the bell for what other replicas change, for ever; an encrypted file has no other replicas."""
        if self._engine.dialect.name == "postgresql":
            await postgres.listen(self._engine.url, self.bell, self._era)

    def close(self) -> None:
        """Finish what was asked, then let go.  A commit that waits for a synchronous standby may wait for ever."""
        closed = threading.Event()
        hurrying = threading.Thread(target=self._hurry, args=(closed,), name="close")
        hurrying.start()
        for threads in (self._writer, self._readers, self.probe):
            threads.shutdown()
        closed.set()
        hurrying.join()
        self._engine.dispose()

    def _hurry(self, closed: threading.Event) -> None:
        closed.wait(CLOSE_S)
        while not closed.wait(1.0):
            self._era.cancel()
            self.probe.cancel()

    def _again(self, act: Callable[[], R], *, writing: bool) -> R:
        """Try again what failed before its commit, by new connections where the database may be elsewhere now."""
        for pause_s in PAUSES_S:
            try:
                return act()
            except DBAPIError as error:
                trouble = self._judged(error, writing)
                if trouble is Trouble.FULL:
                    raise _refusal(trouble, error) from error
                log.warning("store.unavailable", kind=trouble.value, why=words(error))
                time.sleep(pause_s)
        try:
            return act()
        except DBAPIError as error:
            raise _refusal(self._judged(error, writing), error) from error

    def _judged(self, error: DBAPIError, writing: bool) -> Trouble:
        """Raises the error where it is a fault."""
        trouble = judge(error, writing=writing)
        if trouble is Trouble.FAULT:
            raise error
        if trouble in (Trouble.AWAY, Trouble.STANDBY):
            self._era.end()
        self.probe.doubt(trouble)
        return trouble


@contextlib.contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    """It was fit when the service started: where it is not now, its place was taken, and may be taken again."""
    try:
        db = engine.connect()
    except StoreUnfit as error:
        raise StoreDown(f"the database cannot be used now: {error}; nothing was kept, ask again later") from error
    with db:
        yield db


def _commit(engine: Engine, question: Callable[[Connection], R]) -> tuple[R, set[Topic]]:
    """Answer and touched topics.  Raises StoreDown when only the commit's own answer is missing."""
    with _connected(engine) as db:
        db.info.pop("topics", None)
        with db.begin() as transaction:
            answer = question(db)
            topics: set[Topic] = db.info.pop("topics", set())
            try:
                transaction.commit()
            except DBAPIError as error:
                if not error.connection_invalidated and judge(error, writing=True) is not Trouble.AWAY:
                    raise  # certainly undone
                raise StoreDown(f"the database went away while committing ({words(error)}): {UNKNOWN}") from error
        if db.info.pop(postgres.UNCONFIRMED, False):
            raise StoreDown(f"the synchronous standby did not confirm: {UNKNOWN}")
    return answer, topics


def _refusal(trouble: Trouble, error: DBAPIError) -> StoreDown:
    kind, sentence = REFUSALS[trouble]
    return kind(sentence.format(words(error)))


def _ignore(_what: str, _seconds: float) -> None:
    """Nobody measures."""
