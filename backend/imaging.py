"""Aligned faces from images other people made, decoded in a child process that is killed when it misbehaves."""

import asyncio
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.imaging_child import ALIGN, HEAD, MEASURES, OK, PHOTO
from vision.align import SIZE_PX
from vision.errors import ImageRefused
from vision.faces import Pixels
from vision.quality import Quality

LONGEST_S = 1.0
START_S = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A (112, 112, 3) BGR face and its measures; the distance between the eyes is in the image it came from."""

    face: Pixels
    quality: Quality


class Imaging:
    """One child, one image at a time, callers wait in turn.  Start within the loop that uses it."""

    def __init__(self) -> None:
        self._child: Process | None = None
        self._turn = asyncio.Lock()

    async def probe(self, image: bytes, points: Sequence[tuple[float, float]]) -> Aligned:
        """The face at `points` (five, in pixels of the image).  Raises ImageRefused."""
        flat = [float(value) for point in points for value in point]
        return await self._ask(ALIGN, struct.pack(">10f", *flat) + image)

    async def photo(self, image: bytes) -> Aligned:
        """The only face of a photo on file.  Raises ImageRefused."""
        return await self._ask(PHOTO, image)

    async def start(self) -> None:
        """Have a child ready, so that the first caller does not wait for its start."""
        async with self._turn:
            await self._living()

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _ask(self, kind: bytes, body: bytes) -> Aligned:
        async with self._turn:
            try:
                child = await self._living()
                verdict, reply = await asyncio.wait_for(_exchange(child, kind, body), LONGEST_S)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
                await self._end()
                raise ImageRefused(f"image could not be decoded within {LONGEST_S} s and the memory allowed") from error
            except asyncio.CancelledError:
                await self._end()  # its answer would be taken for the next caller's
                raise
        if verdict != OK:
            raise ImageRefused(reply.decode())
        quality = Quality(*MEASURES.unpack(reply[: MEASURES.size]))
        face = np.frombuffer(reply[MEASURES.size :], np.uint8).reshape(SIZE_PX, SIZE_PX, 3)
        return Aligned(face, quality)

    async def _living(self) -> Process:
        if self._child is None or self._child.returncode is not None:
            command = (sys.executable, "-m", "backend.imaging_child")
            self._child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=2**20)
            blank = b"\x89PNG\r\n\x1a\n"  # answered once the models are loaded
            answered = False
            try:
                await asyncio.wait_for(_exchange(self._child, PHOTO, blank), START_S)
                answered = True
            finally:
                if not answered:
                    await self._end()  # the answer it still owes would be taken for the next caller's
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()
            await child.wait()


async def _exchange(child: Process, kind: bytes, body: bytes) -> tuple[bytes, bytes]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(HEAD.pack(kind, len(body)) + body)
    await child.stdin.drain()
    verdict, size = HEAD.unpack(await child.stdout.readexactly(HEAD.size))
    return verdict, await child.stdout.readexactly(size)
