"""Sign and verify payloads: AES-128-CMAC (RFC 4493), cut to eight bytes.  `PROTOCOL.md` §2."""

from hmac import compare_digest
from typing import Self

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from hardware.errors import KeyUnfit
from hardware.gate.limits import KNOWN_KEYS, MAC_SIZE

KEY_SIZE = 16


def known(key: bytes) -> bool:
    """Whether everybody knows this key."""
    return len(set(key)) == 1 or key in KNOWN_KEYS


class Key:
    """The key of one gate.  Raises KeyUnfit for a wrong size and for keys everybody knows."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_SIZE:
            raise KeyUnfit(f"gate key: {len(secret)} bytes, must be {KEY_SIZE}; make one with `python -m hardware key`")
        if known(secret):
            raise KeyUnfit("gate key: a sample key that everybody knows; make one with `python -m hardware key`")
        self._cmac = CMAC(AES(secret))

    @classmethod
    def of_hex(cls, text: str) -> Self:
        """Raises KeyUnfit, which never quotes the key."""
        try:
            return cls(bytes.fromhex(text))
        except ValueError as error:
            raise KeyUnfit("gate key: not hexadecimal; make one with `python -m hardware key`") from error

    def tag(self, body: bytes) -> bytes:
        cmac = self._cmac.copy()
        cmac.update(body)
        return cmac.finalize()[:MAC_SIZE]

    def seal(self, body: bytes) -> bytes:
        return body + self.tag(body)

    def verifies(self, payload: bytes) -> bool:
        return compare_digest(self.tag(payload[:-MAC_SIZE]), payload[-MAC_SIZE:])
