"""The pages' end of the brain: keeps the view as the brain tells it, asks for what an agent commands."""

import asyncio
import contextlib
import itertools
import socket
import time

from limen.v1 import screens_pb2 as pb

from edge.screens.wire import framed, receive, unpack
from edge.sentences import Refusal
from edge.view import View

MOST_BYTES = 1 << 24  # the brain is to be trusted; a ship's list of the missing is long
ALIVE_S = 1.0
MOST_LOGINS = 4  # at once: strangers' logins stand in one line with the agents' orders
ANSWER_S = 8.0  # a login may wait for the service, then for a slow hash
NO_ANSWER = "the appliance did not answer in time: look whether the gate opened, then try again"


class BrainLine:
    """`view` is what the brain told last."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.setup: asyncio.Future[pb.ScreenSetup] = asyncio.get_running_loop().create_future()
        self._told = pb.ScreenSetup()
        self._numbers, self._logins = itertools.count(1), 0
        self._waiting: dict[int, asyncio.Future[pb.ScreenAnswer]] = {}
        self._writer: asyncio.StreamWriter | None = None

    async def run(self, brain: socket.socket) -> None:
        """Until the brain is gone."""
        reader, self._writer = await asyncio.open_connection(sock=brain)
        alive = asyncio.create_task(self._say_alive(self._writer))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._hear(pb.ToScreens.FromString(await receive(reader, MOST_BYTES)))
        alive.cancel()

    async def order(self, command: pb.ScreenCommand) -> pb.ScreenAnswer:
        """Have the brain do this."""
        if not command.HasField("begin"):
            return await self._order(command, NO_ANSWER)
        if self._logins >= MOST_LOGINS:
            return pb.ScreenAnswer(refusal=Refusal.BUSY)
        self._logins += 1
        try:
            return await self._order(command, Refusal.LATE)
        finally:
            self._logins -= 1

    async def _order(self, command: pb.ScreenCommand, no_answer: str) -> pb.ScreenAnswer:
        command.number, command.sent_s = next(self._numbers), time.monotonic()
        answer: asyncio.Future[pb.ScreenAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[command.number] = answer
        try:
            self._send(pb.FromScreens(command=command))
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError:
            return pb.ScreenAnswer(refusal=no_answer)
        finally:
            del self._waiting[command.number]

    def _hear(self, told: pb.ToScreens) -> None:
        match told.WhichOneof("what"):
            case "setup":
                self._told = told.setup
            case "view":
                self.view.update(**unpack(told.view))
                self.view.heard_s = time.monotonic()
                if not self.setup.done():  # before the first view there is nothing to serve
                    self.setup.set_result(self._told)
            case "answer" if (waiting := self._waiting.get(told.answer.number)) is not None and not waiting.done():
                waiting.set_result(told.answer)

    async def _say_alive(self, writer: asyncio.StreamWriter) -> None:
        """From the loop that serves the pages: when it hangs, the brain hears nothing and starts another."""
        while True:
            self._send(pb.FromScreens(alive=pb.ScreensAlive()))
            await writer.drain()
            await asyncio.sleep(ALIVE_S)

    def _send(self, said: pb.FromScreens) -> None:
        if self._writer is not None:
            self._writer.write(framed(said.SerializeToString()))
