"""A carrier's manifest, bytes to messages: UN/EDIFACT PAXLST D.02B to D.12B and the older form of the United States.

Source: UN/EDIFACT directories and the WCO/IATA/ICAO PAXLST implementation guide.  Accepts what can be used and reports
the rest, refuses only what cannot be read at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from backend.manifests import interchange, older, people, route, telegram
from backend.manifests.findings import Finding, PhotosRefused, Unusable
from backend.manifests.interchange import PICTURED, Whole
from backend.manifests.messages import Count, Function, Leg, Listing, Message, Part, Person, Role
from backend.manifests.parts import joined, name
from backend.manifests.segments import Segment

MOST_TRAVELERS = 10_000  # twice the greatest ship's
MOST_LEGS = 50
MOST_FINDINGS = 50_000
PICTURABLE = ("FTX", "DOC", "GID")
ROLES = tuple(role.value for role in Role)
LISTINGS = tuple(listing.value for listing in Listing)
KNOWN = frozenset(
    "ATT AUT BGM CNT COM CPI CTA DOC DTM EMP FTX GEI GID GIR LOC MEA NAD NAT PDT QTY RFF TDT UNS".split()  # noqa: SIM905
)
PASSENGER_STATUS = {
    "": Function.NEW,
    "CP": Function.CHANGE,
    "XR": Function.REMOVE,
    "RP": Function.REMOVE,
}
FLIGHT_STATUS = {
    "CL": Function.CLOSE,
    "CLOB": Function.CLOSE,
    "CLNB": Function.CLOSE,
    "XF": Function.CANCEL,
    "CF": Function.CHANGE,
}
CREW_STATUS = {"": Function.NEW} | {
    f"{kind}{change}": Function.CHANGE if change else Function.NEW for kind in "ABCDEF" for change in ("", "C")
}
STATUS = {"745": PASSENGER_STATUS, "250": CREW_STATUS, "266": FLIGHT_STATUS}
BY_1225 = {"1": Function.CANCEL, "4": Function.CHANGE, "5": Function.REPLACE, "9": Function.NEW}


@dataclass(frozen=True, slots=True)
class Manifest:
    """messages: parts of one message in the file are joined.  parts: one by one, of those that are not whole."""

    messages: tuple[Message, ...]
    parts: tuple[Message, ...]
    findings: tuple[Finding, ...]


def parse(content: bytes) -> Manifest:
    """Any bytes.  Raises Unusable naming segment, position, line and what was expected."""
    found: list[Finding] = []
    read = [_message(whole, found) for whole in interchange.messages(telegram.read(content), found)]
    known = [message for message in read if message is not None]
    if not known:
        raise Unusable(found[0] if found else Finding("UNH", 1, 1, "no PAXLST message"))
    _check_whole(known)
    messages = joined(known, found)
    waiting = {name(message) for message in messages if message.part}
    parts = tuple(one for one in known if one.part and name(one) in waiting)
    return Manifest(tuple(messages), parts, tuple(sorted(found, key=lambda one: one.position)))


def _check_whole(known: Sequence[Message]) -> None:
    """All messages of an interchange are taken in one transaction, and others wait for it."""
    people, legs = (sum(counts) for counts in zip(*((len(m.travelers), len(m.legs)) for m in known), strict=True))
    for count, most, what in ((people, MOST_TRAVELERS, "travellers"), (legs, MOST_LEGS, "legs")):
        if count > most:
            raise Unusable(replace(known[-1].where, problem=f"more than {most:,} {what} in an interchange"))


def _message(whole: Whole, found: list[Finding]) -> Message | None:
    head, body = whole.head, whole.body
    if head.code(1) != "PAXLST":
        found.append(head.finding(f"a message of type {head.code(1)[:6] or 'none'}; expected PAXLST"))
        return None
    for segment in body:
        _check_segment(segment, found)
    start, groups, after = _divided(body)
    _check_size(head, groups, found)
    legs = tuple(leg for group in groups if group[0].tag == "TDT" for leg in route.legs(group, found))
    if not any(group[0].tag == "TDT" for group in groups):
        found.append(head.finding("missing: no journey; expected TDT+20 with its number", "TDT"))
    day = _day(legs)
    travelers = _travelers(whole, groups, day, found)
    function = _function(head, start, found)
    if not travelers and function in (Function.NEW, Function.REPLACE):
        found.append(head.finding("missing: no traveller; expected NAD+FL (passenger) or NAD+FM (crew)", "NAD"))
    counts = _counts(after)
    if head.code(1, 1) != "001":
        _check_counted(whole.trailer or head, travelers, counts, found)
    own = _transaction(head, start), _part(head, found)
    return Message(function, legs, travelers, *own, counts, head.finding(""), _listing(start))


def _check_counted(where: Segment, travelers: Sequence[Person], counts: Sequence[Count], found: list[Finding]) -> None:
    """Crew may be uncounted where passengers are counted."""
    if travelers and not any(not count.crew or all(one.role.crew for one in travelers) for count in counts):
        kind = "41" if all(one.role.crew for one in travelers) else "42"
        found.append(where.finding(f"missing: expected CNT+{kind}, how many travel", "CNT"))


def _check_size(head: Segment, groups: "Groups", found: list[Finding]) -> None:
    """Before anything is made of it."""
    transports = sum(group[0].tag == "TDT" for group in groups)
    counted = ((len(groups) - transports, MOST_TRAVELERS, "travellers"), (transports, MOST_LEGS, "legs"))
    for count, most, what in (*counted, (len(found), MOST_FINDINGS, "findings")):
        if count > most:
            raise Unusable(head.finding(f"more than {most:,} {what}"))


def _check_segment(segment: Segment, found: list[Finding]) -> None:
    if segment.tag not in KNOWN:
        found.append(segment.finding("is no segment of PAXLST; not read"))
    if segment.tag in PICTURABLE and any(segment.code(0, part) in PICTURED for part in (0, 3)):
        told = "a picture is announced; photos come from the sources of record only"
        raise PhotosRefused(segment.finding(told))


Groups = list[list[Segment]]


def _divided(body: Sequence[Segment]) -> tuple[list[Segment], Groups, list[Segment]]:
    """What stands before any group, groups beginning with TDT or a traveller's NAD, and CNT with what follows."""
    start: list[Segment] = []
    groups: Groups = []
    after: list[Segment] = []
    current = start
    for segment in body:
        if segment.tag in ("CNT", "PDT", "UNS", "AUT"):
            current = after
        elif segment.tag == "TDT" or (segment.tag == "NAD" and segment.code(0) in ROLES):
            current = [segment]
            groups.append(current)
            continue
        elif segment.tag == "NAD":
            current = []  # a reporting party or an agency: nobody who travels
        current.append(segment)
    return start, groups, after


def _travelers(whole: Whole, groups: Groups, day: date | None, found: list[Finding]) -> tuple[Person, ...]:
    if whole.head.code(1, 1) == "001" or any(segment.tag == "PDT" for segment in whole.body):
        return tuple(older.people(whole.body, day, found))
    read = []
    for group in groups:
        if group[0].tag == "NAD" and (one := people.person(group, day, found)) is not None:
            read.append(one)
        if len(found) > MOST_FINDINGS:
            raise Unusable(group[0].finding(f"more than {MOST_FINDINGS:,} findings"))
    return tuple(read)


def _day(legs: Sequence[Leg]) -> date | None:
    told = next((time for leg in legs for time in (leg.departure, leg.arrival) if time), "")
    return date.fromisoformat(told[:10]) if told else None


def _function(head: Segment, start: Sequence[Segment], found: list[Finding]) -> Function:
    """By document (745 passengers, 250 crew, 266 flight), status, and the message function of code list 1225."""
    bgm = next((segment for segment in start if segment.tag == "BGM"), None)
    if bgm is None:
        if head.code(1, 1) != "001":
            found.append(head.finding("missing: expected BGM+745 or BGM+250; read as a new list", "BGM"))
        return Function.NEW
    name, status, told = bgm.code(0), bgm.code(1), bgm.at(2).lstrip("0")
    if name not in STATUS:
        found.append(bgm.finding(f"document {name[:3] or 'none'} is not known; read as a passenger list"))
    if told in BY_1225 and (told != "9" or status not in STATUS.get(name, {})):
        return BY_1225[told]
    known = STATUS.get(name, PASSENGER_STATUS)
    if status not in known and not told:
        found.append(bgm.finding(f"status {status[:4]!r} is not known; read as a new list"))
    return known.get(status, Function.NEW)


def _listing(start: Sequence[Segment]) -> Listing:
    told = next((segment.code(0) for segment in start if segment.tag == "BGM"), "")
    return Listing(told) if told in LISTINGS else Listing.PASSENGERS


def _transaction(head: Segment, start: Sequence[Segment]) -> str:
    told = (segment.at(0, 1) for segment in start if segment.tag == "RFF" and segment.code(0) == "TN")
    return next(told, "") or head.at(0)


def _part(head: Segment, found: list[Finding]) -> Part | None:
    """C: the first of several, F: the last."""
    sequence, mark = head.at(3), head.code(3, 1)
    if not sequence and not mark:
        return None
    number = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 5 else 0
    if number < 1 or mark not in ("", "C", "F"):
        found.append(head.finding(f"part {sequence[:4]}:{mark[:2]} cannot be read; read as the only one"))
        return None
    if number == 1 and mark != "C":
        return None  # a first part of several says so
    return Part(head.at(2), number, mark == "F")


def _counts(after: Sequence[Segment]) -> tuple[Count, ...]:
    told = (segment for segment in after if segment.tag == "CNT" and segment.at(0) in ("41", "42"))
    return tuple(Count(segment.at(0) == "41", segment.at(0, 1), segment.finding("")) for segment in told)
