"""The golden frames of `vectors.json`, and the firmware's C functions they are tried on."""

import ctypes
import json
from dataclasses import dataclass
from functools import cache

from hardware.gate import vectors
from hardware.gate.firmware import build
from hardware.gate.messages import Hello, Message, Service, Status, Want, Welcome

VECTORS = json.loads(vectors.FILE.read_text())
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in (Hello, Welcome, Want, Service, Status)}
_ROOM = 1024  # more than any struct of the firmware
_ROUND_KEYS = 176  # bytes before the doubled block in `struct mac`


@cache
def library() -> ctypes.CDLL:
    found = ctypes.CDLL(str(build.native()))
    found.crc16.restype = ctypes.c_uint16
    for name in ("crc8", "decoder_next", "frame_encode"):
        getattr(found, name).restype = ctypes.c_uint8
    for name in ("key_known", "mac_verifies"):
        getattr(found, name).restype = ctypes.c_bool
    return found


@dataclass(frozen=True, slots=True)
class CMac:
    """mac.c under one key."""

    struct: "ctypes.Array[ctypes.c_char]"

    @classmethod
    def start(cls, key: bytes) -> "CMac":
        struct = ctypes.create_string_buffer(_ROOM)
        library().mac_start(struct, key)
        return cls(struct)

    def tag(self, message: bytes) -> bytes:
        tag = ctypes.create_string_buffer(16)
        library().mac_tag(self.struct, message, len(message), tag)
        return tag.raw

    def verifies(self, payload: bytes) -> bool:
        return bool(library().mac_verifies(self.struct, payload, len(payload)))

    def cipher(self, block: bytes) -> bytes:
        """AES alone: what CMAC mixes into a whole last block is taken out again."""
        mixed_in = self.struct.raw[_ROUND_KEYS : _ROUND_KEYS + 16]
        return self.tag(bytes(a ^ b for a, b in zip(block, mixed_in, strict=True)))


class CDecoder:
    """frames.c behind the words of frames.Decoder."""

    def __init__(self) -> None:
        self._struct = ctypes.create_string_buffer(_ROOM)
        library().decoder_start(self._struct)

    def feed(self, stream: bytes, now_ms: int) -> list[bytes]:
        payloads, payload = [], ctypes.create_string_buffer(_ROOM)
        for byte in stream:
            library().decoder_feed(self._struct, ctypes.c_uint32(now_ms), byte)
            while size := library().decoder_next(self._struct, payload):
                payloads.append(payload.raw[:size])
        return payloads


def c_encode(payload: bytes) -> bytes:
    frame = ctypes.create_string_buffer(_ROOM)
    size = library().frame_encode(payload, len(payload), frame)
    return frame.raw[:size]
