"""Passwords: Argon2id by the recommendation of RFC 9106 for limited memory, and the same work for whom nobody knows."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.errors import Refused

LEAST, MOST = 12, 200  # characters
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash("the password of nobody at all")


def hashed(password: str) -> str:
    """Raises Refused for one too short or too long."""
    if not LEAST <= len(password) <= MOST:
        raise Refused(f"a password must have {LEAST} to {MOST} characters, got {len(password)}")
    return _HASHER.hash(password)


def right(kept: str | None, password: str) -> bool:
    """kept: what `hashed` made; None where there is none, which takes as long and is never right."""
    try:
        return _HASHER.verify(kept or _NOBODYS, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
