"""`limen-calibrate gate` as a technician uses it: a real port, a gate behind it, and Ctrl-C."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner, Result

from calibration.cli import app
from edge.gate_timing import read
from hardware.gate.bench import People, Served, Terminal
from hardware.gate.lane import Lane, Walk
from hardware.gate.limits import CHANGE_MS
from tests.safety.gate_rig import GATE, SECRET, SOMEBODY, LooseClosed, chips

RUNNER = Walk(entry=(250, 400), exit=(500, 650), presence=(100, 800))  # 2 m/s
BACKWARDS = Walk(entry=RUNNER.exit, exit=RUNNER.entry, presence=RUNNER.presence)


class Site:
    """A folder with a gate's key, and the gate on a pseudo terminal in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.key, self.out = folder / "port", folder / "gate.key", folder / "gate.toml"
        self.key.touch(mode=0o600)
        self.key.write_text(SECRET.hex())
        self._far: Served | None = None

    def serve(self, lane: Lane, walk: Walk | None = None) -> Lane:
        self._far = Served(lane, People(lane, walk, lambda _: None), self.port)
        return lane

    def stop(self) -> None:
        if self._far:
            self._far.stop()

    def words(self, *more: object) -> list[str]:
        fixed = ("gate", self.port, "--key", self.key, "--id", GATE, "--out", self.out, "--cycles", 3)
        return [str(word) for word in (*fixed, *more)]

    def measure(self, *more: object) -> Result:
        return CliRunner().invoke(app, self.words(*more), catch_exceptions=False)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.stop()


def until(met: Callable[[], bool]) -> None:
    while not met():
        time.sleep(0.01)


def test_the_host_reads_what_was_measured_and_the_picture_is_drawn(site: Site) -> None:
    site.serve(Lane(chips(150), travel_ms=120))
    plot = site.out.with_suffix(".png")
    done = site.measure("--plot", plot, "--by", "Ann", "--anyway")  # a busy machine's late answers are a finding
    assert done.exit_code == 0, done.output
    found = read(site.out, GATE, datetime.now(UTC))
    assert found.opens.p50_ms == pytest.approx(120, abs=CHANGE_MS)
    assert found.closes.p50_ms == pytest.approx(120, abs=CHANGE_MS)
    assert (found.opens.n, found.provisioned_ms, found.by, found.port) == (3, 150, "Ann", str(site.port))
    assert 0.5 <= found.open_s <= 5.0
    picture = cv2.imread(str(plot))
    assert picture is not None
    assert picture.shape[:2] == (935, 1320)
    assert "the gate is shut" in done.stderr


def test_walkers_are_prompted_and_their_time_in_the_lane_is_kept(site: Site) -> None:
    site.serve(Lane(chips(200), travel_ms=80), RUNNER)
    done = site.measure("--walk", "--anyway")
    assert done.exit_code == 0, done.output
    assert "cycle 3 of 3: walk through now, from the entry to the exit" in done.stdout
    assert "passages: 3 forward, 0 reverse, 0 doubtful" in done.stdout
    lane = read(site.out, GATE, datetime.now(UTC)).lane
    assert lane is not None
    assert lane.p50_ms == pytest.approx(700, abs=CHANGE_MS)


def test_swapped_beams_are_named_and_nothing_is_written(site: Site) -> None:
    site.serve(Lane(chips(200), travel_ms=80), BACKWARDS)
    done = site.measure("--walk")
    assert (done.exit_code, site.out.exists()) == (1, False)
    assert "counted in reverse: in 2 of 2 cycles (1, 2)" in done.stdout
    assert "beams swapped: exchange the wires at PD6 (entry) and PD7 (exit)" in done.stderr
    assert "the gate is shut" in done.stderr


def test_a_finding_refuses_the_file_unless_insisted_on(site: Site) -> None:
    site.serve(LooseClosed(chips(100), travel_ms=140))
    done = site.measure()
    assert (done.exit_code, site.out.exists()) == (1, False)
    assert "bouncing closed contact" in done.stdout
    assert "slow leaf" in done.stdout
    assert "findings; nothing was written" in done.stderr
    assert site.measure("--anyway").exit_code == 0
    assert site.out.exists()


def test_somebody_in_the_lane_refuses_it(site: Site) -> None:
    lane = Lane(chips())
    lane.pins = SOMEBODY
    site.serve(lane)
    done = site.measure()
    assert (done.exit_code, site.out.exists(), lane.opened_ms) == (1, False, None)
    assert "somebody is sensed in the lane, nobody may be: clear the lane" in done.stderr


def test_a_wrong_key_no_answer_no_port_and_no_folder_are_named(site: Site) -> None:
    site.serve(Lane(chips()))
    site.key.write_text(SECRET[::-1].hex())
    assert "wrong_key" in site.measure().stderr
    site.key.chmod(0o644)
    assert "others can read it; run chmod 600" in site.measure().stderr
    site.key.chmod(0o600)
    site.stop()
    gone = site.measure()
    assert (gone.exit_code, "cannot open" in gone.stderr) == (2, True)
    assert "does not exist; make it" in site.measure("--plot", site.out.parent / "none" / "gate.png").stderr


def test_a_line_that_nobody_answers_is_named(site: Site) -> None:
    terminal = Terminal()
    site.port.symlink_to(terminal.path)
    done = site.measure()
    terminal.close()
    assert (done.exit_code, "no_answer" in done.stderr) == (2, True)
    assert "the controller's power, the cable" in done.stderr


def test_ctrl_c_leaves_the_gate_shut_and_writes_nothing(site: Site) -> None:
    lane = site.serve(Lane(chips(200), travel_ms=150))
    words = [sys.executable, "-m", "calibration.cli", *site.words("--cycles", 1000)]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: lane.fully_open or started.poll() is not None)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130, said
    assert "the gate is shut" in said
    assert "stopped; nothing was written" in said
    assert "Traceback" not in said
    assert (lane.leaf_ms, site.out.exists()) == (0, False)
