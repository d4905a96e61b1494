"""Listen in on one direction of the gate line, from `PROTOCOL.md` §1 to §3 alone: no code of either end is used."""

import struct
from binascii import crc_hqx
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

_START, _MOST, _GAP_MS, _TAG = 0xA5, 48, 20, 8
_HELLO = struct.Struct(">Q")
_WELCOME = struct.Struct(">QIQBBBBB")
_WANT = struct.Struct(">QIIIHB")
_SERVICE = struct.Struct(">QIIBI")
_STATUS = struct.Struct(">QIIIBBBHBHHHI")


@dataclass(frozen=True, slots=True)
class Greeted:
    """A Hello."""


@dataclass(frozen=True, slots=True)
class Welcomed:
    epoch: int
    poll: int


@dataclass(frozen=True, slots=True)
class Wanted:
    epoch: int
    sequence: int
    poll: int
    grant: int
    lease_ms: int
    lamp: int


@dataclass(frozen=True, slots=True)
class Served:
    epoch: int
    sequence: int
    poll: int
    action: int
    technician: int


@dataclass(frozen=True, slots=True)
class Told:
    """A Status."""

    epoch: int
    sequence: int
    poll: int
    last_grant: int
    position: int
    lamp: int
    flags: int
    faults: int
    refusal: int
    forward: int
    reverse: int
    doubtful: int
    uptime_ms: int


Authentic = Greeted | Welcomed | Wanted | Served | Told


class Tap:
    """Bytes to authentic messages of one gate."""

    def __init__(self, secret: bytes, gate: int) -> None:
        self._secret, self._gate = CMAC(AES(secret)), gate.to_bytes(2, "big")
        self._bytes = bytearray()
        self._last_ms = 0

    def hear(self, now_ms: int, data: bytes) -> list[Authentic]:
        if self._bytes and now_ms - self._last_ms > _GAP_MS:
            self._bytes.clear()
        self._last_ms = now_ms
        self._bytes += data
        found = []
        while (payload := self._cut()) is not None:
            if (message := self._read(payload)) is not None:
                found.append(message)
        return found

    def _cut(self) -> bytes | None:
        """The next whole frame's payload; what does not check is skipped byte by byte."""
        at, held = 0, self._bytes
        try:
            while at < len(held):
                size = held[at + 1] if at + 1 < len(held) else 1
                if held[at] == _START and 1 <= size <= _MOST:
                    end = at + size + 4
                    if end > len(held):
                        return None
                    if crc_hqx(bytes(held[at + 1 : end - 2]), 0xFFFF) == int.from_bytes(held[end - 2 : end], "big"):
                        payload, at = bytes(held[at + 2 : end - 2]), end
                        return payload
                at += 1
            return None
        finally:
            del held[:at]

    def _read(self, payload: bytes) -> Authentic | None:
        if len(payload) < 4 + _TAG or payload[1] != 2 or payload[2:4] != self._gate:
            return None
        tag = self._secret.copy()
        tag.update(payload[:-_TAG])
        if tag.finalize()[:_TAG] != payload[-_TAG:]:
            return None
        kind, body = payload[:1], payload[4:-_TAG]
        match kind, len(body):
            case b"H", _HELLO.size:
                return Greeted()
            case b"C", _WELCOME.size:
                return Welcomed(*_WELCOME.unpack(body)[:2])
            case b"W", _WANT.size:
                return Wanted(*_WANT.unpack(body))
            case b"V", _SERVICE.size:
                return Served(*_SERVICE.unpack(body))
            case b"S", _STATUS.size:
                return Told(*_STATUS.unpack(body))
        return None
