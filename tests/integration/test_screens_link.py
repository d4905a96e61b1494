"""The pages as a process of its own: killed, hung, flooding, talking nonsense, and the brain's end of it meanwhile."""

import asyncio
import contextlib
import errno
import itertools
import json
import os
import signal
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from limen.v1 import screens_pb2 as pb

from calibration.rehearsal.lane import free_port
from edge.agent_orders import carry_out
from edge.agents.shifts import Begun
from edge.encounter.events import AgentBoards, Event, Prompt
from edge.errors import SettingsUnfit
from edge.screens.app import COOKIE
from edge.screens.wire import ViewPacker, framed
from edge.screens_link import OLD_S, ScreensLink
from edge.sentences import GateSays, LaneSays
from edge.settings import Settings
from edge.view import Missing, View
from tests.podium import AGENT, CODES, hold_codes, identity, shifts_at

ANNA = Missing("t1", "SPECIMEN ANNA", "12A")
HIGH_WATER = 1 << 16  # asyncio's: from so much on, who writes waits


class Pages:
    """The brain's end, its view and what it heard; the process itself is at the other end."""

    def __init__(self, root: Path) -> None:
        self.view, self.heard = View(), list[Event]()
        self.port = free_port(0)
        of = identity(root)
        hold_codes(root / "j")
        self.shifts = shifts_at(root / "j", of, lambda open_: self.view.update(shifts=open_))
        self.link = ScreensLink(settings(of, self.port), self.view, self.shifts, self.heard.append)
        self.cookie = ""

    async def begin(self) -> None:
        began = await self.shifts.begin(AGENT, CODES[0], "10.0.0.1")
        assert isinstance(began, Begun)
        self.cookie = f"{COOKIE}={began.cookie}"

    @property
    def process(self) -> int:
        """Of the newest process with the pages that is our child."""
        found = [0]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == os.getpid() and b"edge.screens" in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return max(found)

    async def sees(self) -> dict[str, Any]:
        return await asyncio.to_thread(self._sees)

    def _sees(self) -> dict[str, Any]:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/agent/events", headers={"Cookie": self.cookie})
        with urllib.request.urlopen(asked, timeout=30) as stream:
            state: dict[str, Any] = json.loads(stream.readline().removeprefix(b"data: "))
        return state

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as page:
            return str(page.read().decode())

    async def board(self, traveler: str) -> int:
        return (await self._post("/agent/board", {"traveler": traveler}))[0]

    async def log_in(self, code: str) -> None:
        """As a browser does, which keeps the cookie it gets."""
        status, self.cookie = await self._post("/agent/login", {"person": AGENT, "secret": code})
        assert status == 303

    async def _post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Status, and the cookie of the answer."""
        form, host = urllib.parse.urlencode(fields), f"127.0.0.1:{self.port}"
        request = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {self.cookie}\r\n"
        request += "Content-Type: application/x-www-form-urlencoded\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{request}Content-Length: {len(form)}\r\n\r\n{form}".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.close()
        return int(head.split()[1]), head.partition("set-cookie: ")[2].partition(";")[0]

    async def another_process(self, than: int) -> int:
        """Its number, once there is one."""
        async with asyncio.timeout(20):
            while (now := self.process) in (0, than):
                await asyncio.sleep(0.05)
        return now


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    pages = Pages(tmp_path)
    await pages.begin()
    running = asyncio.create_task(pages.link.run())
    yield pages
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    pages.link.close()
    assert pages.process == 0, "no orphan"


async def test_the_pages_show_what_the_brain_told_and_an_agents_command_arrives(pages: Pages) -> None:
    pages.view.update(missing=(ANNA,), journey="XX123/20260101/ZRH", gate=GateSays.CLOSED, prompt=Prompt.LOOK_HERE)
    pages.view.update(lane=LaneSays.SOMEBODY)
    seen = await pages.sees()
    assert (seen["prompt"], seen["gate"], seen["journey"]) == ("look_here", "closed", "XX123/20260101/ZRH")
    assert seen["missing"] == [{"traveler": "t1", "name": "SPECIMEN ANNA", "seat": "12A"}]
    assert await pages.board("t1") == 303
    (event,) = pages.heard
    assert isinstance(event, AgentBoards)
    assert (event.traveler, event.agent) == ("t1", AGENT)
    assert await pages.board("t2") == 409
    pages.view.update(prompt=Prompt.GO)
    assert await pages.board("t1") == 409
    assert len(pages.heard) == 1


async def test_a_command_that_waited_too_long_is_not_carried_out(pages: Pages) -> None:
    """Its page may have said that there was no answer, and its agent may have turned to somebody else."""
    pages.view.update(missing=(ANNA,), lane=LaneSays.SOMEBODY)
    await pages.sees()
    posted = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(pages.board("t1"))))
    await asyncio.sleep(0)
    time.sleep(OLD_S + 1.0)  # the brain does nothing at all
    assert await posted == 409
    assert pages.heard == []
    assert await pages.board("t1") == 303


async def test_who_has_logged_in_finds_the_page_open_at_once(pages: Pages) -> None:
    """While the view changes all the time: the answer to the login must not go before what it is about."""
    await pages.sees()

    async def change() -> None:
        for number in itertools.count():
            pages.view.update(expected=number)
            await asyncio.sleep(0.001)

    changing = asyncio.create_task(change())
    for code in CODES[1:]:
        await pages.log_in(code)
        assert (await pages.sees())["agent"] == AGENT
    changing.cancel()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
async def test_a_process_that_ends_or_hangs_is_replaced_and_shows_the_present(
    pages: Pages, how: signal.Signals
) -> None:
    await pages.sees()
    before = pages.process
    os.kill(before, how)
    pages.view.update(gate=GateSays.OPEN)
    await pages.another_process(before)
    assert (await pages.sees())["gate"] == "open"


async def test_a_view_that_cannot_be_told_ends_the_conversation_not_the_pages_for_good(pages: Pages) -> None:
    await pages.sees()
    before = pages.process
    pages.view.update(journey=7)  # a number where a word belongs
    await pages.another_process(before)
    pages.view.update(journey="XX123/20260101/ZRH")
    assert (await pages.sees())["journey"] == "XX123/20260101/ZRH"


async def test_pages_that_cannot_be_started_take_nothing_down(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    await pages.sees()

    async def refused(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "create_subprocess_exec", refused)
        os.kill(pages.process, signal.SIGKILL)
        said = ""
        async with asyncio.timeout(20):
            while said.count("screens.not_started") < 2:
                await asyncio.sleep(0.1)
                said += "".join(capfd.readouterr())
    assert (await pages.sees())["lamp"] == "off"


async def test_while_it_hangs_the_brain_tells_it_nothing_more_than_fits(pages: Pages) -> None:
    """Nothing waits for it and nothing piles up: a long list changed again and again while it is stopped."""
    await pages.sees()
    before = pages.process
    os.kill(before, signal.SIGSTOP)
    for round_ in range(100):
        pages.view.update(missing=tuple(Missing(str(n), f"at {round_}", "1A") for n in range(2000)))
        await asyncio.sleep(0.01)
    most = len(framed(ViewPacker().pack(pages.view))) + HIGH_WATER
    assert 0 < unsent() <= most, "one state more than the line takes"
    os.kill(before, signal.SIGCONT)
    async with asyncio.timeout(30):
        while (await pages.sees())["missing"][0]["name"] != pages.view.missing[0].name:
            await asyncio.sleep(0.1)


def unsent() -> int:
    """Bytes that wait in the fullest line of the running loop."""
    lines: Any = asyncio.get_running_loop()
    waiting = [int(line.get_write_buffer_size()) for line in lines._transports.values() if hasattr(line, "write")]
    return max(waiting)


def settings(of: Path, port: int) -> Settings:
    gate = {"kind": "controller", "port": "gate.tty", "key": "gate.key", "id": 1}
    service = {"address": "localhost:1", "identity": str(of)}
    tree = {"device": "g1", "camera": "clip:x", "journal_dir": "j", "gate": gate, "service": service}
    return Settings.model_validate(tree | {"screens": {"port": port}})


async def test_the_brain_believes_no_page_about_who_boards(pages: Pages) -> None:
    pages.view.update(missing=(ANNA,), gate="closed")
    await pages.sees()
    for command, words in (
        (pb.ScreenCommand(board=pb.BoardByDocuments(traveler="t1", cookie="made up")), "log in"),
        (pb.ScreenCommand(board=pb.BoardByDocuments(traveler="t1")), "log in"),
        (pb.ScreenCommand(), "no such command"),
    ):
        answer, event = await carry_out(command, pages.view, pages.shifts)
        assert (words in answer.refusal, event) == (True, None)


async def test_an_address_that_is_taken_refuses_to_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsUnfit, match=f"screens 127.0.0.1:{port}: Address already in use"):
            ScreensLink(settings(tmp_path, port), View(), shifts_at(tmp_path, identity(tmp_path)), lambda _: None)


HEAD = b"GET /events HTTP/1.1\r\nHost: localhost\r\n"
FORM = b"POST /agent/login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
FORM += b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (HEAD[:12], b""),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, b"HTTP/1.1 400"),
        (FORM + b"Content-Length: 100000000\r\n\r\nkey=" + b"x" * 100_000, b"HTTP/1.1 413"),
        (FORM + b"Transfer-Encoding: chunked\r\n\r\n" + b"2000\r\n" + b"x" * 0x2000, b"HTTP/1.1 413"),
        (b"\x16\x03\x01" + bytes(2000), b"HTTP/1.1 400"),
    ],
)
async def test_a_browser_that_asks_for_nothing_sensible_is_ended(pages: Pages, said: bytes, answer: bytes) -> None:
    await pages.sees()
    before = pages.process
    reader, writer = await asyncio.open_connection("127.0.0.1", pages.port)
    writer.write(said)
    heard = b""
    async with asyncio.timeout(40):
        with contextlib.suppress(ConnectionError):
            while came := await reader.read(4096):  # a reset after the answer must not take it away
                heard += came
    writer.close()
    assert heard.startswith(answer)
    assert (answer != b"") is (heard != b"")
    await pages.sees()
    assert pages.process == before


async def test_strangers_take_no_place_of_this_machines_screen_and_sixteen_for_each_address(pages: Pages) -> None:
    await pages.sees()
    strangers = []
    for number in range(200):
        own = (f"127.0.1.{number % 8 + 1}", 0)
        strangers.append(await asyncio.open_connection("127.0.0.1", pages.port, local_addr=own, limit=1024))
        strangers[-1][1].write(HEAD + b"\r\n")
    assert (await pages.sees())["lamp"] == "off"
    held = dict(line.split() for line in (await asyncio.to_thread(pages.metrics)).splitlines() if line[0] != "#")
    assert 0 < float(held['limen_gate_connections{of="strangers"}']) <= 128, "sixteen for each address"
    assert float(held["limen_gate_connections_ended"]) > 0
    for _, writer in strangers:
        writer.transport.abort()
