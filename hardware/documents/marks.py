"""What a reader puts around a text: control characters and the AIM symbology identifier (ISO/IEC 15424)."""

import re

from hardware.documents.finding import Finding, Weight

_CONTROL = {"\x00": "NUL", "\x01": "SOH", "\x02": "STX", "\x03": "ETX", "\x04": "EOT", "\x1d": "GS", "\x1e": "RS"}
_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_SYMBOLOGIES = {"L": "PDF417", "z": "Aztec", "Q": "QR code", "d": "Data Matrix"}


def unwrap(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The text itself, and a note for each mark taken off.  Blanks stay: a boarding pass may end in some."""
    found: list[Finding] = []
    start, end = 0, len(text)
    while start < end and text[start] in _CONTROL:
        found.append(_note(start, _CONTROL[text[start]], text[start]))
        start += 1
    while end > start and text[end - 1] in _CONTROL:
        end -= 1
        found.append(_note(end, _CONTROL[text[end]], text[end]))
    if mark := _IDENTIFIER.match(text, start, end):
        symbology = _SYMBOLOGIES.get(mark[0][1], "another symbology")
        found.append(_note(start, f"symbology identifier of {symbology}", mark[0]))
        start = mark.end()
    return text[start:end], tuple(found)


def _note(position: int, what: str, value: str) -> Finding:
    return Finding("reader mark", position, f"{what} added by the reader was taken off", value, weight=Weight.NOTE)
