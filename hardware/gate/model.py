"""The gate controller as `PROTOCOL.md` wants it: the oracle of its firmware, millisecond by millisecond."""

from hardware.door import Position
from hardware.gate import frames, limits
from hardware.gate.lamps import lit
from hardware.gate.leaf import Leaf, strapped
from hardware.gate.limits import Action, Drive, FailMode, Faults, Flag, Pin, Refusal
from hardware.gate.mac import Key
from hardware.gate.memory import Memory, Site
from hardware.gate.messages import FROM_HOST, HEAD, Hello, Service, Status, Want, Welcome
from hardware.gate.passage import Passage
from hardware.gate.session import Session
from hardware.gate.supervision import Debounced, Supervision, since
from hardware.lights import WISHES, Lamp

# Plain numbers: this runs every millisecond.
_ENTRY, _EXIT, _PRESENCE = int(Pin.ENTRY), int(Pin.EXIT), int(Pin.PRESENCE_A | Pin.PRESENCE_B)
_SENSED = _ENTRY | _EXIT | _PRESENCE
_CLOSED, _OPEN = int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN)
_FIRE, _RELEASE, _SERVICE = int(Pin.FIRE), int(Pin.RELEASE), int(Pin.SERVICE)
_RELAY = int(Drive.RELAY)
_PRESENT, _SAFE, _ALARM, _EMERGENCY, _RELEASED, _IN_SERVICE, _COMMISSIONED, _GRANTED = map(int, Flag)
_NOT_CLOSED, _FORCED, _STORED = int(Faults.NOT_CLOSED), int(Faults.FORCED), ~int(limits.STANDING)
_NOBODY = Site(0, limits.OPEN_MOST_MS, limits.TRAVEL_MOST_MS, bytes(16))  # not provisioned


class GateModel:
    """Deterministic: the same memory, pins, bytes and times give the same gate."""

    def __init__(self, memory: bytes, pins: int, now_ms: int = 0) -> None:
        self._memory = Memory(memory)
        self._now_ms = self._started_ms = self._stored_ms = now_ms
        self._pins = pins
        self._decoder = frames.Decoder()
        self._begin_site(pins)
        start = self._memory.begin()
        self._session = Session(start)
        self._faults |= 0 if start else int(Faults.MEMORY)
        self._started = False  # the number of this start is in the EEPROM
        self._begin_leaf(now_ms, pins)
        self._passage = Passage()
        self._clear_ms = now_ms
        self._grant = self._last_grant = self._lease_ms = 0
        self._granted_ms = self._leased_ms = now_ms
        self._watched: tuple[int, int] | None = None  # passages forward and reverse before the grant
        self._backward = 0
        self._lamp_wish, self._lamp, self._lamp_ms = Lamp.OFF, Lamp.OFF, now_ms
        self._refusal = Refusal.NONE
        self._nonce: int | None = None
        self._answer = True
        self._said: Status | None = None
        self._said_ms = now_ms

    def _begin_site(self, pins: int) -> None:
        latched = self._memory.latched()
        self._emergency = latched is not None and latched[0]
        self._faults = int(Faults.MEMORY) if latched is None else latched[1]
        self._fail_mode, unfit = strapped(pins)
        site = self._memory.site()
        self._site, self._key = site or _NOBODY, Key(site.key) if site else None
        self._faults |= (int(Faults.STRAPS) if unfit else 0) | (0 if site else int(Faults.UNPROVISIONED))

    def _begin_leaf(self, now_ms: int, pins: int) -> None:
        self._leaf = Leaf(now_ms, pins, hold=self._fail_mode is FailMode.HOLD)
        self._supervision = Supervision(now_ms, self._site.travel_ms)
        self._fire = Debounced(now_ms, limits.FIRE_MS, False)
        self._release = Debounced(now_ms, limits.SWITCH_MS, False)
        self._service = Debounced(now_ms, limits.SWITCH_MS, bool(pins & _SERVICE))
        self._service_mode, self._service_ms = False, now_ms

    # --- the seam ---------------------------------------------------------------------------------------------------

    @property
    def memory(self) -> bytes:
        return self._memory.stored

    def tick(self, now_ms: int, pins: int) -> int:
        pins = int(pins)
        while self._now_ms != now_ms:
            self._now_ms = (self._now_ms + 1) % 2**32
            self._step(self._now_ms, pins)
            if since(self._now_ms, self._stored_ms) >= limits.STORE_MS and self._memory.store():
                self._stored_ms = self._now_ms
        return self._drive()

    def exchange(self, received: bytes) -> bytes:
        for payload in self._decoder.feed(received, self._now_ms):
            self._refusal = self._hear(payload)
        return b"".join(frames.encode(payload) for payload in iter(self._say, b""))

    def close(self) -> None:
        """Nothing is held."""

    # --- one millisecond --------------------------------------------------------------------------------------------

    def _step(self, now_ms: int, pins: int) -> None:
        self._pins = pins
        self._started = self._started or self._memory.settled
        self._sense_switches(now_ms, pins)
        self._passage.sense(now_ms, bool(pins & _ENTRY), bool(pins & _EXIT), bool(pins & _PRESENCE))
        if pins & _SENSED:
            self._clear_ms = now_ms
        if self._session.silent(now_ms):
            self._session.end()
        self._expire(now_ms)
        self._move(now_ms, pins)
        self._supervise(now_ms, pins)
        self._light(now_ms)

    def _sense_switches(self, now_ms: int, pins: int) -> None:
        self._fire.sense(now_ms, bool(pins & _FIRE))
        self._release.sense(now_ms, bool(pins & _RELEASE))
        if self._service.sense(now_ms, bool(pins & _SERVICE)):
            self._service_mode, self._service_ms = True, now_ms
            self._leaf.holding = False
            if not self._fire.on and not pins & _FIRE:
                self._emergency = False
        if not self._service.on or since(now_ms, self._service_ms) >= limits.SERVICE_MS:
            self._service_mode = False
        if self._fire.on:
            self._emergency = True

    def _barred(self) -> bool:
        return bool(self._faults) or self._emergency or self._service_mode or not self._memory.commissioned

    def _expire(self, now_ms: int) -> None:
        """What ends a grant without the host's doing."""
        over = since(now_ms, self._granted_ms) >= self._site.opens_ms
        if self._session.safe or self._barred() or over or since(now_ms, self._leased_ms) >= self._lease_ms:
            self._grant = 0

    def _move(self, now_ms: int, pins: int) -> None:
        reason = self._emergency or self._release.on or self._grant != 0
        occupied = since(now_ms, self._clear_ms) < limits.CLEAR_MS
        in_time = not self._supervision.overdue(now_ms)
        if self._leaf.move(now_ms, reason, occupied, in_time, bool(pins & _CLOSED)):
            self._supervision.turned(now_ms)
        if self._leaf.rests and self._watched is not None:
            self._settle(*self._watched)

    def _settle(self, forward: int, reverse: int) -> None:
        """The leaf is closed after a grant: did people come through the way the beams are mounted?"""
        self._watched = None
        if self._passage.forward != forward:
            self._backward = 0
        elif self._passage.reverse != reverse:
            self._backward += 1
        if self._backward >= limits.SWAPPED_GRANTS:
            self._backward = 0
            self._faults |= int(Faults.BEAMS_SWAPPED)

    def _supervise(self, now_ms: int, pins: int) -> None:
        found = self._supervision.look(now_ms, pins, self._leaf.wanted, self._leaf.rests, self._coil)
        if self._faults & _NOT_CLOSED:
            found &= ~_FORCED  # it never was closed
        if found & _NOT_CLOSED:
            self._leaf.rests = True
        self._faults |= found
        if self._faults:
            self._grant = 0
        self._memory.latch(self._emergency, self._faults & _STORED)

    # --- lights -----------------------------------------------------------------------------------------------------

    @property
    def _coil(self) -> bool:
        return self._leaf.wanted != (self._fail_mode is FailMode.SAFE)

    def _light(self, now_ms: int) -> None:
        lamp = self._shown(now_ms)
        if lamp is not self._lamp:
            self._lamp, self._lamp_ms = lamp, now_ms

    def _shown(self, now_ms: int) -> Lamp:
        if self._emergency:
            return Lamp.EMERGENCY
        if self._faults:
            return Lamp.FAULT
        if self._alarm(now_ms):
            return Lamp.HELD
        if self._session.safe or self._service_mode:
            return Lamp.SEE_AGENT
        if self._lamp_wish is Lamp.GO and not (self._grant and self._position() is Position.OPEN):
            return Lamp.LOOKING
        return self._lamp_wish

    def _alarm(self, now_ms: int) -> bool:
        excused = self._emergency or self._release.on or self._leaf.holding
        return self._leaf.wanted and not excused and since(now_ms, self._leaf.opened_ms) >= self._site.opens_ms

    def _drive(self) -> int:
        return (_RELAY if self._coil else 0) | lit(self._lamp, since(self._now_ms, self._lamp_ms))

    def _position(self) -> Position:
        closed, open_ = bool(self._pins & _CLOSED), bool(self._pins & _OPEN)
        return Position.MOVING if closed == open_ else Position.OPEN if open_ else Position.CLOSED

    # --- the line ---------------------------------------------------------------------------------------------------

    def _hear(self, payload: bytes) -> Refusal:
        if len(payload) < HEAD.size + limits.MAC_SIZE:
            return Refusal.MALFORMED
        _, version, gate = HEAD.unpack_from(payload)
        if version != limits.VERSION:
            return Refusal.VERSION
        if gate != self._site.gate:
            return Refusal.GATE
        if self._key is None or not self._key.verifies(payload):
            return Refusal.MAC
        match next((message for kind in FROM_HOST if (message := kind.unpack(payload))), None):
            case Hello(_, nonce):
                return self._greet(nonce)
            case Want() as want:
                return self._obey(want)
            case Service() as service:
                return self._serve(service)
        return Refusal.MALFORMED

    def _greet(self, nonce: int) -> Refusal:
        if not self._started or self._session.epoch >> 32 == 0:
            return Refusal.BARRED
        self._session.greet()
        self._grant, self._nonce = 0, nonce
        return Refusal.NONE

    def _obey(self, want: Want) -> Refusal:
        self._answer = True
        if refusal := self._session.refusal(want, self._now_ms):
            return refusal
        if want.lamp not in WISHES:
            return Refusal.MALFORMED
        self._session.hear(self._now_ms)
        self._session.sequence = want.sequence
        self._lamp_wish, self._leaf.holding = Lamp(want.lamp), False
        return self._wish(want)

    def _wish(self, want: Want) -> Refusal:
        if want.grant != self._grant or want.lease_ms == 0:
            self._grant = 0
            if want.grant == 0 or want.lease_ms == 0:
                return Refusal.NONE
            if want.grant <= self._last_grant:
                return Refusal.GRANT
            if self._barred():
                return Refusal.BARRED
            if not (self._leaf.rests and self._pins & _CLOSED):
                return Refusal.LEAF
            self._grant = self._last_grant = want.grant
            self._granted_ms = self._now_ms
            self._watched = self._passage.forward, self._passage.reverse
        self._leased_ms, self._lease_ms = self._now_ms, min(limits.LEASE_MS, want.lease_ms)
        return Refusal.NONE

    def _serve(self, service: Service) -> Refusal:
        self._answer = True
        if refusal := self._session.refusal(service, self._now_ms):
            return refusal
        if service.technician == 0 or service.action not in frozenset(Action):
            return Refusal.MALFORMED
        self._session.sequence = service.sequence
        if not self._service_mode:
            return Refusal.SERVICE
        if service.action == Action.COMMISSION:
            self._memory.commission()
        else:
            self._faults &= ~_STORED
        return Refusal.NONE

    def _say(self) -> bytes:
        """The next payload for the line, b"" if there is none now."""
        if self._nonce is not None:
            nonce, self._nonce = self._nonce, None
            poll = self._session.issue(self._now_ms)
            site = (int(self._fail_mode), self._site.opens_ms // 100, self._site.travel_ms // 10)
            return self._seal(
                Welcome(self._site.gate, self._session.epoch, poll, nonce, *limits.FIRMWARE, *site).pack()
            )
        content = self._status(0, 0)
        quiet_ms = since(self._now_ms, self._said_ms)
        changed = quiet_ms >= limits.CHANGE_MS and content != self._said
        if not (self._answer or changed or quiet_ms >= limits.BEACON_MS):
            return b""
        self._answer, self._said, self._said_ms = False, content, self._now_ms
        return self._seal(self._status(self._session.issue(self._now_ms), since(self._now_ms, self._started_ms)).pack())

    def _status(self, poll: int, uptime_ms: int) -> Status:
        counts = (self._passage.forward, self._passage.reverse, self._passage.doubtful)
        session, shown = self._session, (self._position(), self._lamp, self._flags())
        heard = (session.epoch, session.sequence, poll, self._last_grant)
        return Status(self._site.gate, *heard, *shown, self._faults, self._refusal, *counts, uptime_ms)

    def _flags(self) -> int:
        flags = (
            (_PRESENT, self._pins & _SENSED),
            (_SAFE, self._session.safe),
            (_ALARM, self._alarm(self._now_ms)),
            (_EMERGENCY, self._emergency),
            (_RELEASED, self._release.on),
            (_IN_SERVICE, self._service_mode),
            (_COMMISSIONED, self._memory.commissioned),
            (_GRANTED, self._grant),
        )
        return sum(flag for flag, is_so in flags if is_so)

    def _seal(self, body: bytes) -> bytes:
        return self._key.seal(body) if self._key else body + bytes(limits.MAC_SIZE)
