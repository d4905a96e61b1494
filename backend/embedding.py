"""Templates off the event loop: a few threads share one session, a bounded number of faces wait."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from vision.embed import Embedder, Template
from vision.faces import Pixels


class Embedding:
    def __init__(self, threads: int) -> None:
        self._embedder = Embedder(threads=threads)
        self._threads = ThreadPoolExecutor(threads, "embed")

    async def embed(self, face: Pixels) -> Template:
        """See `vision.embed.Embedder.embed`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._embedder.embed, face)

    def close(self) -> None:
        self._threads.shutdown()
