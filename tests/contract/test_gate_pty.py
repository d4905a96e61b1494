"""The real driver and a controller on a real pseudo terminal, in real time; and the port it is opened with."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.door import DoorState, Position
from hardware.errors import PortClosed
from hardware.gate.bench import People, Served, Terminal
from hardware.gate.driver import PERIOD_S, Gate
from hardware.gate.lane import WALKER, Lane
from hardware.gate.mac import Key
from hardware.gate.script import READY, SITE, Begin
from hardware.port import SerialPort
from tests.gates import KINDS

PATIENCE = 200  # polls


class Pty:
    """A lane with people who walk through, served on a terminal; and the driver at its other end."""

    def __init__(self, begin: Begin, folder: Path) -> None:
        self.lane = Lane(lambda pins: begin(READY, pins, 0), travel_ms=SITE.travel_ms)
        self.events: list[dict[str, object]] = []
        link = folder / "gate.tty"
        self._far = Served(self.lane, People(self.lane, WALKER, self.events.append), link)
        nonces = itertools.count(1)
        self.gate = Gate(SerialPort(str(link)), Key(SITE.key), SITE.gate, time.monotonic(), lambda: next(nonces))

    def until_ready(self) -> DoorState:
        for _ in range(PATIENCE):
            self.gate.poll(time.monotonic())
            if (state := self.gate.state) is not None and state.ready and state.position is Position.CLOSED:
                return state
            time.sleep(PERIOD_S)
        raise AssertionError(f"never ready: {self.gate.state}")

    def until(self, position: Position) -> DoorState:
        for _ in range(PATIENCE):
            self.gate.poll(time.monotonic())
            if (state := self.gate.state) is not None and state.position is position:
                return state
            time.sleep(PERIOD_S)
        raise AssertionError(f"never {position.name}: {self.gate.state}")

    def close(self) -> None:
        self._far.stop()
        self.gate.close()


@pytest.fixture(params=KINDS)
def pty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pty]:
    pty = Pty(KINDS[request.param], tmp_path)
    yield pty
    pty.close()


def test_one_grant_lets_one_person_through_a_real_terminal(pty: Pty) -> None:
    assert pty.gate.grant() is None, "before it has spoken"
    pty.until_ready()
    assert pty.gate.grant() == 1
    pty.until(Position.OPEN)
    state = pty.until_ready()
    assert (state.forward, state.reverse, state.doubtful) == (1, 0, 0)
    assert {fault.code for fault in state.faults} <= {"slow"}, "this machine may be busy"
    assert [event["position"] for event in pty.events if "position" in event] == ["moving", "open", "moving", "closed"]


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
