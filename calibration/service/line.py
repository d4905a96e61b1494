"""A TCP line in between that can be held, watched and cut, as networks are."""

import asyncio
import contextlib
import random
import threading
from typing import Self

CHUNK = 4096


class Line:
    """Use as a context manager.  cut: the share of connections that end in the middle, drawn by `seed`."""

    def __init__(self, to_port: int, *, cut: float = 0.0, seed: int = 1) -> None:
        self.port, self.connected, self.answers, self.cuts = 0, 0, 0, 0
        self.hold, self.cut = False, cut
        self._to_port, self._rng = to_port, random.Random(seed)
        self._ready = threading.Event()
        self._open: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def lead(self, to_port: int) -> None:
        """From now on elsewhere; who is connected stays where he is."""
        self._to_port = to_port

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connected += 1
        self._open.add(back)
        while self.hold and not near.at_eof():
            await asyncio.sleep(0.01)
        with contextlib.suppress(OSError):
            far, there = await asyncio.open_connection("127.0.0.1", self._to_port)
            self._open.add(there)
            left = self._rng.randint(0, 3 * CHUNK) if self._rng.random() < self.cut else None
            await asyncio.gather(self._carry(near, there, left), self._carry(far, back, left, answers=True))
        with contextlib.suppress(OSError):
            back.close()

    async def _carry(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, left: int | None, *, answers: bool = False
    ) -> None:
        """left: bytes until the line is cut, None for never."""
        with contextlib.suppress(OSError):
            while chunk := await source.read(CHUNK):
                to.write(chunk if left is None else chunk[:left])
                await to.drain()
                self.answers += answers
                left = None if left is None else left - len(chunk)
                if left is not None and left <= 0:
                    self.cuts += 1
                    break
        with contextlib.suppress(OSError):
            to.close()
