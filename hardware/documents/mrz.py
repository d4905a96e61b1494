"""Machine readable zones (ICAO Doc 9303 parts 3 to 7): text to a travel document, and what is wrong with it where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hardware.documents import days, digits, places
from hardware.documents.finding import Finding, Unread, Weight
from hardware.documents.zones import SIZES, Zone, zone

KIND = "mrz"
_BARE = ("document_code", "issuer", "nationality", "optional_2")
_DATES = {"birth": days.born_year, "expiry": days.expiry_year}
_NAMED = {"number": "document number", "birth": "birth date", "expiry": "expiry date", "optional": "optional data"}


@dataclass(frozen=True, slots=True)
class Check:
    """A check digit as read, and the one that belongs to the characters as read (None: they have none)."""

    item: str
    position: int
    read: str
    expected: str | None
    ok: bool


@dataclass(frozen=True, slots=True)
class Mrz:
    """Texts as read, fillers at the end taken off, fillers in names as blanks.

    birth, expiry: ISO 8601-2 dates, unknown parts as X (1974-XX-XX); "" where the text is no date or its check digit
    is wrong.  name_cut: the name fills its field to the end and may go on.
    """

    zone: str
    document_code: str
    issuer: str
    surname: str
    given: str
    name_cut: bool
    number: str
    nationality: str
    birth: str
    birth_text: str
    sex: str
    expiry: str
    expiry_text: str
    optional: str
    optional_2: str
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.weight is not Weight.ERROR for finding in self.findings)

    def expired(self, today: date) -> bool:
        """Certain only: an expiry that cannot be read is a finding, not an expiry."""
        return bool(re.fullmatch("[0-9-]{10}", self.expiry)) and date.fromisoformat(self.expiry) < today


def parse(text: str, today: date) -> Mrz | Unread:
    """Read a zone, its lines parted or not; nothing is repaired.  Unread if the length is that of no zone."""
    joined, notes = _joined(text)
    kind = zone(joined)
    if kind is None:
        return Unread(KIND, (*notes, *_lengths(text, len(joined))))
    return _Reading(kind, joined, list(notes), today).mrz()


def _joined(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The characters of the zone in upper case, and what had to be passed over to get them."""
    notes: list[Finding] = []
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    joined = ""
    for number, line in enumerate(lines, 1):
        for at, character in enumerate(line):
            if character.isspace():
                notes.append(_note(len(joined), "a blank was passed over", number, character))
            else:
                if character in "abcdefghijklmnopqrstuvwxyz":
                    notes.append(_note(len(joined), f"lower case at place {at}", number, character))
                    character = character.upper()
                joined += character
    if re.search(r"\r(?!\n)", text):
        notes.append(_note(0, "lines parted by CR alone", 1, "\r"))
    if len(lines) == 1 and len(joined) > 44:
        notes.append(_note(0, "the lines are not parted", 1, ""))
    elif (kind := zone(joined)) and len(lines) != kind.lines:
        notes.append(_note(0, f"{len(lines)} lines, {kind.name} has {kind.lines}", 1, ""))
    return joined, tuple(notes)


def _note(position: int, problem: str, line: int, value: str) -> Finding:
    return Finding("line", position, problem, value, weight=Weight.NOTE, line=line)


def _lengths(text: str, total: int) -> list[Finding]:
    lines = ["".join(line.split()) for line in text.splitlines() if line.strip()]
    limit = "3 lines of 30, 2 of 36 or 2 of 44 characters"
    widths = [len(line) for line in lines]
    found: list[Finding] = []
    for lines_needed, width in sorted(SIZES):
        if len(lines) == lines_needed and any(length == width for length in widths):
            for number, length in enumerate(widths, 1):
                if length != width:
                    problem = f"{length} characters, {width} are needed: {_lost(width - length)}"
                    found.append(
                        Finding("line", sum(widths[: number - 1]), problem, str(length), str(width), line=number)
                    )
    return found or [
        Finding("line", 0, f"{total} characters in {len(lines)} lines: no zone has that", str(total), limit)
    ]


def _lost(missing: int) -> str:
    return f"{missing} lost" if missing > 0 else f"{-missing} too many"


@dataclass(slots=True)
class _Reading:
    """One zone while its findings are gathered."""

    zone: Zone
    text: str
    findings: list[Finding]
    today: date

    def mrz(self) -> Mrz:
        self._characters()
        number, number_check, optional = self._number()
        checks = self._checks(number_check)
        surname, given, cut = self._name()
        self._codes()
        sex = self._sex()
        birth, expiry = (self._date(item, checks) for item in ("birth", "expiry"))
        bare = {item: self._field(item).rstrip("<") for item in _BARE}
        return Mrz(
            zone=self.zone.name,
            surname=surname,
            given=given,
            name_cut=cut,
            number=number,
            birth=birth,
            birth_text=self._field("birth"),
            sex=sex,
            expiry=expiry,
            expiry_text=self._field("expiry"),
            optional=optional.rstrip("<"),
            checks=tuple(checks),
            findings=tuple(self.findings),
            **bare,
        )

    def _field(self, item: str) -> str:
        start, end = self.zone.fields.get(item, (0, 0))
        return self.text[start:end]

    def _error(self, item: str, position: int, problem: str, limit: str = "") -> None:
        line, _ = self.zone.place(position)
        self.findings.append(Finding(item, position, problem, self.text[position], limit, Weight.ERROR, line))

    def _note(self, item: str, position: int, problem: str, limit: str = "") -> None:
        line, _ = self.zone.place(position)
        self.findings.append(Finding(item, position, problem, self.text[position], limit, Weight.NOTE, line))

    def _characters(self) -> None:
        for position, character in enumerate(self.text):
            if digits.value(character) is None:
                self._error("character", position, "cannot stand in a zone", "A-Z, 0-9 and <")

    def _number(self) -> tuple[str, Check, str]:
        """The document number with what overflows into the optional data of TD1 and TD2; the optional data left."""
        at, optional = self.zone.checks["number"], self._field("optional")
        number, start = self._field("number"), self.zone.fields["number"][0]
        covered = list(range(start, start + len(number)))
        rest = optional.split("<")[0] if self.zone.overflow and self.text[at] == "<" else ""
        if len(rest) > 1 and "<" not in number:
            first = self.zone.fields["optional"][0]
            covered += range(first, first + len(rest) - 1)
            at, number, optional = first + len(rest) - 1, number + rest[:-1], optional[len(rest) :]
        return number.rstrip("<"), self._check("number", at, covered), optional.lstrip("<")

    def _covered(self, item: str) -> tuple[int, list[int]]:
        """The place of a check digit and the places it covers."""
        spans = self.zone.composite if item == "composite" else (self.zone.fields[item],)
        return self.zone.checks[item], [place for start, end in spans for place in range(start, end)]

    def _check(self, item: str, at: int, covered: list[int]) -> Check:
        text, read = "".join(self.text[place] for place in covered), self.text[at]
        expected = digits.check_digit(text)
        empty = item == "optional" and read == "<" and not text.strip("<")
        check = Check(item, at, read, expected, ok=read == expected or empty)
        if not check.ok and item != "composite":
            self._wrong(check, covered)
        return check

    def _checks(self, number: Check) -> list[Check]:
        """All check digits, the number's first.

        A wrong composite explains nothing by itself where another check digit is wrong: it covers them too.
        """
        checks = [number]
        checks += [self._check(item, *self._covered(item)) for item in self.zone.checks if item != "number"]
        for check in checks:
            if check.item == "composite" and not check.ok:
                _, covered = self._covered("composite")
                self._wrong(check, covered if all(other.ok for other in checks if other is not check) else [])
        return checks

    def _wrong(self, check: Check, covered: list[int]) -> None:
        name = _NAMED.get(check.item, "whole zone")
        problem = f"check digit of the {name} is {check.read}, the characters as read give {check.expected or 'none'}"
        self._error(check.item, check.position, problem, check.expected or "")
        text = "".join(self.text[place] for place in covered)
        for at, other in digits.explanations(text, check.read):
            place = check.position if at == len(covered) else covered[at]
            line, column = self.zone.place(place)
            problem = f"line {line} position {column} is {self.text[place]}; {other} would satisfy the check digit"
            self._note(check.item, place, problem, other)

    def _name(self) -> tuple[str, str, bool]:
        field, start = self._field("name"), self.zone.fields["name"][0]
        for at, character in enumerate(field):
            if character.isdigit():
                letters = "".join(other for other in digits.lookalikes(character) if other.isalpha())
                self._error(
                    "name", start + at, f"a digit in a name; {letters or 'a letter'} looks like it", "A-Z and <"
                )
        surname, _, given = field.rstrip("<").partition("<<")
        if not surname.strip("<"):
            self._error("name", start, "no surname", "A-Z")
        return surname.replace("<", " ").strip(), re.sub("<+", " ", given).strip(), not field.endswith("<")

    def _codes(self) -> None:
        code, start = self._field("document_code"), self.zone.fields["document_code"][0]
        if not re.fullmatch("[ACIPV][A-Z<]", code):
            self._error("document_code", start, "not a travel document's code", "A, C, I, P or V first")
        for item in ("issuer", "nationality"):
            text, start = self._field(item), self.zone.fields[item][0]
            if text.rstrip("<") in places.states():
                continue
            self._error(item, start, f"{text} is no code of a state or an organisation", "ISO 3166-1 or ICAO 9303-3 §5")
            for at, character in enumerate(text):
                for other in digits.lookalikes(character):
                    if (text[:at] + other + text[at + 1 :]).rstrip("<") in places.states():
                        self._note(item, start + at, f"{text[at]} here; {other} would make a code", other)

    def _sex(self) -> str:
        text, start = self._field("sex"), self.zone.fields["sex"][0]
        if text not in ("M", "F", "<"):
            tell = self._note if text == "X" else self._error
            tell("sex", start, "not a sex as a zone has it", "M, F or <")
        return text.replace("<", "X")

    def _date(self, item: str, checks: Sequence[Check]) -> str:
        """ISO form, or "" with a finding.  Only a birth date may have unknown parts, and only its last ones."""
        text, start = self._field(item), self.zone.fields[item][0]
        partly = item == "birth" and re.fullmatch("([0-9]{2}){0,2}(<<){1,3}", text)
        if not partly and not re.fullmatch("[0-9]{6}", text):
            at = next((at for at, character in enumerate(text) if not character.isdigit()), 0)
            self._error(item, start + at, f"no {_NAMED[item]}: a digit is needed", "YYMMDD")
            return ""
        year = f"{_DATES[item](int(text[:2]), self.today):04}" if text[:2] != "<<" else "XXXX"
        month, day = (part.replace("<<", "XX") for part in (text[2:4], text[4:6]))
        if not _possible(year, month, day):
            self._error(item, start, f"no {_NAMED[item]}: there is no such day", "YYMMDD")
            return ""
        if item == "birth" and partly:
            self._note(item, start, "birth date partly unknown", "")
        return f"{year}-{month}-{day}" if any(check.item == item and check.ok for check in checks) else ""


def _possible(year: str, month: str, day: str) -> bool:
    """Whether there is such a day, unknown parts taken as fitting."""
    try:
        date(int(year.replace("XXXX", "2000")), int(month.replace("XX", "01")), int(day.replace("XX", "01")))
    except ValueError:
        return False
    return True
