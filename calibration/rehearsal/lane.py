"""A whole lane on this machine: service, gate controller, appliance and camera, each a process of its own."""

import contextlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.request import Request

from backend import photos
from calibration.rehearsal.cast import EVENING, MORNING, TRAVELERS, paxlst, portrait
from edge.eye.cameras.clip import SEQUENCE

GATE, PORT, AGENT = "G1", "ZRH", "a.keller"
AUDITOR = "r.auditor"  # reads what the summary is made of; its password is the agent's, as new each time
START_S, STOP_S = 60.0, 10.0
ASKED = (20_000, 32_000)  # below what the system gives to whoever connects


class LaneFailed(Exception):
    """A part did not start or ended early.  Names it and the file with what it said."""


@dataclass(slots=True)
class Lane:
    """Files under `root`; the parts running; `journeys` by flight number once manifests are in."""

    root: Path
    flights: tuple[str, ...] = (MORNING, EVENING)
    port: int = field(default_factory=lambda: free_port(7443))
    pages: int = field(default_factory=lambda: free_port(8080))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    cookie: str = ""
    controller_kind: str = "model"
    journeys: dict[str, str] = field(default_factory=dict)
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def traveller_page(self) -> str:
        return f"http://127.0.0.1:{self.pages}/"

    @property
    def agent_page(self) -> str:
        return f"http://127.0.0.1:{self.pages}/agent"

    @property
    def playlist(self) -> Path:
        return self.root / "lane.m3u"

    def start(self, first_clip: Path) -> None:
        """Bring every part up; raises LaneFailed naming the part that does not come."""
        shutil.rmtree(self.root, ignore_errors=True)
        for folder in ("logs", "photos", "journal"):
            (self.root / folder).mkdir(parents=True)
        self.play(first_clip)
        self._configure()
        self._enrol_peers()
        self.begin("service")
        self._await("service", lambda: _listens(self.port))
        self.tvs("login", AUDITOR, *self._as("desk"), "--out", "auditor.token", typed=f"{self.password}\n")
        self._put_on_file()
        for flight in self.flights:
            self.announce(flight)
        self.start_controller()
        self.begin("appliance")
        self._await("appliance", lambda: _listens(self.pages))

    def start_controller(self) -> None:
        """A gate on a pseudo terminal, with somebody who walks through every opening."""
        self.begin("controller")
        self._await("controller", (self.root / "gate.tty").exists)

    def announce(self, flight: str) -> None:
        """Send the carrier's manifest."""
        manifest = self.root / f"{flight}.edi"
        manifest.write_bytes(paxlst(flight, datetime.now(UTC).date()))
        told = self.tvs("manifest", "submit", manifest.name, *self._as("carrier"))
        self.journeys[flight] = told.strip()

    def _put_on_file(self) -> None:
        for traveler in (t for t in TRAVELERS if t.on_file):
            folder = self.root / "photos" / photos.key("P", "UTO", traveler.number)
            folder.mkdir()
            for name in traveler.on_file:
                shutil.copy(portrait(name), folder)

    def board(self, flight: str) -> None:
        """Let a flight board at the gate."""
        self.tvs("assign", GATE, self.journeys[flight], *self._as("operator"))

    def play(self, clip: Path) -> None:
        with self.playlist.open("a") as file:
            file.write(f"{clip}\n")

    def take_off_played(self) -> None:
        """Leave only the newest clip on the playlist: a camera that is opened again does not show the visits again."""
        lines = self.playlist.read_text().splitlines()
        before = [int(line.removeprefix(SEQUENCE)) for line in lines if line.startswith(SEQUENCE)]
        clips = [line for line in lines if not line.startswith("#")]
        left = self.playlist.with_suffix(".new")
        left.write_text(f"{SEQUENCE}{sum(before) + len(clips) - 1}\n{clips[-1]}\n")
        left.replace(self.playlist)

    def agent_sees(self) -> dict[str, Any]:
        """What the agent's page is told now."""
        if not self.cookie:
            self.log_in(self.password)
        with self.agent_asks("/events") as stream:
            state: dict[str, Any] = json.loads(stream.readline().removeprefix(b"data: "))
        return state

    def log_in(self, secret: str) -> None:
        """Begin the agent's shift with the password, or a one-time code while the service is away.

        Raises HTTPError if neither is right.
        """
        opener = urllib.request.build_opener(_Stay)
        with opener.open(self._asked("/login", {"person": AGENT, "secret": secret}), timeout=10) as answer:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def agent_asks(self, path: str, form: dict[str, str] | None = None) -> HTTPResponse:
        """What the agent's page asks of the appliance.  Raises HTTPError."""
        answer: HTTPResponse = urllib.request.urlopen(self._asked(path, form), timeout=5)
        return answer

    def _asked(self, path: str, form: dict[str, str] | None) -> Request:
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        headers = {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.pages}"}
        return Request(self.agent_page + path, body, headers)

    def decisions(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._audited("decisions")]

    def crossings(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._audited("crossings")]

    def journal(self) -> Iterator[dict[str, Any]]:
        """The appliance's journal so far, one object a step."""
        for path in sorted((self.root / "journal").glob("*.jsonl")):
            yield from map(json.loads, path.read_bytes().split(b"\n")[:-1])

    def controller(self) -> list[dict[str, Any]]:
        """What the controller observed."""
        return [json.loads(line) for line in (self.root / "controller.jsonl").read_text().splitlines()]

    def _audited(self, what: str) -> list[str]:
        return self.tvs(what, *self._as("desk"), "--token", "auditor.token").splitlines()

    def tvs(self, *arguments: str, typed: str = "") -> str:
        """Run `limen-tvs`; its output.  Raises LaneFailed with its words."""
        command = self._command("backend.cli", *arguments)
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, input=typed)
        if done.returncode != 0:
            raise LaneFailed(f"limen-tvs {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def begin(self, part: str) -> None:
        """Start a part of the lane; it is not waited for."""
        match part:
            case "service":
                self.run(part, "backend.cli", "serve", "--settings", "tvs.toml")
            case "appliance":
                self.run(part, "edge.cli", "run", "--settings", "gate.toml")
            case "controller":
                link = ("--link", "gate.tty", "--events", "controller.jsonl", "--id", "1", "--key", "gate.key")
                self.run(part, "hardware", "serve", *link, "--kind", self.controller_kind)

    def run(self, part: str, module: str, *arguments: str) -> None:
        with (self.root / "logs" / f"{part}.log").open("ab") as log:
            command = self._command(module, *arguments)
            self.parts[part] = subprocess.Popen(command, cwd=self.root, stdout=log, stderr=log, start_new_session=True)

    def check(self) -> None:
        """Raises LaneFailed if a part has ended."""
        for part, process in self.parts.items():
            if process.poll() is not None:
                log = self.root / "logs" / f"{part}.log"
                raise LaneFailed(f"{part} ended with {process.returncode}; {log} says why")

    def stop(self, part: str) -> None:
        process = self.parts.pop(part)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop_all(self) -> None:
        for part in reversed(list(self.parts)):
            self.stop(part)

    def _command(self, module: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", module, *arguments]

    def _as(self, peer: str) -> tuple[str, ...]:
        return ("--identity", f"peers/{peer}", "--server", f"localhost:{self.port}")

    def _configure(self) -> None:
        (self.root / "tvs.toml").write_text(
            f'listen = "127.0.0.1:{self.port}"\nstate_dir = "tvs"\nphotos_dir = "photos"\ncountry = "CHE"\n'
        )
        (self.root / "gate.toml").write_text(
            f'device = "kiosk-1"\ncamera = "clip:{self.playlist.name}"\njournal_dir = "journal"\n'
            f'[gate]\nkind = "controller"\nport = "gate.tty"\nkey = "gate.key"\nid = 1\n'
            f'[service]\naddress = "localhost:{self.port}"\nidentity = "peers/kiosk-1"\n'
            f"[screens]\nport = {self.pages}\n"
        )
        key = ("key", "--id", "1", "--key", "gate.key", "--image", "gate.hex")
        subprocess.run(self._command("hardware", *key), cwd=self.root, check=True, capture_output=True)

    def _enrol_peers(self) -> None:
        self.tvs("ca", "init", "--settings", "tvs.toml")
        for name, *more in (
            ("kiosk-1", "--gate", GATE, "--port", PORT),
            ("carrier", "--role=carrier", "--airline=XX"),
            ("operator", "--role=operator", "--port", PORT),
            ("desk", "--role=console"),
        ):
            self.tvs("device", "add", name, *more, "--settings", "tvs.toml", "--out", f"peers/{name}")
        post = ("--role", "auditor@*", "--settings", "tvs.toml")
        self.tvs("person", "add", AUDITOR, *post, typed=f"{self.password}\n")
        person = ("person", "add", AGENT, "--role", f"agent@{PORT}", "--settings", "tvs.toml")
        self.tvs(*person, typed=f"{self.password}\n")

    def _await(self, part: str, ready: Callable[[], bool]) -> None:
        until_s = time.monotonic() + START_S
        while not ready():
            self.check()
            if time.monotonic() > until_s:
                raise LaneFailed(f"{part} did not come up within {START_S:g} s; {self.root / 'logs'} says why")
            time.sleep(0.1)


class _Stay(urllib.request.HTTPRedirectHandler):
    """The answer to a login is its cookie, not the page it leads to."""

    def http_error_303(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message) -> IO[bytes]:
        return fp


def free_port(wished: int) -> int:
    """The wished port if nobody has it, else any: no other process is told the same while this one lives.

    Until its part listens a number is only a wish, and another copy would find it free, too.  None is one that the
    system gives to whoever connects.
    """
    others = random.SystemRandom().sample(range(*ASKED), len(range(*ASKED)))
    for port in (wished, *others):
        if port and _free(port) and _claim(port):
            return port
    raise LaneFailed("no port is free on 127.0.0.1")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _claim(port: int) -> bool:
    """By a name that the system takes back when this process ends, however it does."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0limen-port-{port}")
    except OSError:
        claim.close()
        return False
    claim.detach()  # it stays open as long as the process
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
