"""What the doctor says of one check."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """advice: what to do; "" where nothing is."""

    check: str
    verdict: Verdict
    what: str
    advice: str = ""
