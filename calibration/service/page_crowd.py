"""`python -m calibration.service.page_crowd PORT KIND COUNT`: strangers at a page, each again when ended."""

import asyncio
import contextlib
import os
import resource
import socket
import sys

ADDRESSES = 8  # of this machine, none of them its own screen's
AGAIN_S = 1.0  # browsers wait three seconds
DEAF_S, DEAF_BYTES = 10.0, 4096  # how long, and what the kernel takes for one that does not listen
NAMED = b"Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n"  # by another name nobody gets past the guard
STREAM = b"GET /events HTTP/1.1\r\n" + NAMED + b"\r\n"
BODY = b"POST /agent/board HTTP/1.1\r\n" + NAMED + b"Content-Type: application/x-www-form-urlencoded\r\n"
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
    """For ever: connect, say it, listen unless deaf, until ended.  A dot on stdout for each stream that is read."""
    own = f"127.0.1.{number % ADDRESSES + 1}"
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await connect(port, own, kind)
            with contextlib.closing(writer):
                if kind == "deaf readers":
                    writer.transport.pause_reading()  # type: ignore[attr-defined]
                writer.write(WORDS[kind])
                await writer.drain()
                await (asyncio.sleep(DEAF_S) if kind == "deaf readers" else listen(reader))
        await asyncio.sleep(AGAIN_S)


async def connect(port: int, own: str, kind: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    gate = socket.socket()
    try:
        if kind == "deaf readers":
            gate.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DEAF_BYTES)
        gate.setblocking(False)
        gate.bind((own, 0))
        await asyncio.get_running_loop().sock_connect(gate, ("127.0.0.1", port))
    except OSError:
        gate.close()
        raise
    return await asyncio.open_connection(sock=gate, limit=4096)


async def listen(reader: asyncio.StreamReader) -> None:
    told = False
    while heard := await reader.read(4096):
        if not told and b"data: " in heard:
            told = True
            os.write(sys.stdout.fileno(), b".")


async def crowd(port: int, kind: str, count: int) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    async with asyncio.TaskGroup() as strangers:
        for number in range(count):
            strangers.create_task(stranger(port, number, kind))
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(crowd(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
