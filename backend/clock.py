"""What time records carry: a function, so that a purge or an alert can be tried on any day."""

import time
from collections.abc import Callable

Clock = Callable[[], int]  # UTC, milliseconds since 1970


def utc_ms() -> int:
    return time.time_ns() // 1_000_000
