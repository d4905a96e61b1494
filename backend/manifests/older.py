"""The older form of the United States, PAXLST:001:000: one PDT for each traveller, ports after their country.

No text of its guide could be read; the layout is that of published sample messages: UNH+…+PAXLST:001:000, CTA contact,
TDT++number+mode+carrier, LOC+005 departure, LOC+PT between, LOC+008 arrival, DTM+136 departure and DTM+132 arrival as
date+time+difference from UTC, UNS+D, PDT+type/number:expiry:country+surname:given:middle:birth:sex+status+from:to.
Established by them only: status PAX, CRW or ITI (in transit); the country is the one of the document.  It says nothing
of a nationality, which therefore stays unknown.  What else may stand in a PDT is not known and not read.
"""

from collections.abc import Sequence
from datetime import date

from backend.manifests import dates
from backend.manifests.findings import Finding
from backend.manifests.messages import Document, Person, Role
from backend.manifests.people import SEXES
from backend.manifests.places import alpha3
from backend.manifests.segments import Segment

ROLES = {"PAX": Role.PASSENGER, "CRW": Role.CREW, "ITI": Role.TRANSIT, "": Role.PASSENGER}


def people(segments: Sequence[Segment], day: date | None, found: list[Finding]) -> list[Person]:
    told = [segment for segment in segments if segment.tag == "PDT"]
    if told and not any(segment.tag == "UNS" for segment in segments):
        found.append(told[0].finding("missing: expected UNS+D before the first PDT", "UNS"))
    read = [_person(segment, day, found) for segment in told]
    return [one for one in read if one is not None]


def _person(pdt: Segment, day: date | None, found: list[Finding]) -> Person | None:
    surname, document = pdt.at(1), _document(pdt, day, found)
    if not surname:
        found.append(pdt.finding("no surname"))
    if not surname and document is None:
        return None
    return Person(
        role=_role(pdt, found),
        surname=surname,
        given=" ".join(part for part in (pdt.at(1, 1), pdt.at(1, 2)) if part),
        sex=_sex(pdt, found),
        birth=_birth(pdt, day, found),
        nationality="",
        locator="",
        reference="",
        seat="",
        embarks=_port(pdt.code(3)),
        debarks=_port(pdt.code(3, 1)),
        documents=(document,) if document else (),
        position=pdt.position,
        line=pdt.line,
    )


def _document(pdt: Segment, day: date | None, found: list[Finding]) -> Document | None:
    kind, _, number = pdt.code(0).partition("/")
    if not number:
        found.append(pdt.finding("no travel document; expected type/number", "DOC"))
        return None
    if kind not in ("P", "V", "A"):
        found.append(pdt.finding(f"document type {kind[:3]!r} is not known"))
    ends = dates.expiry(pdt.at(0, 1), day)
    if ends is None and pdt.at(0, 1):
        found.append(pdt.finding("expiry date cannot be read; expected YYMMDD"))
    issuer = pdt.code(0, 2)
    if alpha3(issuer) is None:
        found.append(pdt.finding(f"issuing state {issuer[:3]!r} is no country" if issuer else "no issuing state"))
    return Document(kind, number, issuer, ends)


def _role(pdt: Segment, found: list[Finding]) -> Role:
    if pdt.code(2) not in ROLES:
        found.append(pdt.finding(f"status {pdt.code(2)[:3]!r} is not known; read as a passenger"))
    return ROLES.get(pdt.code(2), Role.PASSENGER)


def _sex(pdt: Segment, found: list[Finding]) -> str:
    told = pdt.code(1, 4)
    if told and told not in SEXES:
        found.append(pdt.finding(f"sex {told[:3]!r} is not known; expected M, F or U"))
    return told if told in SEXES else ""


def _birth(pdt: Segment, day: date | None, found: list[Finding]) -> date | None:
    born = dates.birth(pdt.at(1, 3), day)
    if born is None:
        found.append(pdt.finding("birth date is missing or cannot be read; expected YYMMDD"))
    return born


def _port(code: str) -> str:
    return code[2:] if len(code) == 5 else code
