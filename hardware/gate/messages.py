"""The two messages on the line.  `PROTOCOL.md` §2."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

VERSION = 1
_WANT = struct.Struct(">cBHHHIHB")
_STATUS = struct.Struct(">cBHHHIBBBHI")


class Lamp(IntEnum):
    """What the lights say; the controller shows GO only while it is open under a grant."""

    OFF = 0
    READY = 1
    LOOKING = 2
    GO = 3
    SEE_AGENT = 4


class Position(IntEnum):
    CLOSED = 0
    MOVING = 1
    OPEN = 2


_LAMPS, _POSITIONS = frozenset(Lamp), frozenset(Position)


@dataclass(frozen=True, slots=True)
class Want:
    """Host to controller, 20 times a second: the wanted state, and the heartbeat.

    grant: 0 for closed, else the number of the grant to be open under.  lease_ms: how long the wish holds without
    being repeated.  poll: the newest status this answers.
    """

    epoch: int
    sequence: int
    poll: int
    grant: int
    lease_ms: int
    lamp: Lamp

    def pack(self) -> bytes:
        return _WANT.pack(b"W", VERSION, self.epoch, self.sequence, self.poll, self.grant, self.lease_ms, self.lamp)

    @classmethod
    def unpack(cls, payload: bytes) -> Self | None:
        """None unless this is a whole message of our version."""
        if len(payload) != _WANT.size or payload[:2] != bytes([ord("W"), VERSION]):
            return None
        _, _, epoch, sequence, poll, grant, lease_ms, lamp = _WANT.unpack(payload)
        return cls(epoch, sequence, poll, grant, lease_ms, Lamp(lamp)) if lamp in _LAMPS else None


@dataclass(frozen=True, slots=True)
class Status:
    """Controller to host, one for each message heard.

    last_grant: the highest grant of this epoch that has opened.  passages: forward passages counted, modulo 65536.
    safe: the host fell silent and no grant is held.  alarm: open longer than allowed because somebody stands there.
    """

    epoch: int
    sequence: int
    poll: int
    last_grant: int
    position: Position
    lamp: Lamp
    presence: bool
    safe: bool
    alarm: bool
    passages: int
    uptime_ms: int

    def pack(self) -> bytes:
        flags = self.presence | self.safe << 1 | self.alarm << 2
        head = (b"S", VERSION, self.epoch, self.sequence, self.poll, self.last_grant)
        return _STATUS.pack(*head, self.position, self.lamp, flags, self.passages, self.uptime_ms)

    @classmethod
    def unpack(cls, payload: bytes) -> Self | None:
        """None unless this is a whole message of our version."""
        if len(payload) != _STATUS.size or payload[:2] != bytes([ord("S"), VERSION]):
            return None
        _, _, epoch, sequence, poll, last, position, lamp, flags, passages, uptime = _STATUS.unpack(payload)
        if position not in _POSITIONS or lamp not in _LAMPS:
            return None
        bits = bool(flags & 1), bool(flags & 2), bool(flags & 4)
        return cls(epoch, sequence, poll, last, Position(position), Lamp(lamp), *bits, passages, uptime)


def newer(a: int, b: int) -> bool:
    """Whether 16-bit number a comes after b, the short way round (RFC 1982)."""
    return 0 < (a - b) % 65536 < 32768
