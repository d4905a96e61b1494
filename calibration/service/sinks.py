"""The stand-in for systems of record as a process of its own: asked, told how to behave, killed, started again."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx2

from backend.store.outbox import SYSTEMS
from calibration.rehearsal.lane import free_port

STARTS_S = 30.0


class SinksSilent(Exception):
    """The stand-in did not come up, or a moment did not come."""


class Sinks:
    """Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port(0)
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._client.close()

    def start(self) -> None:
        command = [sys.executable, "-m", "backend.standins", "records", "--port", str(self.port)]
        self._process = subprocess.Popen([*command, "--folder", str(self.folder)])
        until_s = time.monotonic() + STARTS_S
        while time.monotonic() < until_s:
            try:
                self._client.get("/state")
                return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise SinksSilent(f"no answer on port {self.port} within {STARTS_S:g} s")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def behave(self, system: str, answer: str = "well", times: int = 0) -> None:
        wanted = {"system": system, "answer": answer, "times": times}
        self._client.post("/behave", json=wanted).raise_for_status()

    def state(self, system: str) -> dict[str, Any]:
        """seen: requests; held: of them waiting; effects: their keys."""
        found: dict[str, Any] = self._client.get("/state").raise_for_status().json()[system]
        return found

    def wait_held(self, system: str) -> None:
        wait(lambda: self.state(system)["held"] > 0, f"a request held by {system}")

    def effects(self, system: str) -> Counter[str]:
        """How often it did what each key asked for: lines of its file, which are never taken back."""
        lines = (self.folder / f"{system}.jsonl").read_text().splitlines()
        return Counter(line.split('"key": "')[1].split('"')[0] for line in lines)

    def urls(self, port: int = 0) -> dict[str, str]:
        """As `settings.Records` has them.  port: of what stands in between."""
        return {system: f"http://127.0.0.1:{port or self.port}/{system}" for system in SYSTEMS}


def wait(until: Callable[[], bool], what: str, longest_s: float = 30.0) -> None:
    end_s = time.monotonic() + longest_s
    while not until():
        if time.monotonic() > end_s:
            raise SinksSilent(f"{what}: not within {longest_s:g} s")
        time.sleep(0.01)
