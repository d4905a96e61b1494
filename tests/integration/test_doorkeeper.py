"""What the service's doorkeeper has the system do, on sockets: keep silent connections back, drop what a crowd says."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from backend.doorkeeper import Doorkeeper
from backend.settings import Budgets

NOTHING_S, SOON_S = 0.3, 10.0


@contextlib.asynccontextmanager
async def door() -> AsyncIterator[tuple[Doorkeeper, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        doorkeeper = Doorkeeper(Budgets())
        looking = asyncio.create_task(doorkeeper.run(listener.getsockname()[1]))
        while not listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT):
            await asyncio.sleep(0.01)
        yield doorkeeper, listener
        looking.cancel()


async def test_sr08_a_connection_that_says_nothing_is_none_of_ours() -> None:
    loop = asyncio.get_running_loop()
    async with door() as (doorkeeper, listener):
        with socket.create_connection(listener.getsockname()) as silent:
            accepting = asyncio.create_task(loop.sock_accept(listener))
            done, _ = await asyncio.wait((accepting,), timeout=NOTHING_S)
            assert not done
            silent.send(b"\x16")
            accepted, _ = await asyncio.wait_for(accepting, SOON_S)
            with accepted:
                while not doorkeeper.open:
                    await asyncio.sleep(0.01)
                assert accepted.recv(1) == b"\x16"


async def test_sr08_of_a_connection_with_too_many_calls_nothing_more_is_heard_and_it_stays() -> None:
    loop = asyncio.get_running_loop()
    async with door() as (doorkeeper, listener):
        with socket.create_connection(listener.getsockname()) as caller:
            caller.send(b"1")
            accepted, _ = await asyncio.wait_for(loop.sock_accept(listener), SOON_S)
            with accepted:
                accepted.setblocking(False)
                assert await loop.sock_recv(accepted, 1) == b"1"
                doorkeeper.end(f"ipv4:127.0.0.1:{caller.getsockname()[1]}")
                while not doorkeeper.ended_for("calls"):
                    await asyncio.sleep(0.01)
                caller.send(b"2")
                hearing = asyncio.create_task(loop.sock_recv(accepted, 1))
                done, _ = await asyncio.wait((hearing,), timeout=NOTHING_S)
                assert not done
                hearing.cancel()
