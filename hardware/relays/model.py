"""The far ends of relay lines: boards that take bytes at a given time, and the cabinet behind their relay."""

import struct
from dataclasses import dataclass, field

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ReadCoilsRequest
from pymodbus.pdu.bit_message import (
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    ReadDiscreteInputsResponse,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.exceptionresponse import ExceptionResponse

from hardware.port import Device
from hardware.relays.bytewise import KMTRONIC_ASK, KMTRONIC_START, LCUS_START
from hardware.relays.modbus import FLASH_FROM, FLASH_UNIT_MS, WRITE_COIL
from hardware.relays.numato import DIGITS

ILLEGAL_ADDRESS = 2


@dataclass(slots=True)
class Relays:
    """Relays and inputs of one board, and all that was switched: when, which, to what.

    welded: relays whose contact stays closed.  unpowered: coils get no current.
    """

    number: int = 8
    inputs: int = 0  # one bit each
    turned: list[tuple[float, int, bool]] = field(default_factory=list)
    welded: bool = False
    unpowered: bool = False
    _until_s: dict[int, float] = field(default_factory=dict)

    def turn(self, relay: int, on: bool, now_s: float, for_s: float = float("inf")) -> None:
        self.turned.append((now_s, relay, on))
        if on and not self.unpowered:
            self._until_s[relay] = now_s + for_s
        elif not on and not self.welded:
            self._until_s.pop(relay, None)

    def is_on(self, relay: int, now_s: float) -> bool:
        return now_s < self._until_s.get(relay, float("-inf"))


@dataclass(slots=True)
class Cabinet:
    """Opens for `opens_s` when its input rises, whatever the input does then: monostable."""

    opens_s: float = 5.0
    _was_on: bool = False
    _until_s: float = float("-inf")

    def trigger(self, on: bool, now_s: float) -> None:
        if on and not self._was_on:
            self._until_s = now_s + self.opens_s
        self._was_on = on

    def is_open(self, now_s: float) -> bool:
        return now_s < self._until_s


class LcusModel:
    def __init__(self, relays: Relays) -> None:
        self._relays, self._heard = relays, b""

    def exchange(self, received: bytes, now_s: float) -> bytes:
        self._heard += received
        while len(self._heard) >= 4:
            frame, self._heard = self._heard[:4], self._heard[4:]
            if frame[0] == LCUS_START and frame[3] == sum(frame[:3]) % 256:
                self._relays.turn(frame[1], bool(frame[2]), now_s)
        return b""


class KmtronicModel:
    def __init__(self, relays: Relays) -> None:
        self._relays, self._heard = relays, b""

    def exchange(self, received: bytes, now_s: float) -> bytes:
        self._heard += received
        said = b""
        while len(self._heard) >= 3:
            frame, self._heard = self._heard[:3], self._heard[3:]
            if frame == KMTRONIC_ASK:
                said += bytes(self._relays.is_on(relay, now_s) for relay in range(1, self._relays.number + 1))
            elif frame[0] == KMTRONIC_START:
                self._relays.turn(frame[1], bool(frame[2]), now_s)
        return said


class NumatoModel:
    def __init__(self, relays: Relays) -> None:
        self._relays, self._heard = relays, b""

    def exchange(self, received: bytes, now_s: float) -> bytes:
        self._heard += received
        said = b""
        while b"\r" in self._heard:
            line, self._heard = self._heard.split(b"\r", 1)
            result = self._obey(line.decode("ascii", "replace").split(), now_s)
            said += line + b"\n\r" + (result + b"\n\r" if result else b"") + b">"
        return said

    def _obey(self, words: list[str], now_s: float) -> bytes:
        match words:
            case ["relay", "read", relay]:
                return b"on" if self._relays.is_on(DIGITS.index(relay), now_s) else b"off"
            case ["relay", ("on" | "off") as state, relay]:
                self._relays.turn(DIGITS.index(relay), state == "on", now_s)
                return b""
            case ["gpio", "read", number]:
                return b"1" if self._relays.inputs >> DIGITS.index(number) & 1 else b"0"
        return b"ERROR"


class ModbusModel:
    """unit: its address.  flashes: knows the flash coils."""

    def __init__(self, relays: Relays, unit: int = 1, *, flashes: bool = False) -> None:
        self._relays, self._unit, self._flashes, self._heard = relays, unit, flashes, b""
        self._framer = FramerRTU(DecodePDU(is_server=True))

    def exchange(self, received: bytes, now_s: float) -> bytes:
        self._heard += received
        used, request = self._framer.handleFrame(self._heard, self._unit, 0)
        frame, self._heard = self._heard[:used], self._heard[used:]
        match request:
            case WriteSingleCoilRequest():
                return self._write(frame, request.address, now_s)
            case ReadDiscreteInputsRequest(address=first, count=count):
                bits = [bool(self._relays.inputs >> n & 1) for n in range(first, first + count)]
                return self._framer.buildFrame(ReadDiscreteInputsResponse(dev_id=self._unit, bits=bits))
            case ReadCoilsRequest(address=first, count=count):
                bits = [self._relays.is_on(n, now_s) for n in range(first, first + count)]
                return self._framer.buildFrame(ReadCoilsResponse(dev_id=self._unit, bits=bits))
        return b""

    def _write(self, frame: bytes, address: int, now_s: float) -> bytes:
        (value,) = struct.unpack(">H", frame[4:6])
        if address < self._relays.number:
            self._relays.turn(address, value == 0xFF00, now_s)
        elif self._flashes and FLASH_FROM <= address < FLASH_FROM + self._relays.number:
            self._relays.turn(address - FLASH_FROM, True, now_s, value * FLASH_UNIT_MS / 1000)
        else:
            return self._framer.buildFrame(ExceptionResponse(WRITE_COIL, ILLEGAL_ADDRESS, self._unit))
        return frame


@dataclass(slots=True)
class Cable:
    """What a bad cable, adapter or setting makes of a board."""

    board: Device
    silent: bool = False
    echo: bool = False
    noise: bytes = b""

    def exchange(self, received: bytes, now_s: float) -> bytes:
        if self.echo:
            return received
        if self.noise:
            return self.noise if received else b""
        return b"" if self.silent else self.board.exchange(received, now_s)
