"""Segments to whole messages: the envelopes around them, what they count, what their trailers say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backend.manifests.findings import Finding, PhotosRefused, Unusable
from backend.manifests.segments import Cutter, Segment
from backend.manifests.telegram import Text

MOST_MESSAGES = 50
SERVICE = ("UNB", "UNG", "UNH", "UNT", "UNE", "UNZ")
BINARY = ("UNO", "UNP")
PICTURED = ("FACE", "IMAGE", "IMG", "JPEG", "JPG", "PHOTO", "PICTURE")


@dataclass(frozen=True, slots=True)
class Whole:
    """One message: its UNH, what is between, its UNT."""

    head: Segment
    body: tuple[Segment, ...]
    trailer: Segment | None


def messages(text: Text, found: list[Finding]) -> list[Whole]:
    """Every message of every interchange.  Raises Unusable for none, for half an interchange and for pictures."""
    cutter, read = Cutter(text, found), list[Whole]()
    while (segments := cutter.interchange()) is not None:
        read += _messages(_checked(segments, found), found)
        if len(read) > MOST_MESSAGES:
            raise Unusable(read[-1].head.finding(f"more than {MOST_MESSAGES} messages"))
    if not read:
        last = Finding("UNH", cutter.position, 1, "no message: expected UNA, UNB or UNH")
        raise Unusable(last)
    return read


def _checked(segments: Iterable[Segment], found: list[Finding]) -> list[Segment]:
    """One interchange, from UNB to UNZ or from UNH to the last UNT; what the transport added behind it is left."""
    read: list[Segment] = []
    opened, inside = False, False
    for segment in segments:
        if segment.tag in BINARY:
            raise PhotosRefused(segment.finding("binary content; photos come from the sources of record only"))
        if not opened and not inside and read and segment.tag not in SERVICE:
            return read
        if not segment.tag:
            return [*read, _unended(segment, read, found)]
        read.append(segment)
        opened = opened or segment.tag == "UNB"
        inside = segment.tag == "UNH" or (inside and segment.tag != "UNT")
        if segment.tag == "UNZ":
            return read
    if opened or inside:
        last = read[-1]
        closing = "UNZ" if opened else "UNT"
        raise Unusable(last.finding(f"missing: nothing behind {last.tag}; is this half a file?", closing))
    return read


def _unended(segment: Segment, read: Sequence[Segment], found: list[Finding]) -> Segment:
    """The last segment has no terminator: whole only if it closes, by name, what was opened."""
    opened = next((s for s in read if s.tag == "UNB"), None)
    if opened is not None and read[-1].tag in ("UNE", "UNT") and segment.at(1) == opened.at(4) != "":
        found.append(segment.finding("has no end", "UNZ"))
        return segment._replace(tag="UNZ")
    raise Unusable(segment.finding("has no end; expected the terminator: is this half a file?", "UNZ"))


def _messages(segments: Sequence[Segment], found: list[Finding]) -> Iterator[Whole]:
    head: Segment | None = None
    body: list[Segment] = []
    for segment in segments:
        if head is not None and segment.tag in ("UNH", "UNE", "UNZ"):
            found.append(segment.finding(f"missing: message {head.position} is not closed", "UNT"))
            yield Whole(head, tuple(body), None)
            head, body = None, []
        if segment.tag == "UNH":
            head = segment
        elif head is not None and segment.tag == "UNT":
            _check_trailer(head, segment, len(body) + 2, found)
            yield Whole(head, tuple(body), segment)
            head, body = None, []
        elif head is not None:
            body.append(segment)
        elif segment.tag not in SERVICE:
            found.append(segment.finding("stands outside of any message; not read"))
    _check_envelopes(segments, found)


def _check_trailer(head: Segment, trailer: Segment, segments: int, found: list[Finding]) -> None:
    if _number(trailer.at(0)) != segments:
        found.append(trailer.finding(f"says {trailer.at(0)[:9]} segments, {segments} found"))
    if trailer.at(1) != head.at(0):
        found.append(trailer.finding("its reference is not the one of UNH"))


def _check_envelopes(segments: Sequence[Segment], found: list[Finding]) -> None:
    service = [segment for segment in segments if segment.tag in SERVICE]
    if len(service) > 4 * MOST_MESSAGES:
        raise Unusable(service[-1].finding(f"more than {MOST_MESSAGES} messages"))
    grouped = any(segment.tag == "UNG" for segment in service)
    for opening, closing, counted in (("UNG", "UNE", "UNH"), ("UNB", "UNZ", "UNG" if grouped else "UNH")):
        opened = [s for s in service if s.tag == opening]
        closed = [s for s in service if s.tag == closing]
        if len(opened) != len(closed):
            where = (opened or closed)[-1]
            found.append(where.finding(f"{len(opened)} {opening}, but {len(closed)} {closing}", closing))
            continue
        for head, tail in zip(opened, closed, strict=True):
            inside = sum(s.tag == counted and head.position < s.position < tail.position for s in service)
            _check_closing(head.at(4), tail, counted, inside, found)


def _check_closing(reference: str, tail: Segment, counted: str, inside: int, found: list[Finding]) -> None:
    if _number(tail.at(0)) != inside:
        found.append(tail.finding(f"says {tail.at(0)[:9]} of {counted}, {inside} found"))
    if tail.at(1) != reference:
        found.append(tail.finding("its reference is not the one it closes"))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
