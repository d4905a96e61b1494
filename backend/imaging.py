"""Aligned faces from images other people made, decoded in child processes that are killed when they misbehave."""

import asyncio
import contextlib
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from backend.imaging_child import ALIGN, HEAD, MEASURES, OK, PHOTO
from vision.align import SIZE_PX
from vision.errors import ImageRefused
from vision.faces import Pixels
from vision.image import size
from vision.quality import Quality

log = structlog.get_logger()
LONGEST_S = 0.9  # and a killed child's caller is answered within a second
START_S = 20.0
POINTS = struct.Struct(">10f")


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A (112, 112, 3) BGR face and its measures; the distance between the eyes is in the image it came from."""

    face: Pixels
    quality: Quality


class Imaging:
    """`children` processes, each one image at a time; callers wait in turn.  Start within the loop that uses it.

    One that was killed is started anew when it is next its turn, after all the others.
    """

    def __init__(self, children: int = 1) -> None:
        self._children = [_Child() for _ in range(children)]
        self._free: asyncio.Queue[_Child] = asyncio.Queue()
        for child in self._children:
            self._free.put_nowait(child)

    async def probe(self, image: bytes, points: Sequence[tuple[float, float]]) -> Aligned:
        """The face at `points` (five, in pixels of the image).  Raises ImageRefused."""
        flat = [float(value) for point in points for value in point]
        return await self._ask(ALIGN, POINTS.pack(*flat), image)

    async def photo(self, image: bytes) -> Aligned:
        """The only face of a photo on file.  Raises ImageRefused."""
        return await self._ask(PHOTO, b"", image)

    async def start(self) -> None:
        """Have the first child ready, so that the first caller does not wait for its start."""
        async with self._turn() as child:
            await child.living()

    def processes(self) -> list[int]:
        """Of the children alive now, their numbers."""
        return [pid for child in self._children if (pid := child.pid) is not None]

    async def close(self) -> None:
        """Waits for who is being served."""
        for child in [await self._free.get() for _ in self._children]:
            await child.end()
            self._free.put_nowait(child)  # whoever asks afterwards starts it anew

    async def _ask(self, kind: bytes, head: bytes, image: bytes) -> Aligned:
        size(image)  # here already: what claims too much costs no child its time
        async with self._turn() as child:
            verdict, reply = await child.ask(kind, head + image)
        if verdict != OK:
            raise ImageRefused(reply.decode())
        quality = Quality(*MEASURES.unpack(reply[: MEASURES.size]))
        face = np.frombuffer(reply[MEASURES.size :], np.uint8).reshape(SIZE_PX, SIZE_PX, 3)
        return Aligned(face, quality)

    @contextlib.asynccontextmanager
    async def _turn(self) -> "AsyncIterator[_Child]":
        child = await self._free.get()
        try:
            yield child
        finally:
            self._free.put_nowait(child)


class _Child:
    """One process; started when first asked."""

    def __init__(self) -> None:
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def ask(self, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
        """Raises ImageRefused if it takes too long or ends."""
        try:
            process = await self.living()
            return await asyncio.wait_for(_exchange(process, kind, body), LONGEST_S)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            log.warning("image.ended_its_decoder", why=type(error).__name__, bytes=len(body))
            await self.end()
            raise ImageRefused(f"image could not be decoded within {LONGEST_S} s and the memory allowed") from error
        except asyncio.CancelledError:
            await self.end()  # its answer would be taken for the next caller's
            raise

    async def living(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            command = (sys.executable, "-m", "backend.imaging_child")
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=2**20)
            blank = b"\x89PNG\r\n\x1a\n"  # answered once the models are loaded
            answered = False
            try:
                await asyncio.wait_for(_exchange(self._process, PHOTO, blank), START_S)
                answered = True
            finally:
                if not answered:
                    await self.end()  # the answer it still owes would be taken for the next caller's
        return self._process

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


async def _exchange(process: Process, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(HEAD.pack(kind, len(body)) + body)
    await process.stdin.drain()
    verdict, length = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
    return verdict, await process.stdout.readexactly(length)
