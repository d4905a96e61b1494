"""When something must be gone: RET-1 for citizens, RET-2 for galleries and images."""

from dataclasses import dataclass

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
CITIZENS_MS = 12 * HOUR_MS  # the hard bound: doors are closed long before
PARTS_MS = DAY_MS  # a part of a manifest waits so long for the others
AHEAD_MS = 30 * DAY_MS  # no departure is believed that is further ahead
ANSWERS_MS = 62 * DAY_MS  # sent again after so long, every leg of a manifest is refused: 30 days ahead, 30 long, 2 over


@dataclass(frozen=True, slots=True)
class Terms:
    """gallery_ms: how long a gallery and its images may live.  ahead_ms: how long before departure one is built."""

    gallery_ms: int
    ahead_ms: int


def gallery_ends(terms: Terms, received_utc_ms: int, departs_utc_ms: int | None) -> int:
    """When nothing of it may be left: counted from when its first template could have been made, at the latest 30 days
    after its receipt."""
    if departs_utc_ms is None:
        return received_utc_ms + terms.gallery_ms
    first = max(received_utc_ms, departs_utc_ms - terms.ahead_ms)
    return min(first, received_utc_ms + AHEAD_MS) + terms.gallery_ms


def citizens_end(received_utc_ms: int, departs_utc_ms: int | None, closed_utc_ms: int | None) -> int:
    """When citizens' entries go: with the doors, at the latest twelve hours after departure."""
    if closed_utc_ms is not None:
        return closed_utc_ms
    return (received_utc_ms if departs_utc_ms is None else departs_utc_ms) + CITIZENS_MS
