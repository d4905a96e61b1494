"""What the observer knows of one gate before it looks: the site's numbers, and how exactly time can be told."""

from dataclasses import dataclass
from typing import NewType

Rule = NewType("Rule", str)  # "G1" … "G15", as in the safety page

# From the protocol's text, on purpose not from `limits.py`: a wrong number there shows here.
POLL_AGE_MS = 1000
SILENCE_MS = 1000
LEASE_MS = 1000
CLEAR_MS = 100
MARGIN_MS = 200
FIRE_MS, SWITCH_MS = 5, 20
EMERGENCY_MS = 100
FEEDBACK_MS, FORCED_MS, CONTACTS_MS, PRESENCE_MS = 300, 100, 100, 200
SERVICE_MS = 600_000
BEACON_MS = 500
DURABLE_MS = 100  # from an event to its record in EEPROM, with everything else that waits to be written


@dataclass(frozen=True, slots=True)
class Terms:
    """late_ms: how late an observed drive or byte may be against what caused it: 0 where time is exact.

    fail_safe, hold: the straps.
    """

    secret: bytes
    gate: int
    opens_ms: int
    travel_ms: int
    fail_safe: bool = False
    hold: bool = False
    late_ms: int = 0


@dataclass(frozen=True, slots=True)
class Violation:
    at_ms: int
    rule: Rule
    words: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.at_ms} ms: {self.words}"


class Verdicts:
    """Violations found, and how often each thing worth seeing was seen: a walk that saw nothing proves nothing."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.seen: dict[str, int] = {}

    def violate(self, at_ms: int, rule: str, words: str) -> None:
        self.violations.append(Violation(at_ms, Rule(rule), words))

    def count(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1
