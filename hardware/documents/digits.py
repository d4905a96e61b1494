"""Check digits of machine readable zones (ICAO Doc 9303-3 §4.9), and the misread character that would explain one."""

from collections.abc import Iterator

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEIGHTS = (7, 3, 1)
_LOOKALIKES = ("0ODQ", "1IL", "2Z", "4A", "5S", "6G", "8B", "7T", "UV", "C<", "K<", "MN")  # confused in OCR-B


def value(character: str) -> int | None:
    """0..35, 0 for the filler, None for what cannot stand in a zone."""
    if character == "<":
        return 0
    found = ALPHABET.find(character)
    return found if found >= 0 else None


def check_digit(text: str) -> str | None:
    """The digit that belongs to this text; None if a character cannot stand in a zone."""
    total = 0
    for at, character in enumerate(text):
        number = value(character)
        if number is None:
            return None
        total += number * _WEIGHTS[at % 3]
    return str(total % 10)


def lookalikes(character: str) -> str:
    return "".join(other for group in _LOOKALIKES if character in group for other in group if other != character)


def explanations(text: str, digit: str) -> Iterator[tuple[int, str]]:
    """Each look-alike that alone would make the digit right: its place in `text`, len(text) for the digit itself."""
    for at, character in enumerate(text):
        for other in lookalikes(character):
            if check_digit(text[:at] + other + text[at + 1 :]) == digit:
                yield at, other
    for other in lookalikes(digit):
        if check_digit(text) == other:
            yield len(text), other
