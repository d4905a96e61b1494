"""Templates off the event loop: as many at once as there are threads, each on one thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from vision.embed import Embedder, Template
from vision.faces import Pixels


class Embedding:
    def __init__(self, threads: int) -> None:
        self._embedder = Embedder(threads=1)
        self._threads = ThreadPoolExecutor(threads, "embed")

    async def embed(self, face: Pixels) -> Template:
        """See `vision.embed.Embedder.embed`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._embedder.embed, face)

    def close(self) -> None:
        self._threads.shutdown()
