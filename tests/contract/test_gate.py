"""The same promises on a model in memory and on a model behind a real pseudo terminal."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.errors import PortClosed
from hardware.gate.bench import Lane, Terminal, Walker, serve
from hardware.gate.driver import PERIOD_S, Gate
from hardware.gate.messages import Position
from hardware.gate.model import TRAVEL_S, GateModel
from hardware.port import DirectPort, SerialPort


class Memory:
    def __init__(self, _: Path) -> None:
        self.lane = Lane(GateModel(), Walker(), lambda _: None)
        self._port = DirectPort(self.lane.model)
        self._now_s = 0.0
        self.gate = Gate(self._port, 0.0)

    def run(self, seconds: float) -> Position:
        for _ in range(round(seconds / PERIOD_S)):
            self._now_s += PERIOD_S
            self._port.now_s = self._now_s
            self.lane.advance(self._now_s)
            self.gate.poll(self._now_s)
        assert self.gate.status is not None
        return self.gate.status.position

    def close(self) -> None:
        self._port.close()


class Pty:
    def __init__(self, folder: Path) -> None:
        self.lane = Lane(GateModel(started_s=time.monotonic()), Walker(), lambda _: None)
        self._ended = threading.Event()
        link = folder / "gate.tty"
        self._far = threading.Thread(target=serve, args=(self.lane, link, time.monotonic, self._ended.is_set))
        self._far.start()
        while not link.exists():
            time.sleep(0.005)
        self.gate = Gate(SerialPort(str(link)), time.monotonic())

    def run(self, seconds: float) -> Position:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.gate.poll(time.monotonic())
            time.sleep(PERIOD_S)
        assert self.gate.status is not None
        return self.gate.status.position

    def close(self) -> None:
        self._ended.set()
        self._far.join()
        self.gate.close()


Bench = Memory | Pty


@pytest.fixture(params=[Memory, Pty], ids=["memory", "pty"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench: Bench = request.param(tmp_path)
    yield bench
    bench.close()


def test_opens_when_granted_and_closes_when_shut(bench: Bench) -> None:
    assert bench.run(0.3) is Position.CLOSED
    assert bench.gate.grant()
    assert bench.run(TRAVEL_S + 0.25) is Position.OPEN
    bench.gate.shut()
    assert bench.run(TRAVEL_S + 0.3) is Position.CLOSED


def test_a_person_who_walks_through_is_counted_once(bench: Bench) -> None:
    bench.run(0.3)
    assert bench.gate.grant()
    bench.run(2.0)
    assert bench.gate.status is not None
    assert bench.gate.status.passages == 1


def test_no_grant_before_the_controller_has_spoken() -> None:
    assert not Gate(DirectPort(GateModel()), 0.0).grant()


def test_a_port_is_ours_alone() -> None:
    terminal = Terminal()
    first = SerialPort(terminal.path)
    with pytest.raises(PortClosed, match="check cable and path"):
        SerialPort(terminal.path)
    first.close()
    terminal.close()


def test_a_missing_port_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(PortClosed, match=r"nothing: cannot open .* check cable and path"):
        SerialPort(str(tmp_path / "nothing"))


def test_a_cut_line_is_noticed() -> None:
    terminal = Terminal()
    port = SerialPort(terminal.path)
    terminal.close()
    with pytest.raises(PortClosed):
        for _ in range(3):
            port.write(b"x")
            port.read()
    port.close()
