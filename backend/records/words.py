"""Words the forms share: what a message is, dates, names as older systems spell them."""

import unicodedata
from datetime import UTC, datetime

from backend.biographic import Biographic
from backend.records.facts import Facts

AGENCY = "LIMEN"
# Letters that do not fall apart into a base and a mark, spelt as ICAO 9303-3 section 6 spells them.
SPELT = str.maketrans({"ß": "SS", "Æ": "AE", "æ": "AE", "Ø": "OE", "ø": "OE", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D"})
SPELT |= str.maketrans({"Þ": "TH", "þ": "TH", "Œ": "OE", "œ": "OE", "ı": "I", "Ð": "D", "ð": "D"})


def event(facts: Facts) -> str:
    """crossing, or what an amendment says of it: voided or reattributed."""
    if facts.amendment is None:
        return "crossing"
    return "voided" if facts.amendment.what == "voided" else "reattributed"


def day(utc_ms: int) -> str:
    """YYYY-MM-DD."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d")


def moment(utc_ms: int) -> str:
    """RFC 3339, to the millisecond."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told_utc_ms(facts: Facts) -> int:
    return facts.amendment.amended_utc_ms if facts.amendment else facts.crossing.crossed_utc_ms


def plain(text: str) -> str:
    """Printable ASCII: marks dropped, the separators of ANSI/NIST-ITL and what cannot be spelt as blanks."""
    fallen = unicodedata.normalize("NFKD", text.translate(SPELT))
    letters = (letter for letter in fallen if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else " " for letter in letters).strip()


def name(of: Biographic) -> str:
    """SURNAME,GIVEN as EBTS field 2.018 has it."""
    return f"{plain(of.surname)},{plain(of.given)}".upper()


def indicators(facts: Facts) -> dict[str, str]:
    """What every system is told of a crossing, by name; what is not known is left out."""
    crossing, of, amendment = facts.crossing, facts.biographic, facts.amendment
    said = {
        "event": event(facts),
        "crossing": crossing.crossing,
        "kind": crossing.kind,
        "direction": crossing.direction,
        "port": crossing.port,
        "journey": crossing.journey,
        "mode": facts.journey.mode,
        "departure": facts.journey.departure_port,
        "arrival": facts.journey.arrival_port,
        "crossed": moment(crossing.crossed_utc_ms),
        "until": moment(crossing.until_utc_ms) if crossing.until_utc_ms else "",
        "policy": crossing.policy,
        "citizen": "yes" if crossing.citizen else "no",
        "documentType": of.document_type if of else "",
        "documentNumber": of.document_number if of else "",
        "documentIssuer": of.document_issuer if of else "",
        "documentExpiry": of.document_expiry if of else "",
        "reason": amendment.reason if amendment else "",
        "redress": amendment.redress if amendment else "",
        "amended": moment(amendment.amended_utc_ms) if amendment else "",
        "replacedBy": facts.replaced_by or "",
    }
    return {key: value for key, value in said.items() if value}
