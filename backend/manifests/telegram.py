"""Bytes as they arrive to text without what the transport added: line wraps, addresses, control characters."""

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from backend.manifests.findings import Finding, PhotosRefused, Unusable

MOST_BYTES = 4 << 20
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51", b"data:image/")
ADVISED_LINES = re.compile(r"^[ \t]*UNA.{5}\r?\n\s*UN[BGH]", re.IGNORECASE | re.MULTILINE)
MESSAGE = re.compile(r"^UNH\+", re.IGNORECASE | re.MULTILINE)
END_OF_LINE = "\x15"  # stands for a line end where that ends a segment
LINE_END = re.compile(r"\r\n|\n|\r")
FRAMING = dict.fromkeys(
    [*range(9), 0x0B, 0x0C, 0x15, 0x7F, 0xFEFF]
)  # SOH, STX, ETX … around telegrams, byte order marks


@dataclass(frozen=True, slots=True)
class Text:
    """flat: without line ends, since telegrams are cut at any column.  _starts: where each line begins in it."""

    flat: str
    _starts: "array[int]" = field(repr=False)

    def line(self, at: int) -> int:
        """From 1, of the character at an offset."""
        return bisect_right(self._starts, at)


def read(content: bytes) -> Text:
    """Any bytes.  Raises PhotosRefused for pictures, Unusable for more than 4 MiB."""
    if len(content) > MOST_BYTES:
        raise Unusable(Finding("UNB", 0, 1, f"{len(content):,} bytes; at most {MOST_BYTES:,}"))
    if any(picture in content for picture in PICTURES):
        raise PhotosRefused(Finding("UNO", 0, 1, "a picture is inside; photos come from the sources of record only"))
    text = _decoded(content).translate(FRAMING)
    end = END_OF_LINE if _lines_end_segments(text) else ""
    lines = LINE_END.split(text)
    starts, at = array("q"), 0
    for line in lines:
        starts.append(at)
        at += len(line) + len(end)
    return Text(end.join(lines), starts)


def _lines_end_segments(text: str) -> bool:
    """Where the separators say so, or where there is no other end of a segment.

    Each pattern is tried from the begin of a line and runs over blank space once: any text takes its length.
    """
    return ADVISED_LINES.search(text) is not None or (not {"'", '"'} & set(text) and MESSAGE.search(text) is not None)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
