"""A travel document named the same however a carrier, a chip or an officer writes it."""

import re

from backend.errors import Refused
from backend.manifests.places import alpha3

PASSPORT = "P"  # the class of every one of them: P, PP, PS, PD, …
# What documents say where ISO 3166-1 says otherwise: Germany by one letter; Kosovo, which ISO has not, by ICAO's code.
OTHERWISE = {"D": "DEU", "XK": "RKS", "XKX": "RKS"}


def name(document_type: str, issuer: str, number: str) -> str:
    """Equal for two ways to write one document, and for nothing else."""
    return f"{class_of(document_type)}:{issuer_of(issuer)}:{number_of(number)}"


def class_of(document_type: str) -> str:
    plain = _plain(document_type)
    return PASSPORT if plain.startswith(PASSPORT) else plain


def issuer_of(code: str) -> str:
    """Three letters, ICAO's own codes as they are; what is no issuer stays, in capitals."""
    plain = _plain(code)
    return OTHERWISE.get(plain) or alpha3(plain) or plain


def number_of(number: str) -> str:
    """Letters and digits: what a machine readable zone fills up and people put in between says nothing."""
    return _plain(number)


def masked(number: str) -> str:
    """The last three characters, of a short one at most half of them."""
    plain = number_of(number)
    return f"***{plain[len(plain) - min(3, len(plain) // 2) :]}"


def check(document_type: str, issuer: str, number: str) -> None:
    """Raises Refused for what no traveller's document can ever be equal to."""
    if alpha3(issuer_of(issuer)) is None:
        raise Refused(f"document_issuer {issuer!r} is no state and no issuer ICAO knows: give two or three letters")
    if not class_of(document_type):
        raise Refused(f"document_type {document_type!r} has no letter: give P for a passport")
    if not number_of(number):
        raise Refused("document_number has neither letters nor digits")


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())
