"""Templates off the event loop: as many at once as there are threads, each on one thread.

Several faces in one run of the network are no faster than one face on each thread: `calibration.service.embedding`.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from backend.errors import TooLate
from vision.embed import Embedder, Template
from vision.faces import Pixels


class Embedding:
    def __init__(self, threads: int) -> None:
        self._embedder = Embedder(threads=1)
        self._threads = ThreadPoolExecutor(threads, "embed")

    async def embed(self, face: Pixels, expires_s: float = float("inf")) -> Template:
        """See `vision.embed.Embedder.embed`.  Raises TooLate if its turn comes at expires_s (monotonic) or later."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._embed, face, expires_s)

    def _embed(self, face: Pixels, expires_s: float) -> Template:
        if time.monotonic() >= expires_s:
            raise TooLate("the deadline passed before a template was made")
        return self._embedder.embed(face)

    def close(self) -> None:
        self._threads.shutdown()
