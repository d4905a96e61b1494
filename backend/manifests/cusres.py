"""What a carrier is told: one UN/EDIFACT CUSRES interchange, board or do not board, never why.

Source: UN/EDIFACT D.05B CUSRES as IATA and the WCO use it.  Per person ERP+2, references, ERC, FTX+AAP; for the message
itself ERP+1.  No published list of codes for findings in a message could be established, so ERC names the segment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_ERRORS = 99
TEXT_SIZE = 70  # characters of free text a carrier's screen shows
RELEASED = str.maketrans({character: f"?{character}" for character in "?+:'"})


class Code(StrEnum):
    CLEARED = "0Z"
    DO_NOT_BOARD = "1Z"
    ADVISORY = "2Z"
    INSUFFICIENT = "4Z"


WORDS = {
    Code.CLEARED: "OK TO BOARD",
    Code.DO_NOT_BOARD: "DO NOT BOARD",
    Code.ADVISORY: "OK TO BOARD - CHECK DOCUMENTS",
    Code.INSUFFICIENT: "INSUFFICIENT - SEND TRAVEL DOCUMENT",
}


class Kind(StrEnum):
    """BGM: an answer to a manifest, a change nobody asked for, or that a message has come."""

    ANSWER = "962"
    UNSOLICITED = "132"
    ACKNOWLEDGEMENT = "312"


@dataclass(frozen=True, slots=True)
class Verdict:
    """locator and reference: the carrier's own (RFF AVF, RFF ABO), "" if it gave none."""

    locator: str
    reference: str
    code: Code


@dataclass(frozen=True, slots=True)
class Problem:
    segment: str
    position: int
    words: str


@dataclass(frozen=True, slots=True)
class Trip:
    """number: with the carrier's code.  Times local to the port, None if not known."""

    number: str
    departure_port: str
    arrival_port: str
    departs: datetime | None
    arrives: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """reference: of the message that is answered (RFF TN)."""

    kind: Kind
    reference: str
    trip: Trip | None = None
    verdicts: Sequence[Verdict] = ()
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """control: of the interchange, at most 14 characters."""

    recipient: str
    control: str
    made: datetime


def interchange(envelope: Envelope, answers: Sequence[Answer]) -> bytes:
    """One message for each answer, in one interchange."""
    head = _segment(
        "UNB", ("UNOC", "3"), "LIMEN", envelope.recipient[:35], (f"{envelope.made:%y%m%d}", f"{envelope.made:%H%M}")
    )
    lines = [f"UNA:+.? '{head[:-1]}+{_released(envelope.control)}'"]
    for number, answer in enumerate(answers, 1):
        body = _message(answer)
        lines.append(_segment("UNH", str(number), ("CUSRES", "D", "05B", "UN", "IATA")))
        lines += body
        lines.append(_segment("UNT", str(len(body) + 2), str(number)))
    lines.append(_segment("UNZ", str(len(answers)), envelope.control))
    return "".join(lines).encode("latin-1")


def _message(answer: Answer) -> list[str]:
    lines = [_segment("BGM", answer.kind.value), _segment("RFF", ("TN", answer.reference[:35]))]
    if answer.trip is not None:
        lines += _trip(answer.trip)
    for problem in answer.problems[:MOST_ERRORS]:
        words = f"SEGMENT {problem.position}: {problem.words}"
        lines += [_segment("ERP", "1"), _segment("ERC", problem.segment[:8]), _text(words)]
    for verdict in answer.verdicts:
        lines += _verdict(verdict)
    return lines


def _trip(trip: Trip) -> list[str]:
    lines = [_segment("RFF", ("AF", trip.number))]
    lines += [
        _segment("DTM", (qualifier, f"{when:%y%m%d%H%M}", "201"))
        for qualifier, when in (("189", trip.departs), ("232", trip.arrives))
        if when is not None
    ]
    ports = (("125", trip.departure_port), ("87", trip.arrival_port))
    return lines + [_segment("LOC", qualifier, port) for qualifier, port in ports if port]


def _verdict(verdict: Verdict) -> list[str]:
    references = (("AVF", verdict.locator), ("ABO", verdict.reference))
    named = [_segment("RFF", (qualifier, value[:35])) for qualifier, value in references if value]
    return [_segment("ERP", "2"), *named, _segment("ERC", verdict.code.value), _text(WORDS[verdict.code])]


def _text(words: str) -> str:
    return _segment("FTX", "AAP", "", "", words[:TEXT_SIZE])


def _segment(tag: str, *elements: str | tuple[str, ...]) -> str:
    told = (_released(e) if isinstance(e, str) else ":".join(map(_released, e)) for e in elements)
    return "+".join((tag, *told)) + "'"


def _released(text: str) -> str:
    """As one value: separators escaped, and nothing the character set (UNOC, ISO 8859-1) has not: what an encoder puts
    in its place is the release character."""
    return "".join(c if c.isprintable() and ord(c) < 256 else " " for c in text).translate(RELEASED)
