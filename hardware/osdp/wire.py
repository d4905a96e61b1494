"""A port as libosdp wants it, which remembers enough of what it heard to say what is wrong with a line."""

import re

from hardware.door import Fault
from hardware.errors import PortClosed
from hardware.port import Port

KEPT = 512  # bytes
_REPLY = re.compile(rb"\x53[\x80-\xff][\x08-\xff]\x00", re.DOTALL)  # start, address of a reply, length
_CRYPTOGRAM = re.compile(rb"\x53[\x80-\xff].\x00[\x08-\x0f]\x03\x12", re.DOTALL)  # the same, with SCS_12

SILENT = Fault("osdp_silent", "nothing answers: check the reader's power, the two wires and its address")
GARBAGE = Fault(
    "osdp_garbage", "what arrives is not OSDP: check the baud rate, the polarity of the wires and their end"
)
ECHO = Fault("osdp_echo", "the line returns what we say: switch the echo of the RS-485 adapter off (two-wire mode)")
NOT_SECURE = Fault(
    "osdp_not_secure",
    "the reader answers but opens no secure channel, and plain OSDP is never used: check that it has a key",
)
KEY_MISMATCH = Fault(
    "osdp_key_mismatch",
    "the reader holds another key, or is not the reader that was installed: look at the reader itself, load the key"
    " again if it is the right one; it is tried again every half minute",
)


class Wire:
    """libosdp's channel.  A closed port is kept in `failure`: an error cannot pass through libosdp."""

    def __init__(self, port: Port) -> None:
        self.id = 1
        self.failure: PortClosed | None = None
        self.heard = b""
        self.arrived = 0
        self._port = port
        self._waiting = b""
        self._said = b""

    def forget(self) -> None:
        """Begin anew."""
        self.heard = self._waiting = self._said = b""
        self.arrived = 0

    def read(self, size: int) -> bytes:
        try:
            fresh = self._port.read()
        except PortClosed as error:
            self.failure, fresh = error, b""
        self.arrived += len(fresh)
        self.heard = (self.heard + fresh)[-KEPT:]
        self._waiting += fresh
        taken, self._waiting = self._waiting[:size], self._waiting[size:]
        return taken

    def write(self, frame: bytes) -> int:
        self._said = bytes(frame)
        try:
            self._port.write(self._said)
        except PortClosed as error:
            self.failure = error
        return len(frame)

    def flush(self) -> None:
        self._waiting = b""

    def diagnose(self) -> Fault:
        """What keeps the secure channel shut, judged by what was heard since `heard` was last emptied."""
        if self._said and self._said in self.heard:
            return ECHO
        if _CRYPTOGRAM.search(self.heard):
            return KEY_MISMATCH
        if _REPLY.search(self.heard):
            return NOT_SECURE
        return GARBAGE if self.heard else SILENT
