"""What is around a controller: relay, leaf, contacts, sensors, people and everything of it that can break."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from hardware.gate.controller import Controller
from hardware.gate.limits import Drive, Pin

RELAY_MS = 5  # from the coil to its contacts
# Plain numbers: this runs every millisecond.
_CLOSED, _OPEN, _FEEDBACK = int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN), int(Pin.FEEDBACK)
_CHANNEL_A, _CHANNEL_B = int(Pin.PRESENCE_A), int(Pin.PRESENCE_B)
_PRESENCE, _RELAY, _FAIL_SAFE = _CHANNEL_A | _CHANNEL_B, int(Drive.RELAY), int(Pin.FAIL_SAFE)


class Defect(IntEnum):
    """What can be broken, as bits: any number at once."""

    RELAY_WELDED = 1
    RELAY_DEAD = 2
    FEEDBACK_CUT = 4
    LEAF_STUCK = 8  # does not move any more
    LEAF_FORCED = 16  # somebody pushes it half open
    CONTACTS_SHORT = 32
    PRESENCE_CUT = 64  # one channel only


@dataclass(frozen=True, slots=True)
class Walk:
    """When each sensor is broken, as (from, to) in milliseconds since the leaf was open; the exit beam's are later."""

    entry: tuple[int, int]
    exit: tuple[int, int]
    presence: tuple[int, int]

    def pins(self, since_ms: int) -> int:
        spans = ((int(Pin.ENTRY), self.entry), (int(Pin.EXIT), self.exit), (_PRESENCE, self.presence))
        return sum(pin for pin, (start, end) in spans if start <= since_ms < end)


# Somebody of 30 cm at 1 m/s, half a second after the leaf is open; beams 50 cm apart, presence 30 cm beyond each.
WALKER = Walk(entry=(500, 800), exit=(1000, 1300), presence=(200, 1600))


class Lane:
    """Drives a controller through time.  pins: what people and switches do; defects: what is broken."""

    def __init__(self, begin: Callable[[int], Controller], straps: int = 0, travel_ms: int = 200) -> None:
        self.pins = 0
        self.defects = 0
        self.drive = 0
        self.now_ms = 0
        self.opened_ms: int | None = None  # when the leaf was last observed to arrive open
        self._begin, self._straps, self._travel_ms = begin, int(straps), travel_ms
        self._relay_ms = 0  # since when the relay agrees with its coil
        self.energised = False
        self.leaf_ms = 0  # how far it is open, 0..travel_ms
        self.controller = begin(self.sensed())

    @property
    def fully_open(self) -> bool:
        return self.leaf_ms >= self._travel_ms

    def restart(self) -> None:
        """A reset: the relay falls off while the controller starts."""
        self.drive = 0
        self.controller.close()
        self.controller = self._begin(self.sensed())

    def advance(self, ms: int, people: Callable[[], int] = lambda: 0) -> None:
        for _ in range(ms):
            self.now_ms += 1
            self._relay()
            self._leaf()
            self.drive = self.controller.tick(self.now_ms, self.sensed() | people())

    def sensed(self) -> int:
        """The pins as they are now."""
        pins = int(self.pins) | self._straps
        if self.energised and not self.defects & Defect.FEEDBACK_CUT:
            pins |= _FEEDBACK
        short = self.defects & Defect.CONTACTS_SHORT
        pins |= _CLOSED if self.leaf_ms == 0 or short else 0
        pins |= _OPEN if self.fully_open or short else 0
        return pins & ~_CHANNEL_A | _CHANNEL_B if self.defects & Defect.PRESENCE_CUT else pins

    def _relay(self) -> None:
        coil = bool(self.drive & _RELAY)
        if coil == self.energised:
            self._relay_ms = self.now_ms
        elif self.now_ms - self._relay_ms >= RELAY_MS:
            self.energised = coil
        if self.defects & Defect.RELAY_WELDED:
            self.energised = True
        elif self.defects & Defect.RELAY_DEAD:
            self.energised = False

    def _leaf(self) -> None:
        if self.defects & Defect.LEAF_STUCK:
            return
        before = self.fully_open
        opens = self.energised != bool(self._straps & _FAIL_SAFE)
        if self.defects & Defect.LEAF_FORCED:
            self.leaf_ms = self._travel_ms // 2
        else:
            self.leaf_ms = min(self._travel_ms, max(0, self.leaf_ms + (1 if opens else -1)))
        if self.fully_open and not before:
            self.opened_ms = self.now_ms
