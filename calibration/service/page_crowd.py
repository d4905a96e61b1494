"""`python -m calibration.service.page_crowd PORT KIND COUNT`: strangers at a page, each again when ended."""

import asyncio
import contextlib
import resource
import sys

ADDRESSES = 8  # of this machine, none of them its own screen's
AGAIN_S = 1.0  # browsers wait three seconds
STREAM = b"GET /events HTTP/1.1\r\nHost: gate\r\n\r\n"
BODY = b"POST /agent/board HTTP/1.1\r\nHost: gate\r\nContent-Type: application/x-www-form-urlencoded\r\n"
WORDS = {
    "readers": STREAM,
    "deaf readers": STREAM,
    "half requests": STREAM[:20],
    "silence": b"",
    "long headers": b"GET / HTTP/1.1\r\nX: " + b"x" * 1_000_000,
    "long bodies": BODY + b"Content-Length: 100000000\r\n\r\nkey=" + b"x" * 1_000_000,
    "nonsense": bytes(range(256)) * 100,
}


async def stranger(port: int, number: int, kind: str) -> None:
    """For ever: connect, say it, listen unless deaf, until ended."""
    own = f"127.0.1.{number % ADDRESSES + 1}"
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(own, 0), limit=4096)
            with contextlib.closing(writer):
                writer.write(WORDS[kind])
                await writer.drain()
                while kind != "deaf readers" and await reader.read(4096):
                    pass
                while kind == "deaf readers" and not writer.is_closing():
                    await asyncio.sleep(1.0)
        await asyncio.sleep(AGAIN_S)


async def crowd(port: int, kind: str, count: int) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    async with asyncio.TaskGroup() as strangers:
        for number in range(count):
            strangers.create_task(stranger(port, number, kind))
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(crowd(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
