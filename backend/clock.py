"""What time records carry and timers count by: a function, so that a purge or an alert can be tried on any day."""

import time
from collections.abc import Callable

Clock = Callable[[], int]  # UTC, milliseconds since 1970
TOLERANCE_MS = 1_000
BELIEVED_MS = 600_000  # a clock that was set is followed once it has run evenly for so long


def utc_ms() -> int:
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Counts while the machine sleeps, too."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SteadyClock:
    """UTC that runs on evenly when somebody sets the wall clock, and follows it ten minutes later (ER-06).

    What lasts seconds or minutes, such as an alert that escalates or an allowance that ends, is neither cut short
    nor drawn out by a clock that jumps.
    """

    def __init__(self, wall: Clock, monotonic: Callable[[], int] = monotonic_ms) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._since_ms = monotonic()
        self._offset_ms = self._seen_ms = wall() - self._since_ms

    def __call__(self) -> int:
        now_ms = self._monotonic()
        offset_ms = self._wall() - now_ms
        if abs(offset_ms - self._seen_ms) > TOLERANCE_MS:
            self._seen_ms, self._since_ms = offset_ms, now_ms
        elif now_ms - self._since_ms >= BELIEVED_MS or abs(offset_ms - self._offset_ms) <= TOLERANCE_MS:
            self._offset_ms = offset_ms
        return now_ms + self._offset_ms
