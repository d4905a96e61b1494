"""The pages and their event streams; no build step, nothing from elsewhere."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, HTTPException, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from limen.v1 import screens_pb2 as pb
from pydantic import TypeAdapter

from edge import documents
from edge.screens.metrics import Metrics
from edge.screens.places import Places
from edge.view import View
from hardware.documents import scan as scans

PAGES = Path(__file__).parent / "pages"
Admit = Callable[[str, Request], None]
Order = Callable[[pb.ScreenCommand], Awaitable[str]]
_JSON: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


def build(view: View, order: Order, agent_key: str, places: Places) -> FastAPI:
    """The traveller's page at /, the agent's at /agent?key=…  order: have the brain do it; its words if it does not."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/pages", StaticFiles(directory=PAGES))

    @app.get("/")
    async def traveller() -> Response:
        return FileResponse(PAGES / "traveller.html")

    @app.get("/events")
    async def traveller_events() -> Response:
        return _stream(view, view.for_traveler)

    metrics = Metrics(view, places)

    @app.get("/metrics")
    async def prometheus() -> Response:
        return Response(metrics.page(), media_type="text/plain; version=0.0.4")

    admit = partial(_admit, agent_key, places)
    _add_agents_page(app, view, admit)
    _add_boarding(app, order, admit)
    _add_scanning(app, view, admit)
    return app


def _admit(agent_key: str, places: Places, key: str, request: Request) -> None:
    if not secrets.compare_digest(key.encode(), agent_key.encode()):
        raise HTTPException(403, "this page is for agents: use the address with its key")
    if request.client:
        places.know(request.client.host)


def _add_agents_page(app: FastAPI, view: View, admit: Admit) -> None:
    @app.get("/agent")
    async def agent(request: Request, key: Annotated[str, Query()] = "") -> Response:
        admit(key, request)
        return FileResponse(PAGES / "agent.html", headers={"Referrer-Policy": "no-referrer"})

    @app.get("/agent/events")
    async def agent_events(request: Request, key: Annotated[str, Query()] = "") -> Response:
        admit(key, request)
        return _stream(view, view.for_agent)


def _add_boarding(app: FastAPI, order: Order, admit: Admit) -> None:
    @app.post("/agent/board")
    async def board(
        request: Request,
        key: Annotated[str, Form()],
        traveler: Annotated[str, Form(max_length=100)],
        agent: Annotated[str, Form(pattern=r"^[A-Za-z0-9-]{2,20}$")],
        stands: Annotated[bool, Form()] = False,
    ) -> Response:
        admit(key, request)
        command = pb.ScreenCommand(board=pb.BoardByDocuments(traveler=traveler, agent=agent, stands=stands))
        if refusal := await order(command):
            raise HTTPException(409, refusal)
        return RedirectResponse(f"/agent?key={quote(key)}", 303)

    @app.post("/agent/withdraw")
    async def withdraw(
        request: Request, key: Annotated[str, Form()], encounter: Annotated[str, Form(max_length=64)]
    ) -> Response:
        admit(key, request)
        if refusal := await order(pb.ScreenCommand(withdraw=pb.WithdrawBoarding(encounter=encounter))):
            raise HTTPException(409, refusal)
        return RedirectResponse(f"/agent?key={quote(key)}", 303)


def _add_scanning(app: FastAPI, view: View, admit: Admit) -> None:
    @app.post("/agent/scan")
    def scan(
        request: Request, key: Annotated[str, Form()], text: Annotated[str, Form(max_length=4096)]
    ) -> dict[str, object]:
        """Propose a missing traveller; only the agent boards.  In a worker thread: bad text takes time to explain.

        It is no claim for the face check: the agent often serves somebody who is not the one before the camera.
        """
        admit(key, request)
        today = datetime.now().astimezone().date()
        document = scans.read(text, today)
        told = {name: value for name, value in scans.result(document).items() if name != "fields"}
        return told | asdict(documents.propose(document, view.missing, view.journey, today))


def _stream(view: View, content: Callable[[], dict[str, object]]) -> Response:
    async def events() -> AsyncIterator[bytes]:
        async for _ in view.follow():
            yield b"data: " + _JSON.dump_json(content()) + b"\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
