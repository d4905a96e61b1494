"""A scanned text to a boarding pass, a machine readable zone, or what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date

from hardware.documents import bcbp, mrz
from hardware.documents.bcbp import Bcbp, Leg
from hardware.documents.finding import Finding, Unread
from hardware.documents.marks import unwrap
from hardware.documents.mrz import Mrz

Document = Bcbp | Mrz | Unread
_PASS = re.compile(r" ?[Mm][0-9]")
_ZONE = re.compile(r"[A-Za-z0-9<\s]*")
_RENAMED = {"origin": "from", "destination": "to", "day": "date"}


def read(text: str, today: date) -> Document:
    """Tell what it is and parse it.  Only line ends and the reader's own marks around it are taken off."""
    inner, notes = unwrap(text.strip("\r\n"))
    inner = inner.strip("\r\n")
    packed = "".join(inner.split())
    zone_like = "<<" in packed or (len(packed) in (72, 88, 90) and "<" in packed and _ZONE.fullmatch(inner) is not None)
    if _PASS.match(inner) and not (zone_like and len(packed) in (72, 88, 90)):
        document: Document = bcbp.parse(inner, today)
    elif zone_like:
        document = mrz.parse(inner, today)
    else:
        document = Unread(None, (_neither(inner),))
    return replace(document, findings=(*notes, *document.findings))


def _neither(text: str) -> Finding:
    if not text.strip():
        return Finding("text", 0, "nothing was read", "", "a boarding pass or a machine readable zone")
    limit = "M and 1 to 4 first, or 2 or 3 lines of A-Z, 0-9 and < with << behind the surname"
    return Finding(
        "text", 0, f"neither a boarding pass nor a machine readable zone: {len(text)} characters", text[:2], limit
    )


def kind(document: Document) -> str | None:
    match document:
        case Bcbp():
            return bcbp.KIND
        case Mrz():
            return mrz.KIND
        case Unread(kind):
            return kind


def ok(document: Document) -> bool:
    return not isinstance(document, Unread) and document.ok


def result(document: Document) -> dict[str, object]:
    """For JSON: {kind, ok, fields, findings}; fields is empty where nothing can be used."""
    return {
        "kind": kind(document),
        "ok": ok(document),
        "fields": fields(document),
        "findings": [_plain(asdict(finding)) for finding in document.findings],
    }


def fields(document: Document) -> dict[str, object]:
    match document:
        case Bcbp():
            return _pass(document)
        case Mrz():
            plain = {name: value for name, value in asdict(document).items() if name not in ("checks", "findings")}
            checks = {
                check.item: {"read": check.read, "expected": check.expected, "ok": check.ok}
                for check in document.checks
            }
            return plain | {"birth": document.birth or None, "expiry": document.expiry or None, "check_digits": checks}
        case Unread():
            return {}


def _pass(document: Bcbp) -> dict[str, object]:
    whole = _plain({name: value for name, value in asdict(document).items() if name not in ("legs", "findings")})
    return whole | {"legs": [_leg(leg) for leg in document.legs]}


def _leg(leg: Leg) -> dict[str, object]:
    plain = _plain({_RENAMED.get(name, name): value for name, value in asdict(leg).items()})
    number = leg.day_of_year
    return plain | {"day_of_year": int(number) if re.fullmatch("[0-9]{1,3}", number) else None, "day_text": number}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Dates as text, all the way down."""
    plain: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, date):
            plain[name] = value.isoformat()
        else:
            plain[name] = _plain(value) if isinstance(value, dict) else value
    return plain
