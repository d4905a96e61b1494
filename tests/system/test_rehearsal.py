"""`make run` once its visits are over, on a real terminal: parts are killed, keys are pressed, the lane stays up."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULES = {"service": "backend.cli", "controller": "hardware", "appliance": "edge.cli"}
PLAY = """
import sys
from pathlib import Path
from calibration.rehearsal.__main__ import perform, run
from calibration.rehearsal.cast import acts, portrait
visits = acts(portrait)[: int(sys.argv[2])]
run(lambda: perform(visits, Path(sys.argv[1]), once=False))
"""

pytestmark = pytest.mark.timeout(400)


class Rehearsal:
    """One in a process of its own; `said` is all it wrote, from where the test has read on."""

    def __init__(self, out: Path, visits: int, *, terminal: bool) -> None:
        ours, theirs = os.openpty() if terminal else os.pipe()
        play = [sys.executable, "-u", "-c", PLAY, str(out), str(visits)]
        command = ["setsid", "--ctty", *play] if terminal else play
        stdin = theirs if terminal else subprocess.DEVNULL
        env = os.environ | {"TERM": "xterm", "COLUMNS": "200"}
        self.process = subprocess.Popen(command, stdin=stdin, stdout=theirs, stderr=theirs, env=env)
        os.close(theirs)
        self._line, self.said = ours, ""

    def press(self, keys: str) -> None:
        os.write(self._line, keys.encode())

    def expect(self, pattern: str, within_s: float = 60) -> str:
        """Read on until it is said; what was said up to its end."""
        until_s = time.monotonic() + within_s
        while (found := re.search(pattern, self.said)) is None:
            assert time.monotonic() < until_s, f"{pattern!r} was not said: {self.said}"
            if select.select([self._line], [], [], 0.2)[0]:
                self.said += self._read()
        read, self.said = self.said[: found.end()], self.said[found.end() :]
        return read

    def ended(self, within_s: float = 40) -> int:
        """The exit code."""
        until_s = time.monotonic() + within_s
        while (code := self.process.poll()) is None and time.monotonic() < until_s:
            if select.select([self._line], [], [], 0.1)[0]:
                self.said += self._read()
        assert code is not None, self.said
        return code

    def part(self, name: str) -> int | None:
        """The process of a part, if it runs."""
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent = status.read_text().rsplit(")", 1)[1].split()[:2]
                words = (status.parent / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(parent) == self.process.pid and state != "Z" and MODULES[name].encode() in words:
                return int(status.parent.name)
        return None

    def kill(self, name: str) -> int:
        found = self.part(name)
        assert found is not None, f"{name} does not run: {self.said}"
        os.kill(found, signal.SIGKILL)
        return found

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.ended()
        os.close(self._line)

    def _read(self) -> str:
        try:
            return os.read(self._line, 65_536).decode(errors="replace").replace("\r", "")
        except OSError:  # a terminal that nobody has open any more
            return ""


@pytest.fixture
def rehearsals() -> Iterator[list[Rehearsal]]:
    begun: list[Rehearsal] = []
    yield begun
    for one in begun:
        one.close()


def test_the_lane_stays_up_when_parts_are_killed_and_is_played_by_keys(
    tmp_path: Path, rehearsals: list[Rehearsal]
) -> None:
    lane = Rehearsal(tmp_path / "lane", 1, terminal=True)
    rehearsals.append(lane)
    told = lane.expect(r"Play it:.*\n.*q  quit.*\n", 200)
    assert "Every visit ended as expected" in told
    assert told.count("Play it:") == 1

    lane.press("s")
    lane.expect("service stopped: faces cannot be verified")
    lane.expect(r"degraded: .*service: No answer\. Check documents")
    lane.press("n")
    lane.expect(r"anna, other photo on file +shut")
    lane.press("s")
    lane.expect("service is started again")
    lane.expect("all is well again")

    for part in MODULES:
        before = lane.kill(part)
        lane.expect(f"{part} ended with -9: .*started again in 4 s")
        lane.expect(f"{part} is started again")
        lane.expect("all is well again")
        assert lane.part(part) not in (None, before)

    lane.press("n")
    lane.expect(r"ben, other photos on file +opened")
    lane.press("dn?")
    lane.expect("somebody is in the lane still")
    lane.expect("Play it:")
    lane.expect(r"ben in the dark, then in light +shut")  # he is aboard already
    lane.press("q")
    assert lane.ended() == 0
    assert [lane.part(part) for part in MODULES] == [None] * 3


def test_ctrl_c_ends_it_with_130(tmp_path: Path, rehearsals: list[Rehearsal]) -> None:
    lane = Rehearsal(tmp_path / "lane", 0, terminal=True)
    rehearsals.append(lane)
    lane.expect("Play it:", 200)
    lane.press("\x03")
    assert lane.ended() == 130
    assert "every part has ended" in lane.said


def test_without_a_terminal_it_stays_up_too_and_speaks_of_no_keys(tmp_path: Path, rehearsals: list[Rehearsal]) -> None:
    lane = Rehearsal(tmp_path / "lane", 0, terminal=False)
    rehearsals.append(lane)
    assert "Play it" not in lane.expect(r"The lane stays up on its pages; Ctrl-C ends it\.", 200)
    lane.kill("service")
    lane.expect("service is started again")
    lane.process.send_signal(signal.SIGTERM)
    assert lane.ended() == 130
