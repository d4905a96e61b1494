"""The items of a bar coded boarding pass (IATA Resolution 792, versions 1 to 8): name, size, what may stand there."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from hardware.documents import places
from hardware.documents.finding import Finding, Weight

PLACES = frozenset({"from", "to"})


class Item(NamedTuple):
    """strict: what the standard says.  loose: what carriers also write and what can be meant by it only."""

    name: str
    size: int
    limit: str
    strict: str
    loose: str = ""


class Piece(NamedTuple):
    text: str
    position: int


_NAME = r"(?!.*  +[^ ])[A-Z][A-Z '-]*"  # blanks fill the end, they do not part a name

HEAD = (
    Item("format_code", 1, "M", "M"),
    Item("legs", 1, "1 to 4", "[1-4]"),
    Item(
        "name", 20, "SURNAME/GIVEN in letters, filled with blanks", _NAME + "/[A-Z '-]* *", _NAME + "[/.]?[A-Z '/.-]*"
    ),
    Item("electronic", 1, "E or L", "[EL]", " "),
)
LEG = (
    Item("locator", 7, "5 to 7 letters or digits, filled with blanks", r"[A-Z0-9]{5,7} *", r" {7}"),
    Item("from", 3, "an IATA airport code", "[A-Z]{3}"),
    Item("to", 3, "an IATA airport code", "[A-Z]{3}"),
    Item("carrier", 3, "2 letters or digits and a blank, or 3 letters", "[A-Z][A-Z0-9] |[0-9][A-Z] |[A-Z]{3}"),
    Item("flight", 5, "4 digits, then a letter or a blank", r"[0-9]{4}[A-Z ]", r" *[0-9]{1,4}[A-Z]? *"),
    Item("day_of_year", 3, "001 to 366", r"[0-9]{3}", r" *[0-9]{1,2} *"),
    Item("compartment", 1, "a letter", "[A-Z]", " "),
    Item("seat", 4, "3 digits and a letter, INF or blank", r"[0-9]{3}[A-Z]|INF ", r"[0-9]{1,3}[A-Z] *| *|[A-Z]{2,4} *"),
    Item("sequence", 5, "4 digits, then a letter or a blank", r"[0-9]{4}[A-Z0-9 ]", r" *[0-9]{0,4}[A-Z]? *"),
    Item("status", 1, "a digit or a letter", "[0-9A-Z]", " "),
    Item("size", 2, "2 hexadecimal digits", "[0-9A-F]{2}"),
)
ISSUE = (
    Item("passenger_description", 1, "a digit or a letter", "[0-9A-Z ]"),
    Item("check_in_source", 1, "a letter", "[A-Z ]", "[0-9]"),
    Item("issuance_source", 1, "a letter", "[A-Z ]", "[0-9]"),
    Item("issued", 4, "last digit of the year, day of the year", r"[0-9]{4}| {4}"),
    Item("document_type", 1, "B, I or blank", "[BI ]", "[A-Z0-9]"),
    Item("issuer", 3, "a carrier code", "[A-Z0-9]{2} |[A-Z]{3}| {3}"),
    Item("bag_tag_1", 13, "13 digits or blank", r"[0-9]{13}| {13}", r"[0-9A-Z ]*"),
    Item("bag_tag_2", 13, "13 digits or blank", r"[0-9]{13}| {13}", r"[0-9A-Z ]*"),
    Item("bag_tag_3", 13, "13 digits or blank", r"[0-9]{13}| {13}", r"[0-9A-Z ]*"),
)
TICKET = (
    Item("airline_number", 3, "3 digits or blank", r"[0-9]{3}| {3}", r"[0-9A-Z ]*"),
    Item("serial_number", 10, "10 digits or blank", r"[0-9]{10}| {10}", r"[0-9A-Z ]*"),
    Item("selectee", 1, "0, 1, 3 or blank", "[013 ]", "[0-9A-Z]"),
    Item("document_check", 1, "0, 1, 2 or blank", "[012 ]", "[0-9A-Z]"),
    Item("marketing_carrier", 3, "a carrier code", "[A-Z0-9]{2} |[A-Z]{3}| {3}"),
    Item("loyalty_carrier", 3, "a carrier code", "[A-Z0-9]{2} |[A-Z]{3}| {3}"),
    Item("loyalty_number", 16, "letters and digits, filled with blanks", r"[A-Z0-9]* *", r"[ -~]*"),
    Item("id_ad", 1, "a digit, a letter or blank", "[0-9A-Z ]"),
    Item("bag_allowance", 3, "20K, 40L or 2PC", r"[0-9]{1,2}[KL]|[0-9]PC| {3}", r"[0-9A-Z ]*"),
    Item("fast_track", 1, "Y, N or blank", "[YN ]", "[0-9A-Z]"),
)


@dataclass(slots=True)
class Strip:
    """A text cut into items from the left, with what was found on the way."""

    text: str
    findings: list[Finding]
    at: int = 0
    cut: list[tuple[Item, int]] = field(default_factory=list)

    def take(self, size: int) -> Piece:
        piece = Piece(self.text[self.at : self.at + max(0, size)], self.at)
        self.at += len(piece.text)
        return piece

    def left(self) -> int:
        return len(self.text) - self.at

    def fill(self, items: tuple[Item, ...], until: int | None = None) -> dict[str, Piece]:
        """One piece for each item there is room for; the last may be cut short."""
        end = len(self.text) if until is None else min(until, len(self.text))
        pieces: dict[str, Piece] = {}
        for item in items:
            if self.at >= end:
                break
            self.cut.append((item, self.at))
            pieces[item.name] = self.take(min(item.size, end - self.at))
            self._check(item, pieces[item.name])
        return pieces

    def error(self, item: str, piece: Piece, problem: str, limit: str = "") -> None:
        self.findings.append(Finding(item, piece.position, problem, piece.text, limit))

    def note(self, item: str, piece: Piece, problem: str, limit: str = "") -> None:
        self.findings.append(Finding(item, piece.position, problem, piece.text, limit, Weight.NOTE))

    def _check(self, item: Item, piece: Piece) -> None:
        if len(piece.text) < item.size:
            self.error(item.name, piece, f"cut off: {len(piece.text)} of {item.size} characters", item.limit)
        elif not re.fullmatch(item.strict, piece.text):
            if item.loose and re.fullmatch(item.loose, piece.text):
                self.note(item.name, piece, "not as the standard has it", item.limit)
            else:
                self.error(item.name, piece, "cannot stand here", item.limit)
        elif item.name in PLACES and piece.text not in places.airports():
            self.error(item.name, piece, "no known airport or city", item.limit)
