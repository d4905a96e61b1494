"""Cut a byte stream into payloads, and back.  `PROTOCOL.md` §1."""

from hardware.gate.crc import crc16
from hardware.gate.limits import FRAME_GAP_MS, MAX_PAYLOAD

START = 0xA5
_OVERHEAD = 4  # start, length, two of checksum


def encode(payload: bytes) -> bytes:
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise ValueError(f"payload must be 1..{MAX_PAYLOAD} bytes, got {len(payload)}")
    body = bytes([len(payload)]) + payload
    return bytes([START]) + body + crc16(body).to_bytes(2, "big")


class Decoder:
    """Noise, bad checksums and frames that stop half-way are skipped, and counted in `rejected`."""

    def __init__(self, gap_ms: int = FRAME_GAP_MS) -> None:
        self._gap_ms = gap_ms
        self._buffer = bytearray()
        self._heard_ms = 0
        self.rejected = 0

    def feed(self, data: bytes, now_ms: int) -> list[bytes]:
        if data:
            if self._buffer and (now_ms - self._heard_ms) % 2**32 > self._gap_ms:
                self._buffer.clear()
                self.rejected += 1
            self._heard_ms = now_ms
            self._buffer += data
        return list(iter(self._next, b""))

    def _next(self) -> bytes:
        """The next whole payload, b"" if none."""
        while (start := self._buffer.find(START)) >= 0:
            del self._buffer[:start]
            size = self._buffer[1] if len(self._buffer) > 1 else 1
            if 1 <= size <= MAX_PAYLOAD and len(self._buffer) < size + _OVERHEAD:
                return b""
            payload = bytes(self._buffer[2 : 2 + size])
            if 1 <= size <= MAX_PAYLOAD and encode(payload) == self._buffer[: size + _OVERHEAD]:
                del self._buffer[: size + _OVERHEAD]
                return payload
            self.rejected += 1
            del self._buffer[:1]
        self._buffer.clear()
        return b""
