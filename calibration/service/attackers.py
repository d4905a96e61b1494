"""`python -m calibration.service.attackers KIND FOLDER PORT SECONDS`: one peer, or nobody in particular, at its worst.

A process of its own, so that its work is not taken for the service's; it prints what it was told, and how often.
"""

import asyncio
import contextlib
import json
import os
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
from limen.v1 import manifests_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.fleet_pb2 import HealthRequest

from calibration.service.bombs import bombs

DEVICE = "attacker"
IDLE, SLOW, STREAMS, CALLS, EMPTY = 1_100, 300, 1_500, 1_500, 100_000
TWO_MB = 2**20  # elements of two bytes
CHANNELS, AT_ONCE = 8, 4
RESETS, RESET_S = 32, 0.05  # of a connection
WATCH, HEALTH, VERIFY = "/limen.v1.Manifests/WatchGallery", "/limen.v1.Fleet/Health", "/limen.v1.Verification/Verify"
HELLO = bytes.fromhex("160301010001000100fc0303")  # how a TLS handshake begins
Told = Counter[str]


class Attack:
    def __init__(self, folder: Path, port: int, lasts_s: float) -> None:
        self._folder, self._port = folder, port
        self._until_s = time.monotonic() + lasts_s
        self.told: Told = Counter()

    @property
    def going(self) -> bool:
        return time.monotonic() < self._until_s

    async def idle(self) -> None:
        """Connections that say nothing, opened anew when they are ended."""
        await asyncio.gather(*(self._silent(n, b"") for n in range(IDLE)))

    async def half_open(self) -> None:
        """Handshakes that are begun and left."""
        await asyncio.gather(*(self._silent(n, HELLO) for n in range(IDLE)))

    async def slow(self) -> None:
        """Handshakes of a byte at a time, from many addresses."""
        await asyncio.gather(*(self._slowly(n) for n in range(SLOW)))

    async def handshakes(self) -> None:
        """Whole handshakes without a certificate, one after the other."""
        context = ssl.create_default_context(cafile=str(self._folder / "ca.pem"))
        await asyncio.gather(*(self._anonymous(context, n) for n in range(AT_ONCE)))

    async def streams(self) -> None:
        """Streams of one gate, held open, and asked for again when refused."""
        async with self._channels() as channels:
            calls = (self._stream(channels[n % CHANNELS]) for n in range(STREAMS))
            await asyncio.gather(*calls)

    async def calls(self) -> None:
        """Calls of one gate, as many at once."""
        request = HealthRequest(device=DEVICE, camera_ok=True, gate_ok=True).SerializeToString()
        async with self._channels() as channels:
            await asyncio.gather(*(self._again(channels[n % CHANNELS], HEALTH, request) for n in range(CALLS)))

    async def unsaid(self) -> None:
        """Calls whose request never comes."""
        async with self._channels() as channels:
            await asyncio.gather(*(self._unsaid(channels[n % CHANNELS]) for n in range(STREAMS)))

    async def resets(self) -> None:
        """Calls taken back as soon as they are on their way, so that the next may begin."""
        await asyncio.to_thread(self._resets)

    def _resets(self) -> None:
        with contextlib.ExitStack() as stack:
            channels = [stack.enter_context(grpc.secure_channel(*self._reached())) for _ in range(CHANNELS)]
            ask: list[Any] = [channel.unary_unary(HEALTH) for channel in channels]
            while self.going:
                calls = [one.future(b"", timeout=10) for one in ask for _ in range(RESETS)]
                time.sleep(RESET_S)
                self.told["taken back"] += sum(call.cancel() for call in calls)

    async def zipped(self) -> None:
        """A message of a few hundred bytes that unfolds to 100,000 empty entries."""
        await self._bombs([content for _, content in bombs(pb.VerifyRequest.DESCRIPTOR, EMPTY)], grpc.Compression.Gzip)

    async def plain(self) -> None:
        await self._bombs([content for _, content in bombs(pb.VerifyRequest.DESCRIPTOR, EMPTY)])

    async def two_megabytes(self) -> None:
        """A Verify of a million shots."""
        await self._bombs([b"\x32\x00" * TWO_MB])

    async def _bombs(self, contents: list[bytes], how: grpc.Compression = grpc.Compression.NoCompression) -> None:
        async with self._channels(how) as channels:
            share = [contents[n::AT_ONCE] or contents for n in range(AT_ONCE)]
            await asyncio.gather(*(self._each(channels[n], share[n]) for n in range(AT_ONCE)))

    async def _each(self, channel: grpc.aio.Channel, contents: list[bytes]) -> None:
        while self.going:
            for content in contents:
                await self._call(channel, VERIFY, content)

    async def _again(self, channel: grpc.aio.Channel, method: str, request: bytes) -> None:
        while self.going:
            await self._call(channel, method, request)

    async def _call(self, channel: grpc.aio.Channel, method: str, request: bytes) -> None:
        if not self.going:
            return
        call: Callable[..., Awaitable[Any]] = channel.unary_unary(method)
        await self._said(call(request, timeout=10))

    async def _stream(self, channel: grpc.aio.Channel) -> None:
        while self.going:
            opened: Any = channel.unary_stream(WATCH)
            call = opened(manifests_pb2.WatchGalleryRequest().SerializeToString(), timeout=10)
            await self._said(self._read(call))
            await asyncio.sleep(0.2)

    async def _read(self, call: Any) -> None:
        async for _ in call:
            self.told["reply"] += 1

    async def _unsaid(self, channel: grpc.aio.Channel) -> None:
        async def nothing() -> AsyncIterator[bytes]:
            await asyncio.sleep(max(0.0, self._until_s - time.monotonic()))
            return
            yield b""

        while self.going:
            call: Callable[..., Awaitable[Any]] = channel.stream_unary(VERIFY)
            await self._said(call(nothing(), timeout=30))
            await asyncio.sleep(0.2)

    async def _said(self, call: Awaitable[Any]) -> None:
        try:
            await asyncio.wait_for(call, max(0.01, self._until_s - time.monotonic()))
            self.told["OK"] += 1
        except grpc.aio.AioRpcError as error:
            self.told[error.code().name] += 1
        except TimeoutError:
            self.told["left open"] += 1

    async def _silent(self, number: int, begin: bytes) -> None:
        while self.going:
            with contextlib.suppress(OSError):
                reader, writer = await self._connect(2)
                writer.write(begin)
                await self._until_closed(reader)
                writer.close()
            await asyncio.sleep(0.2)

    async def _slowly(self, number: int) -> None:
        while self.going:
            with contextlib.suppress(OSError):
                reader, writer = await self._connect(2 + number % 250)
                for byte in HELLO * 100:
                    if reader.at_eof() or not self.going:
                        break
                    writer.write(bytes([byte]))
                    await asyncio.sleep(0.3)
                self.told["ended" if reader.at_eof() else "left open"] += 1
                writer.close()

    async def _anonymous(self, context: ssl.SSLContext, number: int) -> None:
        while self.going:
            with contextlib.suppress(OSError):
                reader, writer = await self._connect(2 + number, ssl=context, server_hostname="localhost")
                await self._until_closed(reader)
                writer.close()

    async def _until_closed(self, reader: asyncio.StreamReader) -> None:
        try:
            await asyncio.wait_for(reader.read(), max(0.01, self._until_s - time.monotonic()))
            self.told["ended"] += 1
        except TimeoutError:
            self.told["left open"] += 1
        except OSError:
            self.told["ended"] += 1

    async def _connect(self, last: int, **how: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """From an address of its own: nobody else's budget."""
        return await asyncio.open_connection("127.0.0.1", self._port, local_addr=(f"127.0.0.{last}", 0), **how)

    @contextlib.asynccontextmanager
    async def _channels(
        self, how: grpc.Compression = grpc.Compression.NoCompression
    ) -> AsyncIterator[list[grpc.aio.Channel]]:
        async with contextlib.AsyncExitStack() as stack:
            made = (grpc.aio.secure_channel(*self._reached(), how) for _ in range(CHANNELS))
            yield [await stack.enter_async_context(channel) for channel in made]

    def _reached(self) -> tuple[str, grpc.ChannelCredentials, list[tuple[str, int]]]:
        """On a connection of its own each time."""
        root, key, chain = ((self._folder / n).read_bytes() for n in ("ca.pem", "peer.key", "peer.pem"))
        options = [("grpc.use_local_subchannel_pool", 1)]
        return f"localhost:{self._port}", grpc.ssl_channel_credentials(root, key, chain), options


KINDS = (
    "idle",
    "half_open",
    "slow",
    "handshakes",
    "streams",
    "calls",
    "unsaid",
    "resets",
    "zipped",
    "plain",
    "two_megabytes",
)


def main() -> None:
    kind, folder, port, lasts_s = sys.argv[1:]
    os.nice(10)  # an attacker has a machine of its own
    attack = Attack(Path(folder), int(port), float(lasts_s))
    asyncio.run(getattr(attack, kind)())
    print(json.dumps(attack.told))


if __name__ == "__main__":
    main()
