"""Serve the pages until the brain is gone."""

import asyncio
import socket

import uvicorn

from edge.screens.app import build
from edge.screens.brain_line import BrainLine
from edge.view import View


async def serve(brain: socket.socket, browsers: socket.socket) -> None:
    """browsers: a socket that listens."""
    line = BrainLine(View())
    hearing = asyncio.create_task(line.run(brain))
    setup = asyncio.create_task(_serve(line, browsers))
    await asyncio.wait((hearing, setup), return_when=asyncio.FIRST_COMPLETED)
    if setup.done():
        setup.result()  # raises what ended it


async def _serve(line: BrainLine, browsers: socket.socket) -> None:
    setup = await line.setup
    pages = build(line.view, line.order, setup.agent_key)
    config = uvicorn.Config(pages, log_level="error", access_log=False, server_header=False, proxy_headers=False)
    await uvicorn.Server(config)._serve([browsers])  # without its handling of signals: we end with the brain
