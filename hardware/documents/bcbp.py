"""Bar coded boarding passes (IATA Resolution 792): text to legs, and what is wrong with it where."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from hardware.documents import days
from hardware.documents.finding import Finding, Unread, Weight
from hardware.documents.items import HEAD, ISSUE, LEG, TICKET, Item, Piece, Strip

KIND = "bcbp"
MOST_CHARACTERS = 4096
_NONE = Piece("", 0)


@dataclass(frozen=True, slots=True)
class Issue:
    """The conditional items that stand once.  issued: as read; issued_on: the newest such day up to today."""

    version: str
    passenger_description: str
    check_in_source: str
    issuance_source: str
    issued: str
    issued_on: date | None
    document_type: str
    issuer: str
    bag_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The conditional items that stand for each leg."""

    airline_number: str
    serial_number: str
    selectee: str
    document_check: str
    marketing_carrier: str
    loyalty_carrier: str
    loyalty_number: str
    id_ad: str
    bag_allowance: str
    fast_track: str


@dataclass(frozen=True, slots=True)
class Leg:
    """Items as read, without the blanks that fill them.  day: the date of flight nearest to today, None if unreadable.

    airline_use: the carrier's own part, as it stands.
    """

    locator: str
    origin: str
    destination: str
    carrier: str
    flight: str
    day_of_year: str
    day: date | None
    compartment: str
    seat: str
    sequence: str
    status: str
    ticket: Ticket | None
    airline_use: str


@dataclass(frozen=True, slots=True)
class Security:
    """Kept as it stands: only the carrier can verify it.  size: as declared, None if unreadable."""

    kind: str
    size: int | None
    content: str


@dataclass(frozen=True, slots=True)
class Bcbp:
    """unread: what follows where nothing was announced."""

    name: str
    surname: str
    given: str
    electronic: str
    leg_count: int | None
    legs: tuple[Leg, ...]
    issue: Issue | None
    security: Security | None
    unread: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.weight is not Weight.ERROR for finding in self.findings)


def parse(text: str, today: date) -> Bcbp | Unread:
    """Read a pass, blanks and all; nothing is repaired.  Unread if not even one leg is there."""
    if len(text) > MOST_CHARACTERS:
        problem = f"{len(text)} characters, at most {MOST_CHARACTERS} are read"
        return Unread(KIND, (Finding("text", MOST_CHARACTERS, problem),))
    read = _parse(text, today)
    if not read.ok and (shift := _shift(text, today)):
        read = _parse(text, today, (shift,))
    return read if read.legs else Unread(KIND, read.findings)


def _parse(text: str, today: date, known: tuple[Finding, ...] = ()) -> Bcbp:
    return _cut(Strip(text, list(known)), today)


def _cut(strip: Strip, today: date) -> Bcbp:
    head = strip.fill(HEAD)
    name, legs_item = head.get("name", _NONE), head.get("legs", _NONE)
    count = int(legs_item.text) if re.fullmatch("[1-4]", legs_item.text) else None
    issues: list[Issue] = []
    legs = tuple(_legs(strip, count or 1, today, issues))
    security = _security(strip)
    rest = strip.take(strip.left())
    if rest.text:
        tell, problem = (strip.error, "nothing announced this") if rest.text.strip() else (strip.note, "closing blanks")
        tell("unread", rest, problem)
    surname, _, given = name.text.rstrip().partition("/")
    return Bcbp(
        name=name.text.rstrip(),
        surname=surname.strip(),
        given=given.strip(),
        electronic=head.get("electronic", _NONE).text.strip(),
        leg_count=count,
        legs=legs,
        issue=issues[0] if issues else None,
        security=security,
        unread=rest.text,
        findings=tuple(strip.findings),
    )


def _legs(strip: Strip, count: int, today: date, issues: list[Issue]) -> Iterator[Leg]:
    for number in range(count):
        if strip.left() == 0:
            strip.error("legs", strip.take(0), f"leg {number + 1} of {count} is missing", f"{count} legs")
            return
        items = strip.fill(LEG)
        if "size" not in items:
            strip.error("size", strip.take(0), "ends inside the mandatory items", "60 characters for one leg")
        ticket, own = _conditional(strip, items.get("size", _NONE), today, issues if number == 0 else None)
        if "carrier" in items:
            yield _leg(strip, items, today, (ticket, own))


def _leg(strip: Strip, items: Mapping[str, Piece], today: date, conditional: tuple[Ticket | None, str]) -> Leg:
    def text(item: str) -> str:
        return items.get(item, _NONE).text.strip()

    ticket, airline_use = conditional
    return Leg(
        locator=text("locator"),
        origin=text("from"),
        destination=text("to"),
        carrier=text("carrier"),
        flight=text("flight"),
        day_of_year=text("day_of_year"),
        day=_day(strip, items.get("day_of_year", _NONE), today),
        compartment=text("compartment"),
        seat=text("seat"),
        sequence=text("sequence"),
        status=text("status"),
        ticket=ticket,
        airline_use=airline_use,
    )


def _day(strip: Strip, piece: Piece, today: date) -> date | None:
    """The pass does not say which year."""
    if not re.fullmatch(" *[0-9]{1,3} *", piece.text):
        return None
    day = days.nearest(int(piece.text), today)
    if day is None:
        strip.error("day_of_year", piece, "no such day in last, this or next year", "001 to 366")
    return day


def _size(strip: Strip, item: str) -> int:
    """The next two hexadecimal digits; 0, and a finding, if they are none."""
    piece = strip.take(2)
    if re.fullmatch("[0-9A-F]{2}", piece.text):
        return int(piece.text, 16)
    strip.error(item, piece, "no size", "2 hexadecimal digits")
    return 0


def _conditional(strip: Strip, declared: Piece, today: date, issues: list[Issue] | None) -> tuple[Ticket | None, str]:
    """What the size of a leg announces; the first leg's begins with the items that stand once, behind '>'."""
    size = int(declared.text, 16) if re.fullmatch("[0-9A-F]{2}", declared.text) else 0
    end = strip.at + size
    if end > len(strip.text):
        problem = f"{size} characters announced, {strip.left()} are left: cut off, or closing blanks lost"
        strip.error("size", declared, problem, f"at most {strip.left():02X}")
    structured = strip.at < end and strip.left() > 0
    if structured and issues is not None:
        structured = strip.text[strip.at] == ">"
        issues += [_issue(strip, end, today)] if structured else []
        if not structured:
            begin = Piece(strip.text[strip.at], strip.at)
            strip.note("version", begin, "no items of the standard: only the carrier's own", ">")
    ticket = _ticket(strip, end) if structured and strip.at < end and strip.left() else None
    return ticket, strip.take(end - strip.at).text


def _issue(strip: Strip, end: int, today: date) -> Issue:
    strip.take(1)
    version = strip.take(1)
    if not re.fullmatch("[1-9]", version.text):
        strip.error("version", version, "no version number", "a digit")
    items = _section(strip, end, "issue_size", ISSUE)
    issued = items.get("issued", "")
    dated = re.fullmatch("[0-9]{4}", issued)
    return Issue(
        version=version.text,
        passenger_description=items.get("passenger_description", ""),
        check_in_source=items.get("check_in_source", ""),
        issuance_source=items.get("issuance_source", ""),
        issued=issued,
        issued_on=days.issued(int(issued[0]), int(issued[1:]), today) if dated else None,
        document_type=items.get("document_type", ""),
        issuer=items.get("issuer", ""),
        bag_tags=tuple(tag for n in (1, 2, 3) if (tag := items.get(f"bag_tag_{n}", ""))),
    )


def _ticket(strip: Strip, end: int) -> Ticket | None:
    items = _section(strip, end, "ticket_size", TICKET)
    return Ticket(**{item.name: items.get(item.name, "") for item in TICKET}) if items else None


def _section(strip: Strip, end: int, item: str, items: tuple[Item, ...]) -> dict[str, str]:
    """The items of a section that says its own size; a short one ends between two items, or is reported."""
    start = strip.at
    size = _size(strip, item)
    stop = strip.at + size
    if stop > end:
        strip.error(
            item, Piece(f"{size:02X}", start), "larger than what holds it", f"at most {max(0, end - strip.at):02X}"
        )
        stop = end
    pieces = strip.fill(items, stop)
    if (more := strip.take(stop - strip.at)).text:
        strip.note(item, more, "more than the known items")
    return {name: piece.text.strip() for name, piece in pieces.items()}


def _security(strip: Strip) -> Security | None:
    if strip.text[strip.at : strip.at + 1] != "^":
        return None
    strip.take(1)
    kind = strip.take(1)
    place = strip.at
    digits = strip.text[place : place + 2]
    size = _size(strip, "security_size")
    content = strip.take(size)
    if len(content.text) < size:
        problem = f"{size} characters announced, {len(content.text)} are there"
        strip.error("security_size", Piece(digits, place), problem)
    readable = re.fullmatch("[0-9A-F]{2}", digits)
    return Security(kind.text, size if readable else None, content.text if readable else strip.take(strip.left()).text)


def _shift(text: str, today: date) -> Finding | None:
    """The place where one blank more or less would make sense of it: found by trying, told, not applied.

    Of several places the one that leaves least to remark, and of these the last: what stands before it is sound.
    """
    strip = Strip(text, [])
    _cut(strip, today)
    found: list[tuple[int, Finding]] = []
    for item, start in ((HEAD[0], 0), *strip.cut):
        value, last = text[start : start + item.size], start + item.size - 1
        tried = _parse(text[:last] + " " + text[last:], today)
        if tried.ok:
            problem = f"a blank is missing in {item.name}: what follows is read one place early"
            found.append((len(tried.findings), Finding(item.name, start, problem, value, item.limit)))
        blank = text.rfind(" ", start, last + 2)
        if blank >= 0 and (tried := _parse(text[:blank] + text[blank + 1 :], today)).ok:
            problem = f"a blank too many in {item.name}: what follows is read one place late"
            found.append((len(tried.findings), Finding(item.name, blank, problem, value, item.limit)))
    return min(reversed(found), key=lambda pair: pair[0])[1] if found else None
