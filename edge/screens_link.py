"""The brain's end of the pages: start their process, tell it the view, judge its commands, start it again."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from limen.v1 import screens_pb2 as pb

from edge.agent_orders import carry_out, too_late
from edge.agents.shifts import Shifts
from edge.encounter.events import Event
from edge.errors import SettingsUnfit
from edge.screens.serving import Served, served
from edge.screens.wire import ViewPacker, framed, receive
from edge.settings import Screens, Settings
from edge.view import View

log = structlog.get_logger()
RESTART_S = 0.5
SILENT_S = 10.0  # it says every second that it is alive; on a busy machine it comes last
START_S = 20.0  # loading the libraries takes seconds on a small machine
MOST_BYTES = 4096  # of a message of the pages: a command is short
MOST_A_SECOND, BURST = 20, 40  # messages taken; more wait in the socket, and their sender with them
OLD_S = 2.0  # a command that waited longer is not carried out: its agent has turned to something else
MOST_AT_ONCE = 16  # commands being carried out
MOST_UNSENT = 1 << 16
EVERY_S = 0.5  # the view is told again though nothing changed: it says that the brain is there
CALM_S = 0.02  # between two states of the view: what changes meanwhile goes together
MEMORY = {"MALLOC_ARENA_MAX": "2"}


class ScreensLink:
    """What the pages do comes in as messages, bounded in size and number; the pages can be killed at any time."""

    def __init__(self, settings: Settings, view: View, shifts: Shifts, heard: Callable[[Event], None]) -> None:
        """Raises SettingsUnfit if the address is taken, or pages would go over a network unprotected."""
        self._served = served(settings.screens.host, settings.service.identity)
        self._view, self._shifts, self._heard = view, shifts, heard
        self._listening = listen(settings.screens)
        self._answering: set[asyncio.Task[None]] = set()
        self._packer = ViewPacker()

    async def run(self) -> None:
        """Keep a process with the pages running, for ever."""
        while True:
            try:
                async with _started(self._listening) as (pages, reader, writer):
                    await self._converse(reader, writer)
                log.error("screens.stopped", code=pages.returncode)
            except OSError as error:  # no memory, no descriptor: the gate goes on without pages
                log.error("screens.not_started", why=error.strerror)
            await asyncio.sleep(RESTART_S)

    def close(self) -> None:
        self._listening.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(pb.ToScreens(setup=_setup(self._served)).SerializeToString()))
        halves = [asyncio.create_task(half) for half in (self._tell(writer), self._listen(reader, writer))]
        try:
            done, _ = await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
            log.warning("screens.unfit", why=[type(half.exception()).__name__ for half in done])
        finally:
            for half in halves:
                half.cancel()
            await asyncio.gather(*halves, return_exceptions=True)

    async def _tell(self, writer: asyncio.StreamWriter) -> None:
        """Whole states, the newest; a process that does not read is told none meanwhile."""
        async for _ in self._view.follow(EVERY_S):
            writer.write(framed(self._packer.pack(self._view)))
            await writer.drain()
            await asyncio.sleep(CALM_S)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        budget, patience_s = _Budget(time.monotonic()), START_S
        while True:
            async with asyncio.timeout(patience_s):
                body = await receive(reader, MOST_BYTES)
            patience_s = SILENT_S
            said = pb.FromScreens.FromString(body)
            if said.WhichOneof("what") == "command":
                self._begin(said.command, writer)
            await asyncio.sleep(budget.pause_s(time.monotonic()))

    def _begin(self, command: pb.ScreenCommand, writer: asyncio.StreamWriter) -> None:
        """A login asks the service, which takes a while; more than a few at a time get no answer."""
        if len(self._answering) < MOST_AT_ONCE:
            task = asyncio.create_task(self._answer(command, writer))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, command: pb.ScreenCommand, writer: asyncio.StreamWriter) -> None:
        if time.monotonic() - command.sent_s > OLD_S:
            answer, event = too_late(command), None
        else:
            answer, event = await carry_out(command, self._view, self._shifts)
        if event is not None:
            self._heard(event)
        if answer.refusal:
            log.info("command.refused", what=command.WhichOneof("what"))
        if writer.transport.get_write_buffer_size() < MOST_UNSENT:  # one that does not read gets no answers
            # The view first: a browser acts on the answer at once, and must find what it led to.
            writer.write(framed(self._packer.pack(self._view)))
            writer.write(framed(pb.ToScreens(answer=answer).SerializeToString()))


class _Budget:
    """So many messages at once, so many a second."""

    def __init__(self, now_s: float) -> None:
        self._left, self._at_s = float(BURST), now_s

    def pause_s(self, now_s: float) -> float:
        """One more was taken: how long to take none.  At least a turn of the loop, so that a flood takes no time."""
        self._left = min(BURST, self._left + (now_s - self._at_s) * MOST_A_SECOND) - 1
        self._at_s = now_s
        return max(0.0, -self._left / MOST_A_SECOND)


def _setup(where: Served) -> pb.ScreenSetup:
    return pb.ScreenSetup(names=where.names, certificate=str(where.certificate or ""), key=str(where.key or ""))


def listen(settings: Screens) -> socket.socket:
    """Held here, so that who comes while the process with the pages starts anew waits instead of being refused.

    Raises SettingsUnfit.
    """
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except (OSError, UnicodeError) as error:  # a name that cannot be one
        where, why = f"{settings.host}:{settings.port}", getattr(error, "strerror", None) or "no name of a machine"
        why, *_ = why.split(" (while")  # the address again
        raise SettingsUnfit(f"screens {where}: {why}; choose a free port and an address of this machine") from error


@asynccontextmanager
async def _started(
    listening: socket.socket,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A process with the pages and the line to it; killed at the end."""
    ours, theirs = socket.socketpair()
    ends = (theirs.fileno(), listening.fileno())
    command = [sys.executable, "-m", "edge.screens", "--socket", str(ends[0]), "--listen", str(ends[1])]
    try:
        pages = await asyncio.create_subprocess_exec(
            *command, pass_fds=ends, env=os.environ | MEMORY, stdin=asyncio.subprocess.DEVNULL
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    reader, writer = await asyncio.open_connection(sock=ours, limit=MOST_BYTES)
    try:
        yield pages, reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(ProcessLookupError):
            pages.kill()
        await pages.wait()
