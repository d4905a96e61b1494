"""Does the gate do what it was told?  Timers over pins, and the faults they latch.  `PROTOCOL.md` §7."""

from hardware.gate.limits import (
    CONTACTS_MS,
    FEEDBACK_MS,
    FORCED_MS,
    PRESENCE_MS,
    TRAVEL_MARGIN_MS,
    Faults,
    Pin,
)


def since(now_ms: int, then_ms: int) -> int:
    """Milliseconds from then to now, on a clock that wraps at 2**32."""
    return (now_ms - then_ms) % 2**32


class Debounced:
    """A switch that must say the same for `steady_ms` before it is believed."""

    def __init__(self, now_ms: int, steady_ms: int, on: bool) -> None:
        self.on = on
        self._steady_ms = steady_ms
        self._changed_ms = now_ms

    def sense(self, now_ms: int, on: bool) -> bool:
        """Whether it went on just now."""
        if on == self.on:
            self._changed_ms = now_ms
        elif since(now_ms, self._changed_ms) >= self._steady_ms:
            self.on, self._changed_ms = on, now_ms
            return on
        return False


class Supervision:
    """wanted: whether the leaf is to be open; rests: whether it was observed closed since it last was to be open."""

    def __init__(self, now_ms: int, travel_ms: int) -> None:
        self._travel_ms = travel_ms
        self._relay_ms = self._leaf_ms = self._rest_ms = self._contacts_ms = self._presence_ms = now_ms

    def turned(self, now_ms: int) -> None:
        """The leaf was told to move."""
        self._leaf_ms = now_ms

    def overdue(self, now_ms: int) -> bool:
        """Whether the leaf should long be where it is wanted."""
        return since(now_ms, self._leaf_ms) >= self._travel_ms + TRAVEL_MARGIN_MS

    def look(self, now_ms: int, pins: Pin, wanted: bool, rests: bool, coil: bool) -> Faults:
        """What is wrong now."""
        there = bool(pins & (Pin.LEAF_OPEN if wanted else Pin.LEAF_CLOSED))
        return self._relay(now_ms, pins, there, coil) | self._leaf(now_ms, pins, wanted, rests) | self._sensors(now_ms, pins)

    def _relay(self, now_ms: int, pins: Pin, there: bool, coil: bool) -> Faults:
        if bool(pins & Pin.FEEDBACK) == coil:
            self._relay_ms = now_ms
        elif since(now_ms, self._relay_ms) >= FEEDBACK_MS:
            if not coil:
                return Faults.RELAY_STUCK
            return Faults.FEEDBACK_CUT if there else Faults.RELAY_DEAD
        return Faults(0)

    def _leaf(self, now_ms: int, pins: Pin, wanted: bool, rests: bool) -> Faults:
        if pins & Pin.LEAF_CLOSED or wanted or not rests:
            self._rest_ms = now_ms
        if pins & (Pin.LEAF_OPEN if wanted else Pin.LEAF_CLOSED) or (rests and not wanted):
            self._leaf_ms = now_ms
        if since(now_ms, self._rest_ms) >= FORCED_MS:
            return Faults.FORCED
        if self.overdue(now_ms):
            return Faults.NOT_OPENED if wanted else Faults.NOT_CLOSED
        return Faults(0)

    def _sensors(self, now_ms: int, pins: Pin) -> Faults:
        faults = Faults(0)
        if (pins & (Pin.LEAF_CLOSED | Pin.LEAF_OPEN)) != Pin.LEAF_CLOSED | Pin.LEAF_OPEN:
            self._contacts_ms = now_ms
        elif since(now_ms, self._contacts_ms) >= CONTACTS_MS:
            faults |= Faults.CONTACTS
        if bool(pins & Pin.PRESENCE_A) == bool(pins & Pin.PRESENCE_B):
            self._presence_ms = now_ms
        elif since(now_ms, self._presence_ms) >= PRESENCE_MS:
            faults |= Faults.PRESENCE
        return faults
