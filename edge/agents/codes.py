"""One-time codes as the service hands them out: slow hashes over an agent's name and a code (people.proto)."""

import hashlib

_N, _R, _P = 2**15, 8, 1  # scrypt (RFC 7914)
_ALIKE = str.maketrans("OIL", "011", "- ")


def verifier(salt: bytes, person: str, code: str) -> str:
    """However the code is typed: small letters, blanks, O for 0.  A tenth of a second and 32 MiB."""
    words = f"{person.strip().lower()}\n{code.upper().translate(_ALIKE)}".encode()
    return hashlib.scrypt(words, salt=salt, n=_N, r=_R, p=_P, maxmem=2**26, dklen=32).hex()
