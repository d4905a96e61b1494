"""Which missing traveller a scanned document names: pure, and never more than a proposal to the agent."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from edge.view import Missing
from hardware.documents.bcbp import Bcbp, Leg
from hardware.documents.finding import Unread
from hardware.documents.mrz import Mrz
from hardware.documents.scan import Document, ok

PASS_NAME = 20  # characters of a boarding pass's name: one that fills them may go on
_TITLES = ("MSTR", "MISS", "PROF", "MRS", "MR", "MS", "DR")
_PLAIN: dict[str, str] = {}
_LETTERS = {
    "Ä": "AE",
    "Ö": "OE",
    "Ü": "UE",
    "ß": "SS",
    "Å": "AA",
    "Æ": "AE",
    "Ø": "OE",
    "Þ": "TH",
    "Ð": "D",
    "Ł": "L",
    "Ñ": "N",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """traveler: None where the document does not point at exactly one of the missing.  why: one sentence, no name."""

    traveler: str | None
    why: str


@dataclass(frozen=True, slots=True)
class _Read:
    """The name on a document; cut: it may go on."""

    surname: str
    given: str
    cut: bool


def propose(document: Document, missing: Sequence[Missing], journey: str, today: date) -> Proposal:
    """journey: the key of the journey at this gate, CARRIERNUMBER/YYYYMMDD/PORT, "" if none."""
    if not ok(document):
        return Proposal(None, "The document was not read without errors: scan it again, or find the traveller below.")
    match document:
        case Mrz() if document.expired(today):
            return Proposal(None, f"The document expired on {document.expiry}.")
        case Mrz():
            return _by_name(_Read(document.surname, document.given, document.name_cut), missing)
        case Bcbp():
            leg = _leg(document.legs, journey)
            if isinstance(leg, str):
                return Proposal(None, leg)
            read = _Read(document.surname, document.given, len(document.name) >= PASS_NAME)
            return _by_name(read, missing, leg)
        case Unread():
            raise AssertionError("what is unread is not ok")


def _leg(legs: Sequence[Leg], journey: str) -> Leg | str:
    """The leg of this journey, or what the pass is for instead."""
    flight, day, port = (*journey.split("/"), "", "")[:3]
    if not flight:
        return "No journey is assigned to this gate: nothing to compare the boarding pass with."
    for leg in legs:
        when = leg.day.strftime("%Y%m%d") if leg.day else ""
        if (_flight(leg.carrier + leg.flight), when, leg.origin) == (_flight(flight), day, port):
            return leg
    other = ", ".join(f"{_flight(leg.carrier + leg.flight)} on {leg.day} from {leg.origin}" for leg in legs)
    here = f"{_flight(flight)} on {day[:4]}-{day[4:6]}-{day[6:]} from {port}"
    return f"The boarding pass is for {other}; this gate boards {here}."


def _flight(text: str) -> str:
    """Carrier and number without leading zeros: AC0834 is AC834."""
    parts = re.fullmatch("([A-Z0-9]{2}|[A-Z]{3}) *0*([0-9]{1,4})([A-Z]?)", text)
    return "".join(parts.groups()) if parts else text


def _seat(text: str) -> str:
    return text.strip().lstrip("0")


def _by_name(read: _Read, missing: Sequence[Missing], leg: Leg | None = None) -> Proposal:
    seat = _seat(leg.seat) if leg else ""
    alike = [person for person in missing if _same(read, person.name)]
    seated = [person for person in alike if seat and _seat(person.seat) == seat]
    if not alike:
        return Proposal(None, "Nobody of this name is missing: already aboard, or not on this journey.")
    if len(alike) > 1 and len(seated) != 1:
        return Proposal(None, f"{len(alike)} missing travellers have this name: compare seat and document.")
    person = seated[0] if seated else alike[0]
    if seat and person.seat and not seated:
        why = f"Name and flight agree; the seat does not: {seat} on the pass, {person.seat} expected."
        return Proposal(person.traveler, why)
    agree = "Name, flight and seat agree." if seated else "Name and flight agree." if leg else "The name agrees."
    return Proposal(person.traveler, agree)


def _same(read: _Read, name: str) -> bool:
    """Whether a name as on the manifest, surname first, can be the one read; every way to part it is tried."""
    surnames, givens = set(_letters(read.surname)), set(_given(read.given))
    return any(
        _surname_fits(surname, "".join(words[:at]), read.cut) and _given_fits(given, words[at:], read.cut)
        for words in _spellings(name)
        for at in range(1, len(words) + 1)
        for surname in surnames
        for given in givens
    )


def _surname_fits(read: str, known: str, cut: bool) -> bool:
    return bool(read) and (read == known or (cut and known.startswith(read)))


def _given_fits(read: str, known: Sequence[str], cut: bool) -> bool:
    """All given names, or the first of them as boarding passes have it, or where the name was cut, their beginning."""
    whole = "".join(known)
    first = {"".join(known[:count]) for count in range(1, len(known) + 1)}
    return read == whole or read in first or (cut and whole.startswith(read))


def _given(given: str) -> Iterator[str]:
    """As read, and without a title that stands behind it, with or without a blank."""
    for letters in _letters(given):
        yield letters
        for title in _TITLES:
            if letters.endswith(title) and letters != title:
                yield letters.removesuffix(title)


def _letters(text: str) -> Iterator[str]:
    return ("".join(words) for words in _spellings(text))


def _spellings(text: str) -> Iterator[list[str]]:
    """The words in A-Z: marks dropped (Ü is U), and as ICAO Doc 9303-3 §6 transliterates (Ü is UE)."""
    upper = "".join(character if character == "ß" else character.upper() for character in text)
    for table in (_PLAIN, _LETTERS):
        plain = unicodedata.normalize("NFKD", "".join(table.get(character, character) for character in upper))
        bare = re.sub("['’.]", "", "".join(_LETTERS.get(character, character) for character in plain))
        yield re.findall("[A-Z]+", "".join(character for character in bare if not unicodedata.combining(character)))
