"""Tokens of an outside issuer: what is believed, and every way in which one may lie."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from backend.errors import NotAllowed, StoreUnfit
from backend.people.tokens import Outside, Vouched
from backend.settings import Issuer

NOW = 1_790_000_000
HOUR = 3600
KEYS: dict[str, Any] = {
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "okp"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
}
GOOD = {"iss": "https://id.example", "aud": "limen", "sub": "u-17", "exp": NOW + HOUR, "nbf": NOW - 10}


def issuer(folder: Path, *keys: Any) -> Issuer:
    file = folder / "jwks.json"
    file.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))
    return Issuer(issuer="https://id.example", audience="limen", jwks=file)


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(issuer(tmp_path, *KEYS.values()))


def signed(alg: str = "Ed25519", header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
    """claims: as GOOD but for these; None leaves one out."""
    said = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    mine = key or KEYS[alg]
    return jwt.encode({"alg": alg, "kid": mine.kid, **(header or {})}, said, mine, algorithms=[alg])


@pytest.mark.parametrize("alg", KEYS)
def test_a_token_signed_by_a_published_key_is_believed(outside: Outside, alg: str) -> None:
    assert outside.vouched(signed(alg), NOW) == Vouched("https://id.example", "u-17", NOW + HOUR)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "others"]},
        {"aud": None},
        {"sub": None},
        {"sub": 17},
        {"exp": None},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": NOW + 25 * HOUR},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": "tomorrow"},
        {"nbf": NOW + 1},
        {"iat": NOW + 1},
    ],
)
def test_a_token_that_is_not_for_us_or_not_for_now_is_refused(outside: Outside, claims: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        outside.vouched(signed(**claims), NOW)


def test_a_token_shown_again_after_its_end_is_refused(outside: Outside) -> None:
    token = signed()
    outside.vouched(token, NOW + HOUR - 1)
    with pytest.raises(NotAllowed, match="expired"):
        outside.vouched(token, NOW + HOUR)


def test_a_token_without_a_signature_is_refused(outside: Outside) -> None:
    head, body, _ = signed().split(".")
    for alg in ("none", "None", "NONE"):
        header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": "okp"}).encode()).rstrip(b"=").decode()
        with pytest.raises(NotAllowed):
            outside.vouched(f"{header}.{body}.", NOW)
    with pytest.raises(NotAllowed):
        outside.vouched(f"{head}.{body}.", NOW)


def test_a_public_key_is_no_secret_to_sign_with(outside: Outside) -> None:
    public = KEYS["RS256"].as_pem(private=False) + b" "  # not quite PEM any more, or the library refuses to sign
    secret = OctKey.import_key(base64.b64encode(public), {"kid": "rsa"})
    with pytest.raises(NotAllowed):
        outside.vouched(signed("HS256", key=secret), NOW)


def test_a_key_that_is_not_published_is_not_believed_whatever_the_token_says(outside: Outside) -> None:
    mine = OKPKey.generate_key("Ed25519", {"kid": "okp"})
    brought = {"jwk": mine.as_dict(private=False)}
    for header in ({}, brought, {"kid": "unknown"}):
        with pytest.raises(NotAllowed):
            outside.vouched(signed(key=mine, header=header), NOW)
    with pytest.raises(NotAllowed, match="requires 'OKP' key"):
        outside.vouched(signed(header={"kid": "ec"}), NOW)


def test_a_changed_claim_is_noticed(outside: Outside) -> None:
    head, _, signature = signed().split(".")
    body = base64.urlsafe_b64encode(json.dumps({**GOOD, "sub": "u-1"}).encode()).rstrip(b"=").decode()
    with pytest.raises(NotAllowed):
        outside.vouched(f"{head}.{body}.{signature}", NOW)


@pytest.mark.parametrize("token", ["a.b.c", "..", "." * 20_000, "ä.ö.ü", "e30.e30.e30"])
def test_what_is_no_token_is_refused(outside: Outside, token: str) -> None:
    with pytest.raises(NotAllowed):
        outside.vouched(token, NOW)


def test_keys_that_are_replaced_are_read_again_and_a_broken_file_leaves_those_that_were(tmp_path: Path) -> None:
    outside, token = Outside(issuer(tmp_path, KEYS["ES256"])), signed("Ed25519")
    with pytest.raises(NotAllowed):
        outside.vouched(token, NOW)
    issuer(tmp_path, KEYS["Ed25519"])
    outside.vouched(token, NOW)
    (tmp_path / "jwks.json").write_text("{")
    outside.vouched(token, NOW)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "oct", "kid": "a", "k": "AAECAwQFBgcICQoLDA0ODw"}]}']
)
def test_the_service_does_not_start_without_an_issuers_public_keys(tmp_path: Path, content: str) -> None:
    settings = issuer(tmp_path, KEYS["ES256"])
    settings.jwks.write_text(content)
    with pytest.raises(StoreUnfit, match=r"issuer\.jwks"):
        Outside(settings)
