"""The time that deletion follows: a wall clock is believed as far as the service has lived through what it says.

Nothing that cannot be undone may hang on one reading of a clock.  A clock that runs evenly beside the monotonic one for
hours is believed; one that was ahead at a start, or jumped, is believed only then, and by itself only up to a day.
"""

from dataclasses import dataclass

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
TOLERANCE_MS = MINUTE_MS  # between two readings of the two clocks
STEADY_MS = 2 * HOUR_MS  # so long it must run evenly
LONGEST_MS = 24 * HOUR_MS  # further ahead, a person must confirm it


@dataclass(frozen=True, slots=True)
class Lived:
    """utc_ms: what may be deleted by, at the monotonic time mono_ms.  wall_ms: what the wall clock said then.
    steady_ms: the monotonic time since which it has run evenly."""

    utc_ms: int
    wall_ms: int
    mono_ms: int
    steady_ms: int

    @property
    def ahead_ms(self) -> int:
        """How far the wall clock is beyond what is believed."""
        return self.wall_ms - self.utc_ms


def begin(kept_utc_ms: int | None, wall_ms: int, mono_ms: int) -> Lived:
    """At a start.  kept_utc_ms: what was believed last; None where there is nothing to delete yet."""
    utc_ms = wall_ms if kept_utc_ms is None else min(wall_ms, kept_utc_ms)
    return Lived(utc_ms, wall_ms, mono_ms, mono_ms)


def look(before: Lived, kept_utc_ms: int, wall_ms: int, mono_ms: int) -> Lived:
    """What is believed now.  kept_utc_ms: what another replica has lived through, or a person has confirmed."""
    passed_ms = mono_ms - before.mono_ms
    even = abs(wall_ms - before.wall_ms - passed_ms) <= TOLERANCE_MS
    steady_ms = before.steady_ms if even else mono_ms
    lived_ms = max(before.utc_ms + passed_ms, kept_utc_ms)
    if mono_ms - steady_ms >= STEADY_MS and wall_ms - lived_ms <= LONGEST_MS:
        lived_ms = wall_ms
    return Lived(min(wall_ms, lived_ms), wall_ms, mono_ms, steady_ms)
