"""The pages and their event streams; no build step, nothing from elsewhere."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from limen.v1 import screens_pb2 as pb
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from edge import documents
from edge.screens.guard import Guard
from edge.screens.metrics import Metrics
from edge.screens.places import Places
from edge.screens.serving import Served
from edge.view import OpenShift, View
from hardware.documents import scan as scans

PAGES = Path(__file__).parent / "pages"
COOKIE = "limen_shift"
Require = Callable[[Request], OpenShift]
Order = Callable[[pb.ScreenCommand], Awaitable[pb.ScreenAnswer]]
_JSON: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


def build(view: View, order: Order, served: Served, places: Places) -> ASGIApp:
    """The traveler's page at /, the agent's at /agent for whoever has a shift.  order: have the brain do it."""
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

    require = partial(_required, view, places)
    _add_login(app, order)
    _add_agents_page(app, view, require)
    _add_boarding(app, order, require)
    _add_scanning(app, view, require)
    return Guard(app, served.names, served.scheme)


def _shift_of(view: View, request: Request) -> OpenShift | None:
    return view.shift_of(request.cookies.get(COOKIE, ""))


def _required(view: View, places: Places, request: Request) -> OpenShift:
    """An agent's address has a place though strangers crowd."""
    if (shift := _shift_of(view, request)) is None:
        raise HTTPException(403, "your shift has ended, or has not begun: log in")
    if request.client:
        places.know(request.client.host)
    return shift


def _add_login(app: FastAPI, order: Order) -> None:
    @app.post("/agent/login")
    async def login(
        request: Request,
        person: Annotated[str, Form(min_length=1, max_length=80)],
        secret: Annotated[str, Form(min_length=1, max_length=200)],
    ) -> Response:
        address = request.client.host if request.client else ""
        asked = pb.BeginShift(person=person, secret=secret, address=address)
        told = await order(pb.ScreenCommand(begin=asked))
        if not told.cookie:
            return _login_page(told.refusal, 403)
        answer = RedirectResponse("/agent", 303)
        answer.set_cookie(
            COOKIE, told.cookie, told.lasts_s, path="/agent", secure=True, httponly=True, samesite="strict"
        )
        return answer

    @app.post("/agent/logout")
    async def logout(request: Request) -> Response:
        await order(pb.ScreenCommand(end=pb.EndShift(cookie=request.cookies.get(COOKIE, "")[:100])))
        answer = RedirectResponse("/agent", 303)
        answer.delete_cookie(COOKIE, path="/agent", secure=True, httponly=True, samesite="strict")
        return answer


def _login_page(words: str = "", status: int = 200) -> Response:
    """words: one of our own sentences."""
    return HTMLResponse((PAGES / "login.html").read_text().replace("<!--words-->", words), status)


def _add_agents_page(app: FastAPI, view: View, require: Require) -> None:
    @app.get("/agent")
    async def agent(request: Request) -> Response:
        if _shift_of(view, request) is None:
            return _login_page()
        return FileResponse(PAGES / "agent.html")

    @app.get("/agent/events")
    async def agent_events(request: Request) -> Response:
        shift = require(request)
        return _stream(
            view,
            lambda: {**view.for_agent(), "agent": shift.person},
            lambda: _shift_of(view, request) is not None,
        )


def _add_boarding(app: FastAPI, order: Order, require: Require) -> None:
    @app.post("/agent/board")
    async def board(
        request: Request,
        traveler: Annotated[str, Form(max_length=100)],
        stands: Annotated[bool, Form()] = False,
    ) -> Response:
        require(request)
        asked = pb.BoardByDocuments(traveler=traveler, stands=stands, cookie=request.cookies[COOKIE])
        if refusal := (await order(pb.ScreenCommand(board=asked))).refusal:
            raise HTTPException(409, refusal)
        return RedirectResponse("/agent", 303)

    @app.post("/agent/withdraw")
    async def withdraw(request: Request, encounter: Annotated[str, Form(max_length=64)]) -> Response:
        require(request)
        asked = pb.WithdrawBoarding(encounter=encounter, cookie=request.cookies[COOKIE])
        if refusal := (await order(pb.ScreenCommand(withdraw=asked))).refusal:
            raise HTTPException(409, refusal)
        return RedirectResponse("/agent", 303)


def _add_scanning(app: FastAPI, view: View, require: Require) -> None:
    @app.post("/agent/scan")
    def scan(request: Request, text: Annotated[str, Form(max_length=4096)]) -> dict[str, object]:
        """Propose a missing traveller; only the agent boards.  In a worker thread: bad text takes time to explain.

        It is no claim for the face check: the agent often serves somebody who is not the one before the camera.
        """
        require(request)
        today = datetime.now().astimezone().date()
        document = scans.read(text, today)
        told = {name: value for name, value in scans.result(document).items() if name != "fields"}
        return told | asdict(documents.propose(document, view.missing, view.journey, today))


def _stream(
    view: View, content: Callable[[], dict[str, object]], may_go_on: Callable[[], bool] = lambda: True
) -> Response:
    """may_go_on: asked before everything that is shown."""

    async def events() -> AsyncIterator[bytes]:
        async for _ in view.follow():
            if not may_go_on():
                yield b"event: ended\ndata: {}\n\n"
                return
            yield b"data: " + _JSON.dump_json(content()) + b"\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")
