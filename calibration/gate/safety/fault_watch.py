"""Command and feedback disagree: what must be latched by now, and stay so until a technician's reset: G8."""

from calibration.gate.safety.leaf_watch import LeafWatch
from calibration.gate.safety.terms import (
    CONTACTS_MS,
    DURABLE_MS,
    FEEDBACK_MS,
    FORCED_MS,
    MARGIN_MS,
    PRESENCE_MS,
    Terms,
)
from hardware.gate.limits import Drive, Faults, Pin

_FEEDBACK, _CLOSED, _OPEN = int(Pin.FEEDBACK), int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN)
_A, _B, _RELAY = int(Pin.PRESENCE_A), int(Pin.PRESENCE_B), int(Drive.RELAY)
_BOTH = _CLOSED | _OPEN
_RELAY_FAULTS = int(Faults.RELAY_STUCK | Faults.RELAY_DEAD | Faults.FEEDBACK_CUT)
# Any one bit of a kind satisfies it.
KINDS = {
    "relay": (_RELAY_FAULTS, FEEDBACK_MS),
    "contacts": (int(Faults.CONTACTS), CONTACTS_MS),
    "presence": (int(Faults.PRESENCE), PRESENCE_MS),
    "forced": (int(Faults.FORCED | Faults.NOT_CLOSED), FORCED_MS),
    "not opened": (int(Faults.NOT_OPENED), 0),  # and its travel time
    "not closed": (int(Faults.NOT_CLOSED), 0),
}


class FaultWatch:
    """due: kinds that must be latched, since when.  began: kinds that can be observed now, since when."""

    def __init__(self, terms: Terms, leaf: LeafWatch) -> None:
        self._leaf, self._late_ms = leaf, terms.late_ms
        self._travel_ms = terms.travel_ms + MARGIN_MS
        self.due: dict[str, int] = {}
        self.began: dict[str, int] = {}
        self._state = -1
        self._turned = False

    def start(self, now_ms: int) -> None:
        self.due = {kind: at_ms for kind, at_ms in self.due.items() if now_ms - at_ms > DURABLE_MS}
        self.began.clear()
        self._state = -1
        self._turned = False

    def reset(self) -> None:
        """A technician's reset counted: what is still wrong is due again."""
        self.due.clear()

    def look(self, now_ms: int, pins: int, drive: int) -> None:
        state = (
            pins & (_FEEDBACK | _BOTH | _A | _B)
            | (drive & _RELAY) << 16
            | self._leaf.rests << 18
            | self._leaf.open << 19
        )
        if state != self._state:
            self._changed(now_ms, pins, drive)
            self._state = state
        if self.began:
            self._fall_due(now_ms)

    def _changed(self, now_ms: int, pins: int, drive: int) -> None:
        open_, rests = self._leaf.open, self._leaf.rests
        if open_ != self._turned:  # told to move anew: its time begins
            self.began.pop("not opened", None), self.began.pop("not closed", None)
            self._turned = open_
        now = {
            "relay": bool(pins & _FEEDBACK) != bool(drive & _RELAY),
            "contacts": pins & _BOTH == _BOTH,
            "presence": bool(pins & _A) != bool(pins & _B),
            "forced": not open_ and rests and not pins & _CLOSED,
            "not opened": open_ and not pins & _OPEN,
            "not closed": not open_ and not rests and not pins & _CLOSED,
        }
        for kind, is_so in now.items():
            if is_so:
                self.began.setdefault(kind, now_ms)
            else:
                self.began.pop(kind, None)

    def _fall_due(self, now_ms: int) -> None:
        for kind, began_ms in self.began.items():
            allowed_ms = KINDS[kind][1] or self._travel_ms
            if kind not in self.due and now_ms - began_ms > allowed_ms + 2 + self._late_ms:
                self.due[kind] = now_ms

    def missing(self, now_ms: int, faults: int) -> list[str]:
        """Kinds that should be latched and are not said to be."""
        slack_ms = 3 * self._late_ms
        return [kind for kind, at_ms in self.due.items() if now_ms - at_ms > slack_ms and not faults & KINDS[kind][0]]
