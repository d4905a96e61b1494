"""Text to segments: separators as UNA or UNB announce them, released characters, where each segment stands.

Source: ISO 9735.  A tokeniser that walks characters reads some 0.4 MB/s, so that 4 MiB of hostile text would hold the
service for ten seconds; regular expressions without backtracking do it in one.  Tests compare them with pydifact.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple

from backend.manifests.findings import Finding, PhotosRefused, Unusable
from backend.manifests.telegram import Text

LONGEST = 8_000  # characters of a segment: FTX holds five texts of 512
MOST = 200_000  # twice as many as travellers may be in a message
ENCODED = re.compile(r"(?<![A-Za-z0-9+/=?])[A-Za-z0-9+/=?]{256,}")
START = re.compile(r"UNA.{5,6}\s*UN[BGH]|UN[BGH]\s*[^\w\s]", re.IGNORECASE | re.DOTALL)
UNA = re.compile(r"UNA(.)(.)(.)(.)(.)(.)\s*(?=UN[BGH]\s*\2)", re.IGNORECASE | re.DOTALL)
SHORT_UNA = re.compile(r"UNA(.)(.)(.)(.)([^\w\s])\s*(?=UN[BGH]\s*\2)", re.IGNORECASE)  # a blank was lost on the way
UNB = re.compile(r"UNB\s*([^\w\s])\s*[A-Z]{4}([^\w\s])\d.{0,400}?([^\w\s])\s*UN[GH]\s*\1", re.IGNORECASE)
UNH = re.compile(r"UN[BGH]\s*\+", re.IGNORECASE)
MOST_STARTS = 1_000


@dataclass(frozen=True, slots=True)
class Advice:
    """The separators; release is "" where nothing can be released."""

    component: str
    element: str
    release: str
    terminator: str


DEFAULT = Advice(":", "+", "?", "'")


class Segment(NamedTuple):
    """elements: as they are written.  A tuple, since a manifest may have 200,000: a frozen dataclass takes four times
    as long to make."""

    tag: str
    elements: tuple[str, ...]
    position: int
    began: int
    text: Text
    advice: Advice

    @property
    def line(self) -> int:
        return self.text.line(self.began)

    def at(self, element: int, component: int = 0) -> str:
        """A component, without blanks around it and one between words; "" if absent."""
        if element >= len(self.elements):
            return ""
        value, advice = self.elements[element], self.advice
        if advice.component in value:
            parts = _split(value, advice.component, advice.release)
            value = parts[component] if component < len(parts) else ""
        elif component:
            return ""
        return _value(value, advice.release)

    def code(self, element: int, component: int = 0) -> str:
        """A component that is a code: in capitals."""
        return self.at(element, component).upper()

    def finding(self, problem: str, tag: str = "") -> Finding:
        """About this segment, or about one that is missing here."""
        return Finding(tag or self.tag, self.position, self.line, problem)


@dataclass(slots=True)
class Cutter:
    """Cuts interchanges out of a text; `position` counts segments over the whole file."""

    text: Text
    found: list[Finding]
    position: int = 0
    at: int = 0

    def interchange(self) -> Iterator[Segment] | None:
        """The segments from where the next interchange begins; None if there is none.  The last may have no end."""
        advice = self._start()
        return None if advice is None else self._cut(advice)

    def _start(self) -> Advice | None:
        for start in islice(START.finditer(self.text.flat, self.at), MOST_STARTS):
            self.at = start.start()
            if (advice := self._advice()) is not None:
                return advice
        return None

    def _advice(self) -> Advice | None:
        """The separators of what begins here; None if nothing does."""
        flat = self.text.flat
        if una := UNA.match(flat, self.at) or SHORT_UNA.match(flat, self.at):
            self.at = una.end()
            return self._announced(una)
        if unb := UNB.match(flat, self.at):
            return self._inferred(unb)
        return DEFAULT if UNH.match(flat, self.at) else None

    def _announced(self, una: "re.Match[str]") -> Advice:
        component, element, _, release = una.groups()[:4]
        terminator = una.groups()[-1]
        where = Finding("UNA", self.position, self.text.line(una.start()), "")
        if len(una.groups()) == 5:
            self.found.append(Finding("UNA", self.position, where.line, "five characters; expected six"))
        release = release.strip()
        used = [c for c in (component, element, release, terminator) if c]
        if len(set(used)) < len(used) or any(c.isalnum() or c.isspace() for c in used):
            raise Unusable(Finding("UNA", self.position, where.line, "separators that cannot be told apart"))
        return Advice(component, element, release, terminator)

    def _inferred(self, unb: "re.Match[str]") -> Advice:
        element, component, terminator = unb.groups()
        advice = Advice(component, element, DEFAULT.release, terminator)
        if advice == DEFAULT:
            return DEFAULT
        if len({component, element, DEFAULT.release, terminator}) < 4:
            raise Unusable(
                Finding("UNB", self.position + 1, self.text.line(unb.start()), "separators that cannot be told apart")
            )
        told = f"no UNA; read with the separators it shows: {component} {element} {terminator}"
        self.found.append(Finding("UNB", self.position + 1, self.text.line(unb.start()), told))
        return advice

    def _cut(self, advice: Advice) -> Iterator[Segment]:
        flat, cut = self.text.flat, _cutter(advice)
        while (match := cut.match(flat, self.at)) is not None:
            began, self.at = match.span()
            if raw := match.group(1).strip():
                yield self._segment(raw, began, advice)
        if rest := flat[self.at : self.at + LONGEST].strip():
            yield self._segment(rest, self.at, advice)._replace(tag="")

    def _segment(self, raw: str, began: int, advice: Advice) -> Segment:
        self.position += 1
        if raw[0] != self.text.flat[began]:
            began = self.text.flat.index(raw[0], began)
        if len(raw) > 256:
            self._check(raw, began)
        if self.position > MOST:
            raise Unusable(Finding(raw[:3], self.position, self.text.line(began), f"more than {MOST:,} segments"))
        if advice.release and advice.release in raw:
            tag, *elements = _split(raw, advice.element, advice.release)
        else:
            tag, *elements = raw.split(advice.element)
        return Segment("".join(tag.split()).upper(), tuple(elements), self.position, began, self.text, advice)

    def _check(self, raw: str, began: int) -> None:
        if ENCODED.search(raw):
            told = "an encoded picture or attachment is inside; photos come from the sources of record only"
            raise PhotosRefused(Finding(raw[:3].upper(), self.position, self.text.line(began), told))
        if len(raw) > LONGEST:
            told = f"a segment of {len(raw):,} characters; at most {LONGEST:,}"
            raise Unusable(Finding(raw[:3].upper(), self.position, self.text.line(began), told))


@cache
def _cutter(advice: Advice) -> "re.Pattern[str]":
    release, end = re.escape(advice.release), re.escape(advice.terminator)
    if not release:
        return re.compile(rf"([^{end}]*+){end}", re.DOTALL)
    return re.compile(rf"([^{release}{end}]*+(?:{release}.[^{release}{end}]*+)*+){end}", re.DOTALL)


@cache
def _tokens(separator: str, release: str) -> "re.Pattern[str]":
    s, r = re.escape(separator), re.escape(release)
    return re.compile(rf"{r}.|{s}|[^{r}{s}]++|{r}", re.DOTALL)


def _split(text: str, separator: str, release: str) -> list[str]:
    """At separators that are not released; released characters stay as they are written."""
    if not release or release not in text:
        return text.split(separator)
    parts: list[list[str]] = [[]]
    for token in _tokens(separator, release).findall(text):
        if token == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return ["".join(part) for part in parts]


def _value(text: str, release: str) -> str:
    """One blank between words, none around them; what was released as it is meant."""
    if release and release in text:
        text = re.sub(re.escape(release) + "(.)", r"\1", text, flags=re.DOTALL)
    return " ".join(text.split()) if " " in text or "\t" in text else text
