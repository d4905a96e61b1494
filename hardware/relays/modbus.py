"""Modbus RTU boards: pymodbus's own messages and framing, without its client, which would wait."""

import struct

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU, ReadCoilsRequest
from pymodbus.pdu.bit_message import (
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    WriteSingleCoilRequest,
    WriteSingleCoilResponse,
)

from hardware.relays.boards import Answer, AskInputs, AskRelay, Flash, Question, Trouble, Turn

WRITE_COIL = 5
FLASH_FROM = 0x0200  # Waveshare and its like: coil 0x0200 + n is "on, and off by yourself"; other makers differ
FLASH_UNIT_MS = 100
_LONGEST = 32  # bytes; more than any answer


class Modbus:
    """Write coil (05), read coils (01), read discrete inputs (02).  Coils and inputs count from 0."""

    answers, confirms, senses = True, True, True

    def __init__(self, unit: int, channel: int, *, flashes: bool) -> None:
        """flashes: the board knows the flash coils; without that the pulse is ended from here."""
        if not 1 <= unit <= 247 or not 0 <= channel <= 255:
            raise ValueError(f"a Modbus unit is 1..247 and a coil 0..255, got unit {unit}, coil {channel}")
        self.flashes = flashes
        self._unit, self._channel = unit, channel
        self._framer = FramerRTU(DecodePDU(is_server=False))

    def questions(self, numbers: frozenset[int]) -> tuple[AskInputs, ...]:
        return (AskInputs(min(numbers), max(numbers) - min(numbers) + 1),) if numbers else ()

    def ask(self, question: Question) -> bytes:
        match question:
            case Turn(on):
                return self._frame(WriteSingleCoilRequest(dev_id=self._unit, address=self._channel, bits=[on]))
            case Flash(for_ms):
                where, units = FLASH_FROM + self._channel, for_ms // FLASH_UNIT_MS
                return self._framer.encode(struct.pack(">BHH", WRITE_COIL, where, units), self._unit, 0)
            case AskRelay():
                return self._frame(ReadCoilsRequest(dev_id=self._unit, address=self._channel, count=1))
            case AskInputs(first, count):
                return self._frame(ReadDiscreteInputsRequest(dev_id=self._unit, address=first, count=count))

    def read(self, question: Question, heard: bytes) -> Answer | Trouble | None:
        """Writing is answered by its own echo, so that an echoing line is found out by the first reading."""
        said = self.ask(question)
        if isinstance(question, AskRelay | AskInputs) and said[:3] == heard[:3]:  # an answer has its length third
            return Trouble.ECHO if heard.startswith(said) else None
        try:
            used, answer = self._framer.handleFrame(heard, self._unit, 0)
        except (ModbusException, struct.error, IndexError):
            return Trouble.GARBAGE
        if answer is None:
            return Trouble.GARBAGE if used or len(heard) > _LONGEST else None
        if answer.isError():
            return Trouble.REFUSED
        match question, answer:
            case (Turn() | Flash(), WriteSingleCoilResponse()):
                return Answer() if heard == said else Trouble.GARBAGE
            case (AskRelay() | AskInputs(), ReadCoilsResponse()) if answer.bits and heard[1] == said[1]:
                return Answer(sum(1 << n for n, bit in enumerate(answer.bits) if bit))
        return Trouble.GARBAGE

    def _frame(self, message: ModbusPDU) -> bytes:
        return self._framer.buildFrame(message)
