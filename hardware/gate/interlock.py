"""What the controller does by itself: switches, leaf, grant, faults and lights, millisecond by millisecond."""

from hardware.door import Position
from hardware.gate import limits
from hardware.gate.lamps import lit
from hardware.gate.leaf import Leaf, strapped
from hardware.gate.limits import Drive, FailMode, Faults, Pin, Refusal
from hardware.gate.mac import Key
from hardware.gate.memory import Memory, Site
from hardware.gate.passage import Passage
from hardware.gate.session import Session
from hardware.gate.supervision import Debounced, Supervision, since
from hardware.lights import Lamp

# Plain numbers: this runs every millisecond.
_ENTRY, _EXIT, _PRESENCE = int(Pin.ENTRY), int(Pin.EXIT), int(Pin.PRESENCE_A | Pin.PRESENCE_B)
_SENSED = _ENTRY | _EXIT | _PRESENCE
_CLOSED, _OPEN = int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN)
_FIRE, _RELEASE, _SERVICE = int(Pin.FIRE), int(Pin.RELEASE), int(Pin.SERVICE)
_RELAY = int(Drive.RELAY)
_NOT_CLOSED, _FORCED, STORED = int(Faults.NOT_CLOSED), int(Faults.FORCED), ~int(limits.STANDING)
_NOBODY = Site(0, limits.OPEN_MOST_MS, limits.TRAVEL_MOST_MS, bytes(16))  # not provisioned


class Interlock:
    """Runs without a word from the line; the line may only ask (`take`) and give back (`grant = 0`)."""

    def __init__(self, memory: Memory, pins: int, now_ms: int) -> None:
        self.memory = memory
        self.now_ms = now_ms
        self.pins = pins
        self._begin_site(pins)
        start = memory.begin()
        self.session = Session(start)
        self.faults |= 0 if start else int(Faults.MEMORY)
        self._stored = False  # the number of this start is in the EEPROM
        self._begin_leaf(now_ms, pins)
        self.passage = Passage()
        self._clear_ms = (now_ms - limits.CLEAR_MS) % 2**32  # nobody was sensed before the start
        self.grant = self.last_grant = self._lease_ms = 0
        self._granted_ms = self._leased_ms = now_ms
        self._watched: tuple[int, int] | None = None  # passages forward and reverse before the grant
        self._backward = 0
        self.lamp_wish, self.lamp, self._lamp_ms = Lamp.OFF, Lamp.OFF, now_ms

    def _begin_site(self, pins: int) -> None:
        self.emergency, faults = self.memory.latched()
        self.faults = int(Faults.MEMORY) if faults is None else faults
        self.fail_mode, unfit = strapped(pins)
        site = self.memory.site()
        self.site, self.key = site or _NOBODY, Key(site.key) if site else None
        self.faults |= (int(Faults.STRAPS) if unfit else 0) | (0 if site else int(Faults.UNPROVISIONED))

    def _begin_leaf(self, now_ms: int, pins: int) -> None:
        self.leaf = Leaf(now_ms, pins, hold=self.fail_mode is FailMode.HOLD)
        self._supervision = Supervision(now_ms, self.site.travel_ms)
        self._fire = Debounced(now_ms, limits.FIRE_MS, False)
        self.release = Debounced(now_ms, limits.SWITCH_MS, False)
        self._service = Debounced(now_ms, limits.SWITCH_MS, bool(pins & _SERVICE))
        self.service_mode, self._service_ms = False, now_ms

    @property
    def started(self) -> bool:
        """Whether sessions can begin: this start has a number, and the number is in the EEPROM."""
        return self._stored and self.session.epoch >> 32 != 0

    @property
    def sensed(self) -> bool:
        return self.pins & _SENSED != 0

    def step(self, now_ms: int, pins: int) -> None:
        self.now_ms, self.pins = now_ms, pins
        self._stored = self._stored or self.memory.settled
        self._sense_switches(now_ms, pins)
        self.passage.sense(now_ms, bool(pins & _ENTRY), bool(pins & _EXIT), bool(pins & _PRESENCE))
        if pins & _SENSED:
            self._clear_ms = now_ms
        if self.session.silent(now_ms):
            self.session.end()
        self._expire(now_ms)
        self._move(now_ms, pins)
        self._supervise(now_ms, pins)
        self._light(now_ms)

    def _sense_switches(self, now_ms: int, pins: int) -> None:
        self._fire.sense(now_ms, bool(pins & _FIRE))
        self.release.sense(now_ms, bool(pins & _RELEASE))
        if self._service.sense(now_ms, bool(pins & _SERVICE)):
            self.service_mode, self._service_ms = True, now_ms
            self.leaf.holding = False
            if not self._fire.on and not pins & _FIRE:
                self.emergency = False
        if not self._service.on or since(now_ms, self._service_ms) >= limits.SERVICE_MS:
            self.service_mode = False
        if self._fire.on:
            self.emergency = True

    def _barred(self) -> bool:
        return bool(self.faults) or self.emergency or self.service_mode or not self.memory.commissioned

    def _expire(self, now_ms: int) -> None:
        """What ends a grant without the host's doing."""
        over = since(now_ms, self._granted_ms) >= self.site.opens_ms
        if self.session.safe or self._barred() or over or since(now_ms, self._leased_ms) >= self._lease_ms:
            self.grant = 0

    def _move(self, now_ms: int, pins: int) -> None:
        reason = self.emergency or self.release.on or self.grant != 0
        occupied = since(now_ms, self._clear_ms) < limits.CLEAR_MS
        in_time = not self._supervision.overdue(now_ms)
        if self.leaf.move(now_ms, reason, occupied, in_time, bool(pins & _CLOSED)):
            self._supervision.turned(now_ms)
        if self.leaf.rests and self._watched is not None:
            self._settle(*self._watched)

    def _settle(self, forward: int, reverse: int) -> None:
        """The leaf is closed after a grant: did people come through the way the beams are mounted?"""
        self._watched = None
        if self.passage.forward != forward:
            self._backward = 0
        elif self.passage.reverse != reverse:
            self._backward += 1
        if self._backward >= limits.SWAPPED_GRANTS:
            self._backward = 0
            self.faults |= int(Faults.BEAMS_SWAPPED)

    def _supervise(self, now_ms: int, pins: int) -> None:
        found = self._supervision.look(now_ms, pins, self.leaf.wanted, self.leaf.rests, self._coil)
        if self.faults & _NOT_CLOSED:
            found &= ~_FORCED  # it never was closed
        if found & _NOT_CLOSED and not self.leaf.seen:
            self.leaf.rests = True
        self.faults |= found
        if self.faults:
            self.grant = 0
        self.memory.latch(self.emergency, self.faults & STORED)

    # --- lights -----------------------------------------------------------------------------------------------------

    @property
    def _coil(self) -> bool:
        return self.leaf.wanted != (self.fail_mode is FailMode.SAFE)

    def _light(self, now_ms: int) -> None:
        lamp = self._shown(now_ms)
        if lamp is not self.lamp:
            self.lamp, self._lamp_ms = lamp, now_ms

    def _shown(self, now_ms: int) -> Lamp:
        if self.emergency:
            return Lamp.EMERGENCY
        if self.alarm(now_ms):
            return Lamp.HELD  # before a fault: it sounds
        if self.faults:
            return Lamp.FAULT
        if self.session.safe or self.service_mode:
            return Lamp.SEE_AGENT
        if self.lamp_wish is Lamp.GO and not (self.grant and self.position() is Position.OPEN):
            return Lamp.LOOKING
        return self.lamp_wish

    def alarm(self, now_ms: int) -> bool:
        excused = self.emergency or self.leaf.holding
        return self.leaf.wanted and not excused and since(now_ms, self.leaf.opened_ms) >= self.site.opens_ms

    def drive(self) -> int:
        return (_RELAY if self._coil else 0) | lit(self.lamp, since(self.now_ms, self._lamp_ms))

    def position(self) -> Position:
        closed, open_ = bool(self.pins & _CLOSED), bool(self.pins & _OPEN)
        return Position.MOVING if closed == open_ else Position.OPEN if open_ else Position.CLOSED

    # --- the grant --------------------------------------------------------------------------------------------------

    def take(self, grant: int, lease_ms: int) -> Refusal:
        """A new grant."""
        if grant <= self.last_grant:
            return Refusal.GRANT
        if self._barred():
            return Refusal.BARRED
        if not (self.leaf.rests and self.pins & _CLOSED):
            return Refusal.LEAF
        self.grant = self.last_grant = grant
        self._granted_ms = self.now_ms
        self._watched = self.passage.forward, self.passage.reverse
        self.renew(lease_ms)
        return Refusal.NONE

    def renew(self, lease_ms: int) -> None:
        """The grant held is wished for again."""
        self._leased_ms, self._lease_ms = self.now_ms, min(limits.LEASE_MS, lease_ms)
