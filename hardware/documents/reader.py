"""A document reader on a line: bytes to whole reads, each ended by CR, LF, CRLF or a short silence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hardware.documents.finding import Finding
from hardware.documents.marks import unwrap
from hardware.documents.zones import SIZES

SILENCE_S = 0.25  # a reader sends a document in one go: at 9600 baud its bytes are 1 ms apart, by keys at most 50
MOST_BYTES = 4096
_ENDS = re.compile(rb"\r\n|\r|\n")
_ZONE_LINE = re.compile(r"[A-Za-z0-9<]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, its lines parted by LF; findings: marks that were taken off."""

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What arrived and is no whole read."""

    finding: Finding


class Lines:
    """The reads in a stream of bytes.  silence_ends: this reader sends no line end, so a silence ends its reads."""

    def __init__(self, *, silence_ends: bool = False) -> None:
        self._silence_ends = silence_ends
        self._buffer = bytearray()
        self._lines: list[str] = []  # of a machine readable zone whose other lines are still to come
        self._marks: list[Finding] = []
        self._heard_s = 0.0
        self._too_long = False

    def feed(self, data: bytes, now_s: float) -> Sequence[Reading | Dropped]:
        """What became whole or was dropped.  Call it with b"" too, so that a silence is noticed."""
        whole: list[Reading | Dropped] = []
        if now_s - self._heard_s > SILENCE_S:
            whole += self._silence()
        if data:
            self._heard_s = now_s
        self._buffer += data
        while end := _ENDS.search(self._buffer):
            line, closing = bytes(self._buffer[: end.start()]), end.end()
            del self._buffer[:closing]
            whole += self._line(line)
        if len(self._buffer) > MOST_BYTES:
            self._buffer.clear()
            whole += self._over_long()
        return whole

    def _line(self, line: bytes) -> Sequence[Reading | Dropped]:
        if self._too_long or len(line) > MOST_BYTES:
            found = self._over_long()
            self._too_long = False  # its end has come
            return found
        if b"\x18" in line:
            self._lines, self._marks = [], []
            return (Dropped(Finding("read", line.index(b"\x18"), "cancelled, or keys were lost: dropped")),)
        text, marks = unwrap(line.decode("latin-1"))
        if not text:  # the LF of a CRLF cut in two, an ETX behind the line end
            return ()
        self._lines.append(text)
        self._marks += marks
        return () if self._more_to_come() else self._flush()

    def _more_to_come(self) -> bool:
        """Whether the lines so far begin a machine readable zone."""
        first = self._lines[0]
        alike = all(len(line) == len(first) and _ZONE_LINE.fullmatch(line) for line in self._lines)
        return alike and any(len(first) == width and len(self._lines) < count for count, width in SIZES)

    def _flush(self) -> Sequence[Reading]:
        read = Reading("\n".join(self._lines), tuple(self._marks))
        self._lines, self._marks = [], []
        return (read,)

    def _silence(self) -> Sequence[Reading | Dropped]:
        """Nothing for a while: what is whole goes out, what is half is dropped."""
        rest, self._buffer = bytes(self._buffer), bytearray()
        found: list[Reading | Dropped] = []
        if self._silence_ends and not self._too_long:
            found += self._line(rest)
        elif unwrap(rest.decode("latin-1"))[0] and not self._too_long:
            problem = f"{len(rest)} bytes without a line end, then silence: half a read is dropped"
            found.append(Dropped(Finding("read", 0, problem, limit=f"CR or LF within {SILENCE_S} s")))
            self._lines, self._marks = [], []
        if self._lines:
            count = next(count for count, width in SIZES if width == len(self._lines[0]))
            problem = f"{len(self._lines)} of {count} lines, then silence: half a read is dropped"
            found.append(Dropped(Finding("read", 0, problem, limit=f"{count} lines")))
        self._lines, self._marks, self._too_long = [], [], False
        return found

    def _over_long(self) -> Sequence[Dropped]:
        """Told once; the rest of it is passed over up to its end."""
        told, self._too_long = self._too_long, True
        self._lines, self._marks = [], []
        problem = f"more than {MOST_BYTES} bytes without an end: dropped"
        return () if told else (Dropped(Finding("read", MOST_BYTES, problem, limit=f"at most {MOST_BYTES} bytes")),)


class Source(Protocol):
    """A serial port, or a keyboard wedge."""

    def read(self) -> bytes:
        """What has arrived, b"" if nothing.  Never waits.  Raises PortClosed."""

    def close(self) -> None: ...


class Reader:
    """Poll it to have what was scanned."""

    def __init__(self, source: Source, *, silence_ends: bool = False) -> None:
        self._source = source
        self._lines = Lines(silence_ends=silence_ends)

    def poll(self, now_s: float) -> Sequence[Reading | Dropped]:
        """Call every 50 ms or so.  Raises PortClosed."""
        return self._lines.feed(self._source.read(), now_s)

    def close(self) -> None:
        self._source.close()
