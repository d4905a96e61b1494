"""NAD and what follows it to one traveller.

ATT 2 sex, DTM 329 birth, NAT 2 nationality, RFF AVF locator, ABO the carrier's reference, SEA seat; LOC 178 and 179
where the traveller gets on and off; each DOC with DTM 36 expiry and LOC 91 issuer behind it.
"""

from collections.abc import Sequence
from datetime import date

from backend.manifests import dates
from backend.manifests.findings import Finding
from backend.manifests.messages import Document, Person, Role
from backend.manifests.places import alpha3
from backend.manifests.segments import Segment

SEXES = ("M", "F", "U", "X")
OF_DOCUMENTS = (("DTM", "36"), ("LOC", "91"))
Told = dict[tuple[str, str], Segment]  # the first segment of each tag and qualifier


def person(group: Sequence[Segment], day: date | None, found: list[Finding]) -> Person | None:
    """group: from the NAD to before the next.  day: of the journey.  None, and a finding, for nobody."""
    nad = group[0]
    surname, given = _name(nad, found)
    told, papers = _sorted(group, found)
    documents = tuple(one for of in papers if (one := _document(*of, day, found)) is not None)
    if not surname and not documents:
        found.append(nad.finding("neither a name nor a document: nobody to expect"))
        return None
    return Person(
        role=Role(nad.code(0)),
        surname=surname,
        given=given,
        sex=_sex(nad, told.get(("ATT", "2")), found),
        birth=_birth(nad, told.get(("DTM", "329")), day, found),
        nationality=_nationality(nad, told.get(("NAT", "2"), told.get(("NAT", ""))), found),
        locator=_reference(told, "AVF"),
        reference=_reference(told, "ABO"),
        seat=_reference(told, "SEA"),
        embarks=_place(told, "178"),
        debarks=_place(told, "179"),
        documents=documents,
        position=nad.position,
        line=nad.line,
    )


def _sorted(group: Sequence[Segment], found: list[Finding]) -> tuple[Told, list[tuple[Segment, Told]]]:
    """What is told of the person, and of each document."""
    own: Told = {}
    papers: list[tuple[Segment, Told]] = []
    for segment in group[1:]:
        if segment.tag == "DOC":
            papers.append((segment, {}))
            continue
        key = (segment.tag, segment.code(0))
        if key not in OF_DOCUMENTS:
            own.setdefault(key, segment)
        elif papers:
            papers[-1][1].setdefault(key, segment)
        else:
            found.append(segment.finding("belongs to a document, but stands before any; not read"))
    if not papers:
        found.append(group[0].finding("missing: no travel document; expected DOC", "DOC"))
    return own, papers


def _name(nad: Segment, found: list[Finding]) -> tuple[str, str]:
    """Surname and given names, of C080; components behind the fifth are its format."""
    element = 3 if nad.at(3) or nad.at(3, 1) else 2
    surname, given = nad.at(element), " ".join(part for i in range(1, 5) if (part := nad.at(element, i)))
    if surname and element == 2:
        found.append(nad.finding("the name stands where an address is expected"))
    if not surname:
        found.append(nad.finding("no surname"))
    return surname, given


def _sex(nad: Segment, att: Segment | None, found: list[Finding]) -> str:
    if att is None:
        found.append(nad.finding("missing: no sex; expected ATT+2", "ATT"))
        return ""
    told = att.code(2) or att.code(1)
    if told not in SEXES:
        found.append(att.finding(f"sex {told[:3]!r} is not known; expected M, F, U or X"))
        return ""
    if not att.code(2):
        found.append(att.finding("the sex stands one element too early"))
    return told


def _birth(nad: Segment, dtm: Segment | None, day: date | None, found: list[Finding]) -> date | None:
    if dtm is None:
        found.append(nad.finding("missing: no birth date; expected DTM+329", "DTM"))
        return None
    born = dates.birth(dtm.at(0, 1) or dtm.at(1), day)
    if born is None:
        found.append(dtm.finding("birth date cannot be read; expected YYMMDD, a day before the journey"))
    return born


def _nationality(nad: Segment, nat: Segment | None, found: list[Finding]) -> str:
    if nat is None or not (told := nat.code(1)):
        found.append((nat or nad).finding("missing: no nationality; expected NAT+2", "NAT"))
        return ""
    _check_country(nat, told, "nationality", found)
    return told


def _reference(told: Told, qualifier: str) -> str:
    segment = told.get(("RFF", qualifier))
    return segment.code(0, 1) if segment is not None else ""


def _place(told: Told, qualifier: str) -> str:
    segment = told.get(("LOC", qualifier))
    return segment.code(1) if segment is not None else ""


def _document(doc: Segment, told: Told, day: date | None, found: list[Finding]) -> Document | None:
    number, kind = doc.code(1), doc.code(0)
    if not number:
        found.append(doc.finding("document without a number"))
        return None
    if not kind:
        found.append(doc.finding("document of no type"))
    issued = told.get(("LOC", "91"))
    issuer = issued.code(1) if issued is not None else ""
    if issued is None or not issuer:
        found.append((issued or doc).finding("missing: no issuing state; expected LOC+91", "LOC"))
    else:
        _check_country(issued, issuer, "issuing state", found)
    return Document(kind, number, issuer, _expiry(told.get(("DTM", "36")), day, found))


def _expiry(dtm: Segment | None, day: date | None, found: list[Finding]) -> date | None:
    if dtm is None:
        return None
    ends = dates.expiry(dtm.at(0, 1) or dtm.at(1), day)
    if ends is None:
        found.append(dtm.finding("expiry date cannot be read; expected YYMMDD"))
    return ends


def _check_country(where: Segment, code: str, what: str, found: list[Finding]) -> None:
    if alpha3(code) is None:
        found.append(where.finding(f"{what} {code[:3]!r} is no country; expected three letters (ICAO 9303)"))
