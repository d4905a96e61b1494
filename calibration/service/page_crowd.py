"""`python -m calibration.service.page_crowd PORT KIND COUNT`: strangers at a page, each again when ended.

Prints a line for each hundred of them that the page answered.
"""

import asyncio
import contextlib
import itertools
import resource
import sys
from collections.abc import Callable

ADDRESSES = 8  # of this machine, none of them its own screen's
AGAIN_S = 1.0  # browsers wait three seconds
DEAF_S = 10.0  # who does not listen is ended from elsewhere, and comes again
WELL = b"HTTP/1.1 200"
STREAM = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b"POST /agent/login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
BODY += b"Content-Type: application/x-www-form-urlencoded\r\n"
WORDS = {
    "readers": STREAM,
    "deaf readers": STREAM,
    "half requests": STREAM[:20],
    "silence": b"",
    "long headers": b"GET / HTTP/1.1\r\nX: " + b"x" * 1_000_000,
    "long bodies": BODY + b"Content-Length: 100000000\r\n\r\nkey=" + b"x" * 1_000_000,
    "nonsense": bytes(range(256)) * 100,
}


async def stranger(port: int, number: int, kind: str, answered: Callable[[], None]) -> None:
    """For ever: connect, say it, listen unless deaf, until ended."""
    own = f"127.0.1.{number % ADDRESSES + 1}"
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(own, 0), limit=4096)
            with contextlib.closing(writer):
                writer.write(WORDS[kind])
                await writer.drain()
                if (heard := await reader.read(4096)).startswith(WELL):
                    answered()
                if kind == "deaf readers":
                    writer.transport.pause_reading()  # type: ignore[attr-defined]
                    await asyncio.sleep(DEAF_S)
                while heard and kind != "deaf readers":
                    heard = await reader.read(4096)
        await asyncio.sleep(AGAIN_S)


async def crowd(port: int, kind: str, count: int) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    answers = itertools.count(1)

    def answered() -> None:
        if next(answers) % 100 == 0:
            print("answered", flush=True)

    async with asyncio.TaskGroup() as strangers:
        for number in range(count):
            strangers.create_task(stranger(port, number, kind, answered))
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(crowd(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
