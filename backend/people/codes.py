"""One-time codes by which an agent begins a shift while the service is away: sixty bits, kept as a slow hash only.

A gate is given the hashes of those who may work at its port.  Each covers the agent's name too, so that a gate that is
stolen names nobody, and a code is good with its name alone.
"""

import hashlib
import secrets

from backend.keys import PERSONS, KeyRing

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that is read as another
COUNT, LENGTH = 10, 12
N, R, P = 2**15, 8, 1  # scrypt (RFC 7914): 32 MiB, about a tenth of a second
_ALIKE = str.maketrans("OIL", "011", "- ")


def made() -> list[str]:
    """A set, as it is shown once: XXXX-XXXX-XXXX."""
    return [_shown("".join(secrets.choice(ALPHABET) for _ in range(LENGTH))) for _ in range(COUNT)]


def salt(keys: KeyRing) -> bytes:
    """One for the whole service: a gate makes one hash to find a code among those of all its agents."""
    return bytes.fromhex(keys.box(PERSONS).fingerprint("salt of shift codes"))


def verifier(salt: bytes, person: str, code: str) -> str:
    """As kept and as given to gates: hex.  However the code is typed: small letters, blanks, O for 0."""
    words = f"{person.strip().lower()}\n{plain(code)}".encode()
    return hashlib.scrypt(words, salt=salt, n=N, r=R, p=P, maxmem=2**26, dklen=32).hex()


def of_digest(digest: str) -> str:
    """Eighty bits of a digest in hexadecimal, as they are shown: XXXX-XXXX-XXXX-XXXX."""
    number = int(digest[:20], 16)
    return _shown("".join(ALPHABET[number >> 5 * at & 31] for at in range(16)))


def plain(code: str) -> str:
    """However it is typed."""
    return code.upper().translate(_ALIKE)


def _shown(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
