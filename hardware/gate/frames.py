"""Cut a byte stream into payloads, and back.  `PROTOCOL.md` §1."""

from binascii import crc_hqx

START = 0xA5
MAX_PAYLOAD = 32
_OVERHEAD = 4  # start, length, two of checksum


def encode(payload: bytes) -> bytes:
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise ValueError(f"payload must be 1..{MAX_PAYLOAD} bytes, got {len(payload)}")
    body = bytes([len(payload)]) + payload
    return bytes([START]) + body + crc_hqx(body, 0xFFFF).to_bytes(2, "big")


class Decoder:
    """Noise and bad checksums are skipped and counted in `rejected`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.rejected = 0

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        payloads: list[bytes] = []
        while (start := self._buffer.find(START)) >= 0:
            del self._buffer[:start]
            if len(self._buffer) < 2:
                return payloads
            size = self._buffer[1]
            if 1 <= size <= MAX_PAYLOAD and len(self._buffer) < size + _OVERHEAD:
                return payloads
            payload = bytes(self._buffer[2 : 2 + size])
            if 1 <= size <= MAX_PAYLOAD and encode(payload) == self._buffer[: size + _OVERHEAD]:
                payloads.append(payload)
                del self._buffer[: size + _OVERHEAD]
            else:
                self.rejected += 1
                del self._buffer[:1]
        self._buffer.clear()
        return payloads
