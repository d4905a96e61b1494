"""The database: open it, refuse it when it is unfit, run functions on it one after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, text

from backend.store import postgres, sqlcipher
from backend.store.bell import Bell, Topic

P = ParamSpec("P")
R = TypeVar("R")


def open_store(state_dir: Path, url: str = "", *, to_read: bool = False) -> Engine:
    """The database at `url` (postgresql://…), else the encrypted file of `state_dir`; made when missing.

    to_read: take no lock that writers wait for.  Raises StoreUnfit.
    """
    return postgres.open_store(url, to_read=to_read) if url else sqlcipher.open_store(state_dir, to_read=to_read)


def touch(db: Connection, topic: Topic) -> None:
    """Once this transaction is committed, ring the bell, at every replica."""
    db.info.setdefault("topics", set()).add(topic)
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_notify('limen', :topic)"), {"topic": topic.value})


class Store:
    """Runs functions on the database, writers one after the other, away from the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "store")
        self.bell = Bell()

    async def run(self, question: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """One transaction: committed and on disk when this returns, undone when it raises."""

        def transact() -> tuple[R, set[Topic]]:
            with self._engine.begin() as db:
                db.info.pop("topics", None)
                answer = question(db, *args, **kwargs)
                return answer, db.info.pop("topics", set())

        answer, topics = await asyncio.get_running_loop().run_in_executor(self._thread, transact)
        for topic in topics:
            self.bell.ring(topic)
        return answer

    async def read(self, question: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run`, for a function that writes nothing."""
        return await self.run(question, *args, **kwargs)

    def close(self) -> None:
        self._thread.shutdown()
        self._engine.dispose()
