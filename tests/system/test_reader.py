"""A whole lane with a document reader on a terminal: who is compared with whom, and what opens."""

import os
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY, MORNING, TRAVELERS
from calibration.rehearsal.lane import Lane, LaneFailed
from calibration.rehearsal.play import Stage
from tests.unit.edge.test_documents import passport

pytestmark = pytest.mark.timeout(400)


@dataclass
class ReaderLane:
    """far: the end of the terminal that the reader writes to."""

    lane: Lane
    clips: dict[str, Path]
    far: int

    def scan(self, name: str) -> None:
        os.write(self.far, passport(name).replace("\n", "\r").encode() + b"\r")

    def show(self, clip: str) -> None:
        self.lane.play(self.clips[clip])

    def opened(self) -> int:
        return sum(event.get("position") == "open" for event in self.lane.controller())

    def wait(self, met: Callable[[], bool], what: str) -> None:
        until_s = time.monotonic() + 30
        while not met():
            self.lane.check()
            if time.monotonic() > until_s:
                raise LaneFailed(f"{what} never came; the agent sees {self.lane.agent_sees()}")
            time.sleep(0.05)

    def sees(self, prompt: str) -> None:
        self.wait(lambda: self.lane.agent_sees()["prompt"] == prompt, prompt)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderLane]:
    far, near = os.openpty()
    tty.setraw(near)
    monkeypatch.setenv("LIMEN_GATE__READER__KIND", "serial")
    monkeypatch.setenv("LIMEN_GATE__READER__PORT", os.ttyname(near))
    lane, clips = Lane(tmp_path / "lane"), set_up()
    try:
        lane.start(clips[EMPTY.name])
        lane.board(MORNING)
        Stage(lane, clips).await_boarding(lane.journeys[MORNING])
        yield ReaderLane(lane, clips, far)
    finally:
        lane.stop_all()
        for end in (far, near):
            os.close(end)


def test_a_document_gives_a_second_chance_to_its_owner_only(reader: ReaderLane) -> None:
    lane = reader.lane
    reader.show("stranger-live")
    reader.sees("see_agent")
    before = len(lane.decisions())
    reader.scan("SPECIMEN<<ANNA")
    reader.wait(lambda: lane.agent_sees()["reader"].startswith("document read: seat 12A"), "the seat on the page")
    reader.wait(lambda: len(lane.decisions()) > before, "the assisted attempt")
    (second,) = lane.decisions()[before:]
    assert (second["assisted"], second["directive"], second["gallery_size"]) == (True, "wait", 1)
    assert not any(decision["assisted"] for decision in lane.decisions()[:before])
    reader.sees("see_agent")
    reader.show(EMPTY.name)
    reader.sees("welcome")
    assert reader.opened() == 0

    time.sleep(1.0)  # long enough for the next face to be another subject
    reader.scan("SPECIMEN<<BEN")
    reader.show("ben-live")
    reader.wait(lambda: len(lane.crossings()) == 1, "the crossing")
    last = lane.decisions()[-1]
    assert (last["assisted"], last["directive"], last["runner_up"]) == (True, "proceed", None)
    assert reader.opened() == 1
    _nothing_of_a_document_on_disk(lane)
    _a_replay_shows_no_difference(lane)


def _nothing_of_a_document_on_disk(lane: Lane) -> None:
    for path in [*(lane.root / "journal").iterdir(), *(lane.root / "logs").iterdir()]:
        content = path.read_bytes()
        for secret in ("P<UTO", "L898902C36", *(t.surname for t in TRAVELERS)):
            assert secret.encode() not in content, path


def _a_replay_shows_no_difference(lane: Lane) -> None:
    journals = [str(path) for path in (lane.root / "journal").glob("*.jsonl")]
    done = subprocess.run([sys.executable, "-m", "edge.cli", "replay", *journals], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert b'"is":"Claimed"' in Path(journals[0]).read_bytes()
