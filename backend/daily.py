"""Sealed under a key of the day it was sealed on, which is destroyed when nothing of that day is needed any more.

A copy of the database that was made before cannot be read after: what waits a day or two must not outlive it there.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.keys import Box, KeyRing, of_day

WRITTEN = 10  # bytes of the day, before what is sealed


def day(utc_ms: int) -> str:
    """YYYY-MM-DD."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Daily:
    """The keys of one kind: `keys.RECORDS` or `keys.MANIFESTS`.  Made for one act: each key is read once to open."""

    keys: KeyRing
    kind: str
    _boxes: dict[str, Box] = field(default_factory=dict, init=False, repr=False, compare=False)

    def seal(self, plain: bytes, about: str, now_utc_ms: int) -> bytes:
        today = day(now_utc_ms)
        self.keys.make(of_day(self.kind, today))
        return today.encode() + self.keys.box(of_day(self.kind, today)).seal(plain, about)

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises KeyGone.  What names no day was sealed before there were keys of days."""
        if (on := day_of(sealed)) is None:
            return self._box(self.kind).open(sealed, about)
        return self._box(of_day(self.kind, on)).open(sealed[WRITTEN:], about)

    def _box(self, name: str) -> Box:
        if name not in self._boxes:
            self._boxes[name] = self.keys.box(name)
        return self._boxes[name]


def day_of(sealed: bytes) -> str | None:
    """The day something was sealed on."""
    written = sealed[:WRITTEN]
    return written.decode() if re.fullmatch(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}", written) else None
