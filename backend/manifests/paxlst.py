"""One UN/EDIFACT PAXLST interchange to the journey and the travellers it announces.

Source: UN/EDIFACT directories D.02B to D.12B, WCO/IATA/ICAO PAXLST implementation guide.  Understood today: one
message, one leg, passengers and crew.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pydifact import Parser
from pydifact.exceptions import EDISyntaxError

from backend.errors import ManifestRefused

DEFAULT = ":+.? '"
ENVELOPE = ("UNG", "UNE")  # functional groups: carried by some, unknown to the tokeniser


@dataclass(frozen=True, slots=True)
class Segment:
    """`elements` is a tuple of data elements, each a tuple of components.  position counts from 1, line too."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    position: int
    line: int

    def at(self, element: int, component: int = 0) -> str:
        """A component, "" if absent."""
        parts = self.elements[element] if element < len(self.elements) else ()
        return parts[component] if component < len(parts) else ""


@dataclass(frozen=True, slots=True)
class Finding:
    segment: str
    position: int
    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class Person:
    """birth is None and texts are "" where the manifest does not say."""

    surname: str
    given: str
    sex: str
    birth: date | None
    nationality: str
    seat: str
    document_type: str
    document_number: str
    document_issuer: str


@dataclass(frozen=True, slots=True)
class Journey:
    carrier_number: str
    departure_port: str
    arrival_port: str
    departure: datetime

    @property
    def key(self) -> str:
        return f"{self.carrier_number}/{self.departure:%Y%m%d}/{self.departure_port}"


@dataclass(slots=True)
class Manifest:
    journey: Journey
    people: list[Person] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def parse(content: bytes) -> Manifest:
    """Read one interchange.  Raises ManifestRefused naming segment, position, line and what was expected."""
    with warnings.catch_warnings():  # pydifact has rules for some directories only and says so at every segment
        warnings.simplefilter("ignore")
        segments = list(_segments(_text(content)))
    _check_whole(segments)
    manifest = Manifest(_journey(segments))
    for group in _groups(segments):
        manifest.people.append(_person(group, manifest))
    _check_count(segments, manifest)
    if not manifest.people:
        raise ManifestRefused("NAD: no traveller found; expected NAD+FL (passenger) or NAD+FM (crew)")
    return manifest


def _check_whole(segments: Sequence[Segment]) -> None:
    """All of a manifest or none of it.  Raises ManifestRefused for half a file, and for more than one journey."""
    for tag, qualifier in (("UNH", None), ("TDT", "20")):
        found = [s for s in segments if s.tag == tag and qualifier in (None, s.at(0))]
        if len(found) > 1:
            where = f"segment {found[1].position} on line {found[1].line}"
            raise ManifestRefused(f"{tag}: {where} begins a second journey; expected one message with one leg")
    tags = [segment.tag for segment in segments]
    for opening, closing in (("UNB", "UNZ"), ("UNH", "UNT")):
        if (opening in tags or opening == "UNH") and closing not in tags:
            last = segments[-1] if segments else Segment("nothing", (), 0, 1)
            where = f"segment {last.position} ({last.tag}, line {last.line})"
            raise ManifestRefused(
                f"{closing}: missing after {where}; expected {opening} … {closing}: is this half a file?"
            )


def _text(content: bytes) -> str:
    for encoding in ("utf-8", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes every byte")


def _raw(text: str, release: str, terminator: str) -> Iterator[tuple[str, int]]:
    """Whole segments with the line each begins on.  Raises ManifestRefused if the last one has no end."""
    start, line, skip = 0, 1, False
    for at, character in enumerate(text):
        if skip:
            skip = False
        elif character == release:
            skip = True
        elif character == terminator:
            raw = text[start:at]
            began = line - raw.lstrip().count("\n")
            yield raw.strip(), began
            start = at + 1
        line += character == "\n"
    if rest := text[start:].strip():
        raise ManifestRefused(f"{rest[:3]}: segment on line {line} has no end; expected the terminator {terminator!r}")


def _segments(text: str) -> Iterator[Segment]:
    text = text.strip("﻿\r\n\t ")
    advice = text[3:9] if text.startswith("UNA") else DEFAULT
    if len(advice) != 6 or not text.startswith(("UNA", "UNB", "UNH")):
        raise ManifestRefused(f"line 1: expected UNA, UNB or UNH, found {text[:3]!r}")
    body = text[9:] if text.startswith("UNA") else text
    lead = text[:9].count("\n") if body is not text else 0
    for position, (raw, line) in enumerate(_raw(body, advice[3], advice[5]), 1):
        if raw[:3] not in ENVELOPE and raw:
            yield _segment(raw, advice, position, line + lead)


def _segment(raw: str, advice: str, position: int, line: int) -> Segment:
    message = f"UNA{advice}{raw}{advice[5]}"
    try:
        _, parsed = Parser().parse(message)
    except (EDISyntaxError, ValueError, SyntaxError) as error:
        raise ManifestRefused(
            f"{raw[:3]}: segment {position} on line {line} cannot be read; expected data elements"
        ) from error
    elements = tuple((e,) if isinstance(e, str) else tuple(str(c) for c in e) for e in parsed.elements)
    return Segment(parsed.tag, elements, position, line)


def _journey(segments: Sequence[Segment]) -> Journey:
    transport = _need(segments, "TDT", "20", "TDT+20 with the carrier's flight or voyage number")
    number = transport.at(1) if not transport.at(4) else transport.at(4) + transport.at(1).removeprefix(transport.at(4))
    departs = _need(segments, "DTM", "189", "DTM+189, the scheduled departure")
    ports = [_need(segments, "LOC", code, f"LOC+{code}, a port") for code in ("125", "87")]
    return Journey(number, ports[0].at(1), ports[1].at(1), _moment(departs))


def _need(segments: Sequence[Segment], tag: str, qualifier: str, expected: str) -> Segment:
    for segment in segments:
        if segment.tag == tag and segment.at(0) == qualifier and segment.at(1 if tag != "DTM" else 0):
            return segment
    last = segments[-1] if segments else Segment("UNZ", (), 0, 1)
    raise ManifestRefused(
        f"{tag}: missing before segment {last.position} ({last.tag}, line {last.line}); expected {expected}"
    )


def _moment(segment: Segment) -> datetime:
    text = segment.at(0, 1)
    for size, form in ((10, "%y%m%d%H%M"), (12, "%Y%m%d%H%M"), (6, "%y%m%d"), (8, "%Y%m%d")):
        if len(text) == size:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007  local to the port, as the message has it
            except ValueError:
                break
    raise ManifestRefused(
        f"DTM: segment {segment.position} on line {segment.line} has date {text!r}; expected YYMMDDHHMM (format 201)"
    )


def _groups(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """The segments of each traveller: from NAD+FL or NAD+FM to the next NAD or the trailer."""
    group: list[Segment] = []
    for segment in segments:
        if segment.tag in ("NAD", "CNT", "UNT"):
            if group:
                yield group
            group = [segment] if segment.tag == "NAD" and segment.at(0) in ("FL", "FM") else []
        elif group:
            group.append(segment)
    if group:
        yield group


def _person(group: Sequence[Segment], manifest: Manifest) -> Person:
    name, findings = group[0], manifest.findings
    surname, given = name.at(3), " ".join(part for part in (name.at(3, 1), name.at(3, 2)) if part)
    documents = [s for s in group if s.tag == "DOC" and s.at(1)]
    if not surname:
        findings.append(Finding("NAD", name.position, name.line, "no surname"))
    if not documents:
        findings.append(Finding("DOC", name.position, name.line, "no travel document: no photo can be asked for"))
    document = documents[0] if documents else Segment("DOC", (), name.position, name.line)
    return Person(
        surname=surname,
        given=given,
        sex=_value(group, "ATT", "2", 2),
        birth=_birth(group, manifest),
        nationality=_value(group, "NAT", "2", 1),
        seat=_seat(group),
        document_type=document.at(0),
        document_number=document.at(1),
        document_issuer=_value(group, "LOC", "91", 1),
    )


def _value(group: Sequence[Segment], tag: str, qualifier: str, element: int) -> str:
    return next((s.at(element) for s in group if s.tag == tag and s.at(0) == qualifier), "")


def _seat(group: Sequence[Segment]) -> str:
    return next((s.at(0, 1) for s in group if s.tag == "RFF" and s.at(0) == "SEA"), "")


def _birth(group: Sequence[Segment], manifest: Manifest) -> date | None:
    for segment in group:
        if segment.tag == "DTM" and segment.at(0) == "329":
            text = segment.at(0, 1)
            try:
                return date(_year(text[:-4], manifest.journey.departure.year), int(text[-4:-2]), int(text[-2:]))
            except ValueError:
                problem = "birth date cannot be read; expected YYMMDD"
                manifest.findings.append(Finding("DTM", segment.position, segment.line, problem))
    return None


def _year(text: str, latest: int) -> int:
    """Two digits mean the last such year that is not after `latest`."""
    year = int(text)
    return year if year > 99 else latest - (latest - year) % 100


def _check_count(segments: Sequence[Segment], manifest: Manifest) -> None:
    """Real files disagree with themselves: say so, take the people."""
    for segment in segments:
        if segment.tag == "CNT" and segment.at(0) in ("41", "42"):
            kind = "FM" if segment.at(0) == "41" else "FL"
            found = sum(s.tag == "NAD" and s.at(0) == kind for s in segments)
            if segment.at(0, 1) != str(found):
                problem = f"says {segment.at(0, 1)} travellers, {found} found"
                manifest.findings.append(Finding("CNT", segment.position, segment.line, problem))
