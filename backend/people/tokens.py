"""Tokens of an outside identity provider: JWT (RFC 7519, best practice RFC 8725) signed by a key of its published set.

Only what the settings name is believed: never a key, an address or an algorithm that the token itself brings.
"""

import json
from dataclasses import dataclass
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from backend.errors import NotAllowed, StoreUnfit
from backend.settings import Issuer

log = structlog.get_logger()
ALGORITHMS = ("Ed25519", "EdDSA", "ES256", "RS256")
ASYMMETRIC = frozenset({"OKP", "EC", "RSA"})
UNREADABLE = (OSError, ValueError, KeyError, TypeError, JoseError)
LONGEST = 16_384  # characters
LONGEST_S = 24 * 3600  # a token that is good for longer is refused


@dataclass(frozen=True, slots=True)
class Vouched:
    issuer: str
    subject: str
    until_s: int


class Outside:
    """The provider's keys; its file is read again whenever it changes."""

    def __init__(self, settings: Issuer) -> None:
        """Raises StoreUnfit for a file that is no key set."""
        self._settings = settings
        try:
            self._read_ns = settings.jwks.stat().st_mtime_ns
            self._keys = _public(settings.jwks.read_text())
        except UNREADABLE as error:
            raise StoreUnfit(f"issuer.jwks {settings.jwks}: {error}; it must hold the issuer's public keys") from error

    def vouched(self, token: str, now_s: int) -> Vouched:
        """Raises NotAllowed."""
        if len(token) > LONGEST:
            raise NotAllowed(f"a token has at most {LONGEST} characters, got {len(token)}")
        try:
            registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
            known = jwt.decode(token, self._key_named, algorithms=ALGORITHMS, registry=registry)
            _claims(self._settings, now_s).validate(known.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise NotAllowed(f"the token is not accepted: {error}; log in again at {self._settings.issuer}") from error
        if not now_s < known.claims["exp"] <= now_s + LONGEST_S:
            raise NotAllowed(f"the token must be good for at most {LONGEST_S // 3600} h more")
        return Vouched(self._settings.issuer, known.claims["sub"], int(known.claims["exp"]))

    def _key_named(self, token: Any) -> Any:
        """The one key whose id the token names; a token that names none has none."""
        keys, headers = self._current(), token.headers()
        named = [key for key in keys if key.kid == headers.get("kid") and key.get("alg") in (None, headers.get("alg"))]
        if len(named) != 1:
            raise ValueError("no key of the issuer has its kid and alg")
        return named[0]

    def _current(self) -> KeySet:
        """A file that cannot be read any more, such as half of one, leaves the keys that were."""
        try:
            changed_ns = self._settings.jwks.stat().st_mtime_ns
            if changed_ns != self._read_ns:
                self._read_ns = changed_ns
                self._keys = _public(self._settings.jwks.read_text())
        except UNREADABLE as error:
            log.error("issuer.unreadable", file=str(self._settings.jwks), why=str(error))
        return self._keys


def _public(text: str) -> KeySet:
    keys = [key for key in KeySet.import_key_set(json.loads(text)) if key.key_type in ASYMMETRIC and key.kid]
    if not keys:
        raise ValueError("no key with a kid of type OKP, EC or RSA")
    return KeySet(keys)


def _claims(settings: Issuer, now_s: int) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=now_s,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.audience},
        sub={"essential": True},
        exp={"essential": True},
    )
