"""The pages and their event streams; no build step, nothing from elsewhere."""

import secrets
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, HTTPException, Query
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter

from edge import documents
from edge.encounter.events import AgentBoards, Event, Prompt
from edge.view import View
from hardware.documents import scan as scans

PAGES = Path(__file__).parent / "pages"
_JSON: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


def build(view: View, heard: Callable[[Event], None], agent_key: str) -> FastAPI:
    """The traveller's page at /, the agent's at /agent?key=…"""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/pages", StaticFiles(directory=PAGES))

    @app.get("/")
    async def traveller() -> Response:
        return FileResponse(PAGES / "traveller.html")

    @app.get("/events")
    async def traveller_events() -> Response:
        return _stream(view, view.for_traveler)

    _add_agents_page(app, view, agent_key)
    _add_boarding(app, view, heard, agent_key)
    _add_scanning(app, view, agent_key)
    return app


def _admit(key: str, agent_key: str) -> None:
    if not secrets.compare_digest(key.encode(), agent_key.encode()):
        raise HTTPException(403, "this page is for agents: use the address with its key")


def _add_agents_page(app: FastAPI, view: View, agent_key: str) -> None:
    @app.get("/agent")
    async def agent(key: Annotated[str, Query()] = "") -> Response:
        _admit(key, agent_key)
        return FileResponse(PAGES / "agent.html", headers={"Referrer-Policy": "no-referrer"})

    @app.get("/agent/events")
    async def agent_events(key: Annotated[str, Query()] = "") -> Response:
        _admit(key, agent_key)
        return _stream(view, view.for_agent)


def _add_boarding(app: FastAPI, view: View, heard: Callable[[Event], None], agent_key: str) -> None:
    @app.post("/agent/board")
    async def board(
        key: Annotated[str, Form()],
        traveler: Annotated[str, Form()],
        agent: Annotated[str, Form(pattern=r"^[A-Za-z0-9-]{2,20}$")],
    ) -> Response:
        _admit(key, agent_key)
        if traveler not in {person.traveler for person in view.missing}:
            raise HTTPException(409, "this traveller is not missing: already aboard, or not on this journey")
        if view.prompt is Prompt.GO:
            raise HTTPException(409, "somebody is passing: wait until the gate is closed, then try again")
        heard(AgentBoards(traveler, agent, str(uuid.uuid4())))
        return RedirectResponse(f"/agent?key={quote(key)}", 303)


def _add_scanning(app: FastAPI, view: View, agent_key: str) -> None:
    @app.post("/agent/scan")
    def scan(key: Annotated[str, Form()], text: Annotated[str, Form(max_length=4096)]) -> dict[str, object]:
        """Propose a missing traveller; only the agent boards.  In a worker thread: bad text takes time to explain.

        It is no claim for the face check: the agent often serves somebody who is not the one before the camera.
        """
        _admit(key, agent_key)
        today = datetime.now().astimezone().date()
        document = scans.read(text, today)
        told = {name: value for name, value in scans.result(document).items() if name != "fields"}
        return told | asdict(documents.propose(document, view.missing, view.journey, today))


def _stream(view: View, content: Callable[[], dict[str, object]]) -> Response:
    async def events() -> AsyncIterator[bytes]:
        async for _ in view.follow():
            yield b"data: " + _JSON.dump_json(content()) + b"\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
