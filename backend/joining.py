"""Work asked for several times at once is done once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class Joining(Generic[R]):
    """Within one event loop.  Work that was begun goes on though whoever asked first has gone."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[R]] = {}

    async def once(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """The result, or the error, of the work that runs under this key; starts it if none does."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    def _ended(self, key: Hashable, task: asyncio.Task[R]) -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # told to whoever waits, if anybody still does
