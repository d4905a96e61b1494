"""The secure channel's key: read from a file that is its owner's alone, and never a key that everybody knows."""

import stat
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Self

from hardware.errors import KeyUnfit

SIZE = 16
DEFAULT = bytes(range(0x30, 0x40))  # SCBK-D of the standard: what a reader fresh from its box answers to


@dataclass(frozen=True, slots=True)
class Key:
    """A secure channel base key (SCBK), 16 bytes; never printed.  Raises KeyUnfit for one that everybody knows."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SIZE:
            raise KeyUnfit(f"OSDP key: {len(self.secret)} bytes, must be {SIZE}")
        if why := known(self.secret):
            raise KeyUnfit(f"OSDP key: {why}; load a key of your own into the reader, then use it here")

    @classmethod
    def read(cls, file: Path) -> Self:
        """`file` holds 32 hexadecimal digits and only its owner may read it.  Raises KeyUnfit."""
        try:
            mode, text = stat.S_IMODE(file.stat().st_mode), file.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyUnfit(f"OSDP key {file}: cannot be read ({error}); check path and owner") from error
        if mode & 0o077:
            raise KeyUnfit(f"OSDP key {file}: mode is {mode:04o}, must be 0600; run chmod 600 {file}")
        try:
            return cls(bytes.fromhex(text))
        except ValueError:
            raise KeyUnfit(f"OSDP key {file}: must be {2 * SIZE} hexadecimal digits, nothing else") from None


def known(secret: bytes) -> str:
    """Why this key is no secret, empty if no reason is known."""
    steps = {(b - a) % 256 for a, b in pairwise(secret)}
    if secret == DEFAULT:
        return "this is SCBK-D, the default key printed in the standard"
    if steps == {0}:
        return f"all bytes are 0x{secret[0]:02X}, a sample key"
    if steps in ({1}, {255}):
        return "the bytes count up or down by one, a sample key"
    return ""
