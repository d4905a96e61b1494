"""Serve the pages until the brain is gone."""

import asyncio
import socket
from pathlib import Path

import uvicorn

from edge.screens.app import build
from edge.screens.bounded import Bounded
from edge.screens.brain_line import BrainLine
from edge.screens.connections import accept
from edge.screens.places import Places
from edge.screens.serving import Served
from edge.view import View

MOST_HEADER = 16 * 1024


async def serve(brain: socket.socket, browsers: socket.socket) -> None:
    """browsers: a socket that listens."""
    line = BrainLine(View())
    hearing = asyncio.create_task(line.run(brain))
    serving = asyncio.create_task(_serve(line, browsers))
    done, _ = await asyncio.wait((hearing, serving), return_when=asyncio.FIRST_COMPLETED)
    for ended in done:
        ended.result()  # raises what ended it


async def _serve(line: BrainLine, browsers: socket.socket) -> None:
    setup, places = await line.setup, Places()
    certificate, key = (Path(file) if file else None for file in (setup.certificate, setup.key))
    served = Served(frozenset(setup.names), certificate, key)
    pages = Bounded(build(line.view, line.order, served, places))
    config = uvicorn.Config(
        pages,
        log_level="critical",  # of uvicorn: whatever strangers send would be a line each
        access_log=False,
        server_header=False,
        proxy_headers=False,  # an address that a client names is not the client's
        h11_max_incomplete_event_size=MOST_HEADER,
        ws="none",
        lifespan="off",
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[])
    await asyncio.gather(server.main_loop(), accept(server, browsers, places))
