"""The appliance's pages as a real server serves them, over a view that the test changes; and a real browser."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import uvicorn
from limen.v1 import screens_pb2 as pb
from playwright.sync_api import APIResponse, Browser, Page, sync_playwright

from calibration.rehearsal.lane import free_port
from edge.agent_orders import carry_out
from edge.encounter.events import Event
from edge.screens.app import build
from edge.screens.places import Places
from edge.screens.serving import LOCAL, Served
from edge.view import View, Visit
from tests.podium import AGENT, CODES, hold_codes, identity, shifts_at

PASS = "M1SPECIMEN/ANNA       EABC123 ZRHHKGXX 0123 {day}J012A0025 100"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]


@dataclass
class Screens:
    """The pages of an appliance whose view the test changes; it moves until the test says otherwise.  Its service is
    away, so agents begin by one-time codes."""

    root: Path
    view: View = field(default_factory=View)
    heard: list[Event] = field(default_factory=list)
    port: int = field(default_factory=lambda: free_port(0))
    moves: bool = True

    def __post_init__(self) -> None:
        self._identity = identity(self.root)
        hold_codes(self.root / "journal")
        self._codes = iter(CODES)
        self._start()

    def _start(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._shifts = shifts_at(self.root / "journal", self._identity, lambda open_: self.view.update(shifts=open_))
        app = build(self.view, self._order, Served(LOCAL), Places())
        config = uvicorn.Config(app, port=self.port, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        moving = asyncio.create_task(self._move())
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.wait([serving], timeout=0.01)
            if serving.done():
                break
        else:
            self._ready.set()
        await serving
        moving.cancel()

    async def _move(self) -> None:
        while True:
            if self.moves:
                self.view.move(time.monotonic())
            await asyncio.sleep(0.05)

    def update(self, **fields: object) -> None:
        self._loop.call_soon_threadsafe(lambda: self.view.update(**fields))

    def visited(self, visit: Visit) -> None:
        self._loop.call_soon_threadsafe(self.view.visited, visit)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def _order(self, command: pb.ScreenCommand) -> pb.ScreenAnswer:
        answer, event = await carry_out(command, self.view, self._shifts)
        if event is not None:
            self.heard.append(event)
        return answer

    def begin(self, page: Page, code: str = "") -> None:
        """Log in as the agent."""
        page.goto(self.url("/agent"))
        page.get_by_label("Name").fill(AGENT)
        page.get_by_label("Password").fill(code or next(self._codes))
        page.get_by_role("button", name="Begin").click()

    def post(self, page: Page, path: str, form: dict[str, str | float | bool], origin: str = "") -> APIResponse:
        headers = {"Origin": origin or f"http://127.0.0.1:{self.port}"}
        return page.request.post(self.url(path), form=form, headers=headers, max_redirects=0)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def start_again(self) -> None:
        self.view = View(prompt=self.view.prompt)
        self._start()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


def of_today(text: str) -> str:
    """A boarding pass for today's flight."""
    return text.format(day=f"{datetime.now().astimezone():%j}")
