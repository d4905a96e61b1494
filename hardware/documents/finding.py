"""What is wrong with a read, and where."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    ERROR = "error"  # the read is not ok
    NOTE = "note"  # worth telling, changes nothing


@dataclass(frozen=True, slots=True)
class Finding:
    """item: which field.  position: offset from 0, in a machine readable zone without line ends; `line` counts from 1.

    value: what stands there.  limit: what may stand there.  Both can be personal: never for a log.
    """

    item: str
    position: int
    problem: str
    value: str = ""
    limit: str = ""
    weight: Weight = Weight.ERROR
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A text of which nothing can be used.  kind: what it was meant to be, None if even that is unclear."""

    kind: str | None
    findings: tuple[Finding, ...]
