"""What time records carry and timers count by: a function, so that a purge or an alert can be tried on any day."""

import time
from collections.abc import Callable

import structlog

Clock = Callable[[], int]  # UTC, milliseconds since 1970
RATE = 0.1  # of the time that passes: so much faster or slower a clock runs until it shows what the wall clock does
JUMPED_MS = 60_000  # less is an ordinary correction
SKEW_MS = 5 * 60_000  # so far ahead may be what another replica wrote, or what was written before a restart

log = structlog.get_logger()


def utc_ms() -> int:
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Counts while the machine sleeps, too."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SteadyClock:
    """A wall clock without its jumps (ER-06): it goes on by the monotonic clock.

    It comes nearer to the wall clock by a tenth of what passes: no session, alert or allowance ends more than a tenth
    early or late.
    A restart takes the wall clock as it is.
    """

    def __init__(self, wall: Clock, monotonic: Callable[[], int] = monotonic_ms) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._mono_ms = monotonic()
        self._ahead_ms = float(wall() - self._mono_ms)  # of the monotonic clock
        self._jumped = False

    def __call__(self) -> int:
        mono_ms = self._monotonic()
        most_ms = RATE * max(0, mono_ms - self._mono_ms)
        beyond_ms = self._wall() - mono_ms - self._ahead_ms
        self._ahead_ms += min(max(beyond_ms, -most_ms), most_ms)
        self._mono_ms = mono_ms
        self._tell(beyond_ms)
        return mono_ms + round(self._ahead_ms)

    def _tell(self, beyond_ms: float) -> None:
        jumped = abs(beyond_ms) > JUMPED_MS
        if jumped and not self._jumped:
            log.warning("clock.jumped", by_s=round(beyond_ms / 1000), do="check the clock, see `limen-tvs doctor`")
        self._jumped = jumped
