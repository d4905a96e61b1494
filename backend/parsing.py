"""Manifests are read one after the other, on a thread of their own: no search at a gate ever waits behind one."""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from backend.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")
MOST = 5  # manifests: the one being read, and those that wait


class Parsing:
    def __init__(self) -> None:
        self._thread, self._room = ThreadPoolExecutor(1, "parsing"), threading.BoundedSemaphore(MOST)

    async def run(self, read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Raises Busy where too many wait."""
        if not self._room.acquire(blocking=False):
            raise Busy(f"{MOST} manifests are being read or wait for it; send this one again later")
        reading = self._thread.submit(functools.partial(read, *args, **kwargs))
        reading.add_done_callback(lambda _: self._room.release())  # also of a call that was given up
        return await asyncio.wrap_future(reading)
