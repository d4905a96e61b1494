"""A process with the pages that was taken over: whatever it says, the brain's loop stays free and judges anew."""

import asyncio
import math
import socket
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from limen.v1 import screens_pb2 as pb

from calibration.rehearsal.lane import free_port
from edge.agents.shifts import Begun
from edge.brain import PROGRESS_S
from edge.encounter.events import Event
from edge.screens.wire import framed
from edge.screens_link import BURST, MOST_A_SECOND, ScreensLink
from edge.sentences import LaneSays
from edge.view import Missing, View
from tests.integration.test_screens_link import settings
from tests.podium import AGENT, CODES, hold_codes, identity, shifts_at

SECONDS = 2.0


def _command(board: pb.BoardByDocuments) -> bytes:
    """One that is not too old, whenever it is read."""
    command = pb.ScreenCommand(number=1, sent_s=math.inf, board=board)
    return framed(pb.FromScreens(command=command).SerializeToString())


FLOOD = {
    "alive": framed(pb.FromScreens(alive=pb.ScreensAlive()).SerializeToString()),
    "nothing": framed(b""),
    "refused commands": _command(pb.BoardByDocuments(cookie="x" * 4000)),
}
COMMANDS = "commands"
NONSENSE = {
    "too long": struct.pack(">I", 1 << 31),
    "no protobuf": framed(b"\xff" * 64),
    "half a message": struct.pack(">I", 100) + b"x",
}


class Taken:
    """The brain's end of a line whose other end is `wire`."""

    def __init__(self, root: Path) -> None:
        self.view, self.heard = View(missing=(Missing("t1", "A", "1A"),), lane=LaneSays.SOMEBODY), list[Event]()
        of = identity(root)
        hold_codes(root / "j", 1)
        self.shifts = shifts_at(root / "j", of)
        self.link = ScreensLink(settings(of, free_port(0)), self.view, self.shifts, self.heard.append)
        self.ours, self.wire = socket.socketpair()
        self.wire.setblocking(False)

    async def converse(self) -> None:
        reader, writer = await asyncio.open_connection(sock=self.ours, limit=4096)
        try:
            await self.link._converse(reader, writer)
        finally:
            writer.transport.abort()


@pytest.fixture
async def taken(tmp_path: Path) -> AsyncIterator[Taken]:
    taken = Taken(tmp_path)
    yield taken
    taken.wire.close()
    taken.link.close()


@pytest.mark.parametrize("kind", [*FLOOD, COMMANDS])
async def test_a_flood_takes_a_bounded_number_and_the_loop_stays_free(taken: Taken, kind: str) -> None:
    """It never reads either: nothing piles up for it."""
    loop = asyncio.get_running_loop()
    conversing = asyncio.create_task(taken.converse())
    began = await taken.shifts.begin(AGENT, CODES[0], "10.0.0.1")
    assert isinstance(began, Begun)
    board = _command(pb.BoardByDocuments(traveler="t1", cookie=began.cookie))
    flood, longest_s = FLOOD.get(kind, board) * 1000, 0.0
    sending = asyncio.create_task(_send(loop, taken.wire, flood))
    until_s = (seen_s := time.monotonic()) + SECONDS
    while seen_s < until_s:
        await asyncio.sleep(0.005)
        longest_s, seen_s = max(longest_s, time.monotonic() - seen_s), time.monotonic()
    assert longest_s < PROGRESS_S, "the loop went on turning"
    assert len(taken.heard) <= BURST + MOST_A_SECOND * (SECONDS + 3)
    assert bool(taken.heard) is (kind == COMMANDS)
    conversing.cancel()
    sending.cancel()
    await asyncio.gather(conversing, sending, return_exceptions=True)


async def _send(loop: asyncio.AbstractEventLoop, wire: socket.socket, flood: bytes) -> None:
    while True:
        await loop.sock_sendall(wire, flood)


@pytest.mark.parametrize("kind", NONSENSE)
async def test_nonsense_ends_the_conversation(taken: Taken, kind: str) -> None:
    conversing = asyncio.create_task(taken.converse())
    await asyncio.get_running_loop().sock_sendall(taken.wire, NONSENSE[kind])
    if kind == "half a message":
        taken.wire.close()
    async with asyncio.timeout(10):
        await conversing
    assert taken.heard == []
