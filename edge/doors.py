"""The door that the settings name, opened on its line."""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import assert_never

from edge import gate_timing
from edge.settings import ControllerGate, OsdpGate, RelayGate
from hardware.door import Door
from hardware.gate import driver, keys
from hardware.osdp.door import OsdpDoor, Wiring
from hardware.osdp.keys import Key
from hardware.osdp.panel import Panel
from hardware.port import SerialPort
from hardware.relays.boards import Board
from hardware.relays.bytewise import Kmtronic, Lcus
from hardware.relays.door import Pulse, RelayDoor
from hardware.relays.modbus import Modbus
from hardware.relays.numato import Numato

Gate = ControllerGate | OsdpGate | RelayGate


def opener(gate: Gate) -> Callable[[float], Door]:
    """What opens this door at a given time, as often as its line is lost."""
    return partial(open_door, gate)


def opening_s(gate: Gate, now_utc: datetime) -> float | None:
    """How long after a grant this gate opens, where that was measured.  Raises TimingUnfit."""
    if not isinstance(gate, ControllerGate) or gate.timing is None:
        return None
    return gate_timing.read(gate.timing, gate.id, now_utc).open_s


def open_door(gate: Gate, now_s: float) -> Door:
    """Keys are read each time, so that a replaced one counts.  Raises PortClosed, KeyUnfit."""
    match gate:
        case ControllerGate():
            key = keys.read(gate.key)
            return driver.Gate(SerialPort(gate.port), key, gate.id, now_s, lambda: secrets.randbits(64))
        case OsdpGate():
            channel_key = Key.read(gate.key)
            panel = Panel(SerialPort(gate.port, gate.baud), gate.address, channel_key, now_s)
            return OsdpDoor(panel, Wiring(gate.output, round(gate.opens_s * 1000), gate.inputs.inputs))
        case RelayGate():
            pulse = Pulse(gate.pulse_ms, round(gate.opens_s * 1000), gate.inputs.inputs)
            return RelayDoor(SerialPort(gate.port, gate.baud), _board(gate), pulse)
    assert_never(gate)


def _board(gate: RelayGate) -> Board:
    match gate.board:
        case "lcus":
            return Lcus(gate.channel)
        case "kmtronic":
            return Kmtronic(gate.channel, gate.relays)
        case "numato":
            return Numato(gate.channel)
        case "modbus":
            return Modbus(gate.unit, gate.channel, flashes=gate.flash)
    assert_never(gate.board)
