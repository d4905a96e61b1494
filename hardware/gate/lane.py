"""What is around a controller: relay, leaf, contacts, sensors, people and everything of it that can break."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag

from hardware.gate.controller import Controller
from hardware.gate.limits import Drive, Pin

RELAY_MS = 5  # from the coil to its contacts
NONE = Pin(0)
_CLOSED, _OPEN = Pin.LEAF_CLOSED, Pin.LEAF_OPEN


class Defect(IntFlag):
    """What is broken now, any number at once."""

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

    def pins(self, since_ms: int) -> Pin:
        spans = ((Pin.ENTRY, self.entry), (Pin.EXIT, self.exit), (Pin.PRESENCE_A | Pin.PRESENCE_B, self.presence))
        return Pin(sum(pin for pin, (start, end) in spans if start <= since_ms < end))


# Somebody of 30 cm at 1 m/s, half a second after the leaf is open; beams 50 cm apart, presence 30 cm beyond each.
WALKER = Walk(entry=(500, 800), exit=(1000, 1300), presence=(200, 1600))


class Lane:
    """Drives a controller through time.  pins: what people and switches do; defects: what is broken."""

    def __init__(self, begin: Callable[[Pin], Controller], straps: Pin = NONE, travel_ms: int = 200) -> None:
        self.pins = Pin(0)
        self.defects = Defect(0)
        self.drive = Drive(0)
        self.now_ms = 0
        self.opened_ms: int | None = None  # when the leaf was last observed to arrive open
        self._begin, self._straps, self._travel_ms = begin, straps, travel_ms
        self._relay_ms = 0  # since when the relay agrees with its coil
        self.energised = False
        self.leaf_ms = 0  # how far it is open, 0..travel_ms
        self.controller = begin(self.sensed())

    @property
    def fully_open(self) -> bool:
        return self.leaf_ms >= self._travel_ms

    def restart(self) -> None:
        """A reset: the relay falls off while the controller starts."""
        self.drive = Drive(0)
        self.controller.close()
        self.controller = self._begin(self.sensed())

    def advance(self, ms: int, people: Callable[[], Pin] = lambda: NONE) -> None:
        for _ in range(ms):
            self.now_ms += 1
            self._relay()
            self._leaf()
            self.drive = self.controller.tick(self.now_ms, self.sensed() | people())

    def sensed(self) -> Pin:
        """The pins as they are now."""
        pins = self.pins | self._straps
        if self.energised and not self.defects & Defect.FEEDBACK_CUT:
            pins |= Pin.FEEDBACK
        short = self.defects & Defect.CONTACTS_SHORT
        pins |= _CLOSED if self.leaf_ms == 0 or short else Pin(0)
        pins |= _OPEN if self.fully_open or short else Pin(0)
        return pins & ~Pin.PRESENCE_A | Pin.PRESENCE_B if self.defects & Defect.PRESENCE_CUT else pins

    def _relay(self) -> None:
        coil = bool(self.drive & Drive.RELAY)
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
        opens = self.energised != bool(self._straps & Pin.FAIL_SAFE)
        if self.defects & Defect.LEAF_FORCED:
            self.leaf_ms = self._travel_ms // 2
        else:
            self.leaf_ms = min(self._travel_ms, max(0, self.leaf_ms + (1 if opens else -1)))
        if self.fully_open and not before:
            self.opened_ms = self.now_ms
