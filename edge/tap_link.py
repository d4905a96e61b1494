"""The brain's end of a camera on the network: keep its tap running beside the eye, which may not touch the network."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from edge.eye.cameras.line import Line
from edge.eye.cameras.rtsp import command, spoken

log = structlog.get_logger()
RESTART_S = 0.3


@asynccontextmanager
async def tapped(address: str) -> AsyncIterator[tuple[str, tuple[int, ...]]]:
    """The address to give to the eye, and the file descriptors it needs for it; others than rtsp: as they are.

    The password stays here and in the tap: the eye is told a name.
    """
    if not address.startswith(("rtsp://", "rtsps://")):
        yield address, ()
        return
    line = Line()
    keeping = asyncio.create_task(_keep(address, line))
    try:
        window, words = line.window, line.reading.fileno()
        yield f"tap:{window},{words},{spoken(address)}", (window, words)
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        line.close()


async def _keep(url: str, line: Line) -> None:
    """A tap ends with its stream, and when the eye says so: start the next."""
    quiet = asyncio.subprocess.DEVNULL  # FFmpeg's own words name addresses
    ends = (line.memory, line.writing.fileno())
    while True:
        tap = await asyncio.create_subprocess_exec(
            *command(line), pass_fds=ends, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet
        )
        try:
            assert tap.stdin is not None
            tap.stdin.write(url.encode() + b"\n")
            await tap.wait()
        finally:
            if tap.returncode is None:
                tap.kill()
                await tap.wait()
        log.info("tap.ended", camera=spoken(url), code=tap.returncode)
        await asyncio.sleep(RESTART_S)
