"""Templates off the event loop: a face that comes alone on all threads, several each on a thread of its own.

Several faces in one run of the network are no faster than one face on each thread: `calibration.service.embedding`.
"""

import asyncio
import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from backend.errors import TooLate
from backend.imaging_child import YIELDS
from vision.embed import Embedder, Template
from vision.faces import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    face: Pixels
    expires_s: float
    urgent: bool
    answer: asyncio.Future[Template]


class Embedding:
    """Use within one event loop."""

    def __init__(self, threads: int) -> None:
        self._alone, self._beside = Embedder(threads=threads), Embedder(threads=1)
        self._threads, self._free = threads, threads
        # Of these threads alone: Linux keeps the niceness of each.
        self._pool = ThreadPoolExecutor(threads, "embed", initializer=os.nice, initargs=(YIELDS,))
        self._queue: deque[_Asked] = deque()

    async def embed(self, face: Pixels, expires_s: float = float("inf"), *, urgent: bool = True) -> Template:
        """See `vision.embed.Embedder.embed`.  Raises TooLate if its turn comes at expires_s (monotonic) or later.

        urgent: as soon as can be, though two threads take more of the processors for one face than one does.
        """
        asked = _Asked(face, expires_s, urgent, asyncio.get_running_loop().create_future())
        self._queue.append(asked)
        self._serve()
        return await asked.answer

    def _serve(self) -> None:
        while self._queue and self._free:
            alone = len(self._queue) == 1 and self._free == self._threads
            asked = self._queue.popleft()
            threads = self._threads if alone and asked.urgent else 1
            if asked.answer.cancelled():  # nobody waits for it any more
                continue
            self._free -= threads
            work = asyncio.get_running_loop().run_in_executor(self._pool, self._embed, asked, threads)
            work.add_done_callback(partial(self._ended, asked, threads))

    def _embed(self, asked: _Asked, threads: int) -> Template:
        if time.monotonic() >= asked.expires_s:
            raise TooLate("the deadline passed before a template was made")
        return (self._alone if threads > 1 else self._beside).embed(asked.face)

    def _ended(self, asked: _Asked, threads: int, work: asyncio.Future[Template]) -> None:
        self._free += threads
        error = work.exception()
        if not asked.answer.done():
            asked.answer.set_exception(error) if error else asked.answer.set_result(work.result())
        self._serve()

    def close(self) -> None:
        self._pool.shutdown()
