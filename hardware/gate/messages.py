"""The five messages on the line.  `PROTOCOL.md` §3."""

import struct
from dataclasses import astuple, dataclass
from typing import ClassVar, Self

from hardware.gate.limits import MAC_SIZE, VERSION

HEAD = struct.Struct(">cBH")


@dataclass(frozen=True, slots=True)
class Message:
    """type, version and gate id first; then the fields in their order."""

    TYPE: ClassVar[bytes]
    FORM: ClassVar[struct.Struct]

    gate: int

    def pack(self) -> bytes:
        """The body, to be sealed."""

        return HEAD.pack(self.TYPE, VERSION, self.gate) + self.FORM.pack(*astuple(self)[1:])

    @classmethod
    def size(cls) -> int:
        """Of the sealed payload."""
        return HEAD.size + cls.FORM.size + MAC_SIZE

    @classmethod
    def unpack(cls, payload: bytes) -> Self | None:
        """None unless this is a whole message of this kind and our version; who sealed it is not looked at."""
        if len(payload) != cls.size() or payload[:2] != cls.TYPE + bytes([VERSION]):
            return None
        return cls(HEAD.unpack_from(payload)[2], *cls.FORM.unpack_from(payload, HEAD.size))


@dataclass(frozen=True, slots=True)
class Hello(Message):
    TYPE = b"H"
    FORM = struct.Struct(">Q")

    nonce: int


@dataclass(frozen=True, slots=True)
class Welcome(Message):
    """opens_ds: longest opening, tenths of a second.  travel_cs: of the leaf, hundredths."""

    TYPE = b"C"
    FORM = struct.Struct(">QIQBBBBB")

    epoch: int
    poll: int
    nonce: int
    major: int
    minor: int
    fail_mode: int
    opens_ds: int
    travel_cs: int


@dataclass(frozen=True, slots=True)
class Want(Message):
    TYPE = b"W"
    FORM = struct.Struct(">QIIIHB")

    epoch: int
    sequence: int
    poll: int
    grant: int
    lease_ms: int
    lamp: int


@dataclass(frozen=True, slots=True)
class Service(Message):
    TYPE = b"V"
    FORM = struct.Struct(">QIIBI")

    epoch: int
    sequence: int
    poll: int
    action: int
    technician: int


@dataclass(frozen=True, slots=True)
class Status(Message):
    """Numbers as sent: `limits.Flag`, `limits.Faults` and `limits.Refusal` tell what they mean."""

    TYPE = b"S"
    FORM = struct.Struct(">QIIIBBBHBHHHI")

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


FROM_HOST: tuple[type[Message], ...] = (Hello, Want, Service)
