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

# Plain numbers: this runs every millisecond.
_CLOSED, _OPEN, _FEEDBACK = int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN), int(Pin.FEEDBACK)
_BOTH = _CLOSED | _OPEN
_CHANNEL_A, _CHANNEL_B = int(Pin.PRESENCE_A), int(Pin.PRESENCE_B)
_RELAY_STUCK = int(Faults.RELAY_STUCK)
_FEEDBACK_CUT = int(Faults.FEEDBACK_CUT)
_RELAY_DEAD = int(Faults.RELAY_DEAD)
_FORCED = int(Faults.FORCED)
_NOT_OPENED = int(Faults.NOT_OPENED)
_NOT_CLOSED = int(Faults.NOT_CLOSED)
_CONTACTS = int(Faults.CONTACTS)
_PRESENCE = int(Faults.PRESENCE)


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

    def look(self, now_ms: int, pins: int, wanted: bool, rests: bool, coil: bool) -> int:
        """What is wrong now, as bits of `limits.Faults`."""
        there = bool(pins & (_OPEN if wanted else _CLOSED))
        return (
            self._relay(now_ms, pins, there, coil)
            | self._leaf(now_ms, pins, wanted, rests)
            | self._sensors(now_ms, pins)
        )

    def _relay(self, now_ms: int, pins: int, there: bool, coil: bool) -> int:
        if bool(pins & _FEEDBACK) == coil:
            self._relay_ms = now_ms
        elif since(now_ms, self._relay_ms) >= FEEDBACK_MS:
            if not coil:
                return _RELAY_STUCK
            return _FEEDBACK_CUT if there else _RELAY_DEAD
        return 0

    def _leaf(self, now_ms: int, pins: int, wanted: bool, rests: bool) -> int:
        if pins & _CLOSED or wanted or not rests:
            self._rest_ms = now_ms
        if pins & (_OPEN if wanted else _CLOSED) or (rests and not wanted):
            self._leaf_ms = now_ms
        if since(now_ms, self._rest_ms) >= FORCED_MS:
            return _FORCED
        if self.overdue(now_ms):
            return _NOT_OPENED if wanted else _NOT_CLOSED
        return 0

    def _sensors(self, now_ms: int, pins: int) -> int:
        faults = 0
        if pins & _BOTH != _BOTH:
            self._contacts_ms = now_ms
        elif since(now_ms, self._contacts_ms) >= CONTACTS_MS:
            faults |= _CONTACTS
        if bool(pins & _CHANNEL_A) == bool(pins & _CHANNEL_B):
            self._presence_ms = now_ms
        elif since(now_ms, self._presence_ms) >= PRESENCE_MS:
            faults |= _PRESENCE
        return faults
