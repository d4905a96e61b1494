"""The real brain on a real tty, with a disk that stalls."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY
from calibration.rehearsal.lane import free_port
from edge.brain import Brain
from edge.encounter.events import ServiceChanged
from edge.encounter.journal import Journal
from edge.settings import Settings
from edge.view import View
from hardware.gate import keys
from hardware.gate.bench import People, Served
from hardware.gate.lane import Lane
from hardware.gate.memory import Site
from hardware.gate.native import Native


@dataclass
class Gate:
    folder: Path
    told: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        site = Site(1, 5000, 200, keys.new())
        keys.write(site, self.folder / "gate.key", self.folder / "gate.hex")
        lane = Lane(lambda pins: Native(site.image(commissioned=True), pins))
        self._far = Served(lane, People(lane, None, self.told.append), self.folder / "gate.tty")

    @property
    def safe(self) -> list[dict[str, object]]:
        return [event for event in self.told if "safe" in event]

    def stop(self) -> None:
        self._far.stop()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path)
    yield gate
    gate.stop()


def settings(folder: Path) -> Settings:
    tree = {
        "device": "kiosk-1",
        "camera": f"clip:{set_up()[EMPTY.name]}",
        "gate": {"kind": "controller", "port": str(folder / "gate.tty"), "key": str(folder / "gate.key"), "id": 1},
        "journal_dir": str(folder / "journal"),
        "service": {"address": "localhost:1", "identity": str(folder)},
        "screens": {"port": free_port(0)},
    }
    return Settings.model_validate(tree)


async def _come(gate: Gate, count: int) -> dict[str, object]:
    async with asyncio.timeout(30):
        while len(gate.safe) < count:
            await asyncio.sleep(0.02)
    return gate.safe[count - 1]


async def test_gs05_a_journal_that_stalls_makes_the_gate_safe(gate: Gate, tmp_path: Path) -> None:
    for name in ("peer.key", "peer.pem", "ca.pem"):
        (tmp_path / name).touch()
    journal = Journal(tmp_path / "journal")
    brain = Brain(settings(tmp_path), journal, View())
    running = asyncio.create_task(brain.run())
    disk = threading.Event()
    try:
        assert (await _come(gate, 1))["safe"] is False
        journal._thread.submit(disk.wait)  # a write that does not come back, as of a dying disk
        brain.events.put_nowait(ServiceChanged(True))  # a change of state must be on disk before anything else
        assert (await _come(gate, 2))["safe"] is True
        disk.set()
        assert (await _come(gate, 3))["safe"] is False, "in service again"
    finally:
        disk.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        journal.close()
