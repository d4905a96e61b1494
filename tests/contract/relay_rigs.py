"""Relay boards with a cabinet behind them, in memory and on a pseudo terminal."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hardware.door import DoorState
from hardware.gate.bench import Terminal
from hardware.port import Device, DirectPort, SerialPort
from hardware.relays.boards import Board
from hardware.relays.bytewise import Kmtronic, Lcus
from hardware.relays.door import Pulse, RelayDoor
from hardware.relays.modbus import Modbus
from hardware.relays.model import Cabinet, Cable, KmtronicModel, LcusModel, ModbusModel, NumatoModel, Relays
from hardware.relays.numato import Numato

CHANNEL = 2
STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    board: Callable[[], Board]
    model: Callable[[Relays], Device]


KINDS = (
    Kind("lcus", lambda: Lcus(CHANNEL), LcusModel),
    Kind("kmtronic", lambda: Kmtronic(CHANNEL, 8), KmtronicModel),
    Kind("numato", lambda: Numato(CHANNEL), NumatoModel),
    Kind("modbus", lambda: Modbus(1, CHANNEL, flashes=False), ModbusModel),
    Kind("modbus-flash", lambda: Modbus(1, CHANNEL, flashes=True), lambda relays: ModbusModel(relays, flashes=True)),
)
PULSE = Pulse(pulse_ms=300, opens_ms=1_000)


class Memory:
    """No wire, and a clock of its own."""

    def __init__(self, kind: Kind, pulse: Pulse) -> None:
        self.relays, self.cabinet, self.now_s = Relays(), Cabinet(1.0), 0.0
        self.cable = Cable(kind.model(self.relays))
        self._port = DirectPort(self.cable)
        self.door = RelayDoor(self._port, kind.board(), pulse)
        self.rests = False  # the host decides nothing

    def step(self) -> None:
        self.now_s = round(self.now_s + STEP_S, 3)
        self._port.now_s = self.now_s
        (self.door.rest if self.rests else self.door.poll)(self.now_s)
        self.cabinet.trigger(self.relays.is_on(CHANNEL, self.now_s), self.now_s)

    def close(self) -> None:
        self.door.close()


class Pty:
    """A real pseudo terminal with the board's model behind it."""

    def __init__(self, kind: Kind, pulse: Pulse) -> None:
        self.relays, self.cabinet = Relays(), Cabinet(1.0)
        self.cable = Cable(kind.model(self.relays))
        self._terminal = Terminal()
        self._ended = threading.Event()
        self._far = threading.Thread(target=self._serve)
        self._far.start()
        self.door = RelayDoor(SerialPort(self._terminal.path, 9600), kind.board(), pulse)

    @property
    def now_s(self) -> float:
        return time.monotonic()

    def step(self) -> None:
        self.door.poll(self.now_s)
        time.sleep(STEP_S)

    def close(self) -> None:
        self.door.close()
        self._ended.set()
        self._far.join()
        self._terminal.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._terminal.write(self.cable.exchange(self._terminal.read(0.002), self.now_s))
            self.cabinet.trigger(self.relays.is_on(CHANNEL, self.now_s), self.now_s)


Bench = Memory | Pty
Build = Callable[..., Bench]


def until(bench: Bench, happened: Callable[[], bool], steps: int = 200) -> None:
    for _ in range(steps):
        if happened():
            return
        bench.step()
    raise AssertionError(f"never happened: {bench.door.state}")


def state(bench: Bench) -> DoorState:
    assert bench.door.state is not None
    return bench.door.state


def ready(bench: Bench) -> bool:
    return bench.door.state is not None and bench.door.state.ready


def codes(bench: Bench) -> set[str]:
    return {fault.code for fault in bench.door.state.faults} if bench.door.state else set()
