"""Browsers' connections: taken while there is a place, ended when they neither ask nor listen."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.screens.places import Places

LOOK_S = 4.0  # whoever got nowhere between two looks is ended
HANDSHAKE_S = 3.0
MOST_AT_ONCE = 64
THIS_MACHINE = ("127.0.0.1",)
RESET = struct.pack("ii", 1, 0)  # nothing of a refused connection stays


class Connection(H11Protocol):
    """uvicorn's, with a clock of its own: half a request, a drop of a request at a time, an answer nobody reads."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.lost = asyncio.get_running_loop().create_future()
        self._stuck = self._answered = False
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._looking = self.loop.call_later(LOOK_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._looking:
            self._looking.cancel()
        if not self.lost.done():
            self.lost.set_result(None)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._answered = True
        super().on_response_complete()

    def _look(self) -> None:
        """An answer that is being made, or a stream that is read, goes on; all else has until the next look."""
        cycle = self.cycle
        at_work = cycle is not None and not cycle.more_body and not cycle.response_complete
        stuck = self.flow.write_paused if at_work else not self._answered
        if stuck and self._stuck:
            self.transport.abort()
            return
        self._stuck, self._answered = stuck, False
        self._looking = self.loop.call_later(LOOK_S, self._look)


async def accept(server: uvicorn.Server, listening: socket.socket, places: Places) -> None:
    """For ever.  A connection counts from its first packet on, before any TLS."""
    loop, held, ready = asyncio.get_running_loop(), set[asyncio.Task[None]](), asyncio.Event()
    listening.setblocking(False)
    loop.add_reader(listening, ready.set)
    while True:
        await ready.wait()
        ready.clear()
        for browser, address in _waiting(listening):
            if places.admits(address, loop.time()):
                task = asyncio.create_task(_hold(server, browser, address, places))
                held.add(task)
                task.add_done_callback(held.discard)
            else:
                browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                browser.close()
        await asyncio.sleep(0)


def _waiting(listening: socket.socket) -> Iterator[tuple[socket.socket, str]]:
    """Those that wait now and whence they come, so many at once; none without a descriptor for it."""
    for _ in range(MOST_AT_ONCE):
        try:
            browser, address = listening.accept()
        except OSError:
            return
        browser.setblocking(False)
        with contextlib.suppress(OSError):
            if address[0] == browser.getsockname()[0]:  # this machine's screen, by the machine's address on a network
                address = THIS_MACHINE
        yield browser, address[0]


async def _hold(server: uvicorn.Server, browser: socket.socket, address: str, places: Places) -> None:
    """One connection, from its place to its end."""
    free = places.take(address, lambda: _end(browser))
    config = server.config

    def protocol() -> Connection:
        return Connection(config=config, server_state=server.server_state, app_state={}, _loop=None)

    try:
        with contextlib.suppress(OSError, ssl.SSLError):
            handshake_s = HANDSHAKE_S if config.ssl else None
            _, connection = await asyncio.get_running_loop().connect_accepted_socket(
                protocol, browser, ssl=config.ssl, ssl_handshake_timeout=handshake_s
            )
            await connection.lost
    finally:
        free()
        browser.close()


def _end(browser: socket.socket) -> None:
    """At whatever stage it is: its transport sees an end and closes."""
    with contextlib.suppress(OSError):
        browser.shutdown(socket.SHUT_RDWR)
