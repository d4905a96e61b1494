"""A gate, its host and everything between them that can go wrong, in simulated time, under the observer's eyes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from calibration.gate.safety.controllers import SECRET, SITE, Begin
from calibration.gate.safety.forgery import Moment, forge
from calibration.gate.safety.observer import Observer, Watched
from calibration.gate.safety.terms import Terms
from hardware.errors import LinkSilent
from hardware.gate import frames
from hardware.gate.controller import Controller
from hardware.gate.driver import Gate
from hardware.gate.lane import Defect, Lane, Walk
from hardware.gate.limits import Action, Pin
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.messages import HEAD, Want
from hardware.lights import Lamp

PRESENCE = Pin.PRESENCE_A | Pin.PRESENCE_B
BYTE_MS = 1 / 11.52
QUICK_MS = 20  # between two polls while somebody passes
REPAIR_MS = 600  # until every timer of a fault has seen that its cause is gone


class NeverReady(AssertionError):
    """The gate stays barred: the trial cannot begin."""


@dataclass
class Wire:
    """The host's `Port`, and what an attacker on the line can do with it."""

    to_gate: bytes = b""
    to_host: bytes = b""
    captured: list[bytes] = field(default_factory=list)
    listeners: list[Callable[[bytes], None]] = field(default_factory=list)  # of what the controller says
    held: bytes = b""
    tampers: Callable[[bytes], bytes] | None = None  # of the next write only
    deaf: bool = False  # what the controller says now is lost

    def write(self, data: bytes) -> None:
        self.captured.append(data)
        if len(self.captured) > 400:
            del self.captured[:200:2]  # old ones stay in the pool as well as new ones
        tampers, self.tampers = self.tampers, None
        self.to_gate += tampers(data) if tampers else data

    def read(self) -> bytes:
        arrived, self.to_host = self.to_host, b""
        return arrived

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One gate as installed.  late_ms: `Terms.late_ms`."""

    straps: int = 0
    commissioned: bool = True
    site: Site = SITE
    late_ms: int = 0

    @property
    def terms(self) -> Terms:
        safe, hold = bool(self.straps & Pin.FAIL_SAFE), bool(self.straps & Pin.HOLD)
        site = self.site
        return Terms(SECRET, site.gate, site.opens_ms, site.travel_ms, safe, hold, self.late_ms)


class World:
    def __init__(self, begin: Begin, setting: Setting = Setting()) -> None:
        self._begin, self.setting = begin, setting
        self.observer = Observer(setting.terms, commissioned=setting.commissioned)
        self._memory = setting.site.image(commissioned=setting.commissioned)
        self._nonces = count(1)
        self._walks: list[tuple[int, Walk]] = []
        self.wire = Wire()
        self.lane: Lane | None = None
        self.lane = Lane(self._start, setting.straps, setting.site.travel_ms)
        self.host = self._new_host()
        self.steps = 0
        self._granted_ms = -1000

    def _start(self, pins: int) -> Controller:
        now_ms = self.now_ms
        self.observer.started(now_ms, pins)
        byte_ms = BYTE_MS if self.setting.late_ms else 0.0
        return Watched(self._begin(self._memory, pins, now_ms), self.observer, now_ms, byte_ms)

    @property
    def now_ms(self) -> int:
        return self.lane.now_ms if self.lane else 0

    @property
    def gate(self) -> Lane:
        assert self.lane is not None
        return self.lane

    def close(self) -> None:
        self.gate.controller.close()

    # --- time -------------------------------------------------------------------------------------------------------

    def advance(self, ms: int) -> None:
        """Let time pass, byte by byte and millisecond by millisecond."""
        lane, wire = self.gate, self.wire
        people = self._people if self._walks else _nobody
        for _ in range(ms):
            lane.advance(1, people)
            received, wire.to_gate = wire.to_gate, b""
            said = lane.controller.exchange(received)
            if said:
                for listener in wire.listeners:
                    listener(said)
                wire.to_host += b"" if wire.deaf else said
        self._walks = [walk for walk in self._walks if self.now_ms - walk[0] < 10_000]

    def _people(self) -> int:
        now_ms = self.now_ms
        pins = 0
        for since_ms, walk in self._walks:
            pins |= walk.pins(now_ms - since_ms)
        return pins

    # --- the host ---------------------------------------------------------------------------------------------------

    def _new_host(self) -> Gate:
        self.wire.to_host = b""
        return Gate(self.wire, Key(SECRET), self.setting.site.gate, self.now_ms / 1000, lambda: next(self._nonces))

    def restart_host(self) -> None:
        self.host = self._new_host()

    def poll(self) -> None:
        """One beat of the host's loop."""
        try:
            self.host.poll(self.now_ms / 1000)
        except LinkSilent:
            self.restart_host()

    def converse(self, ms: int, every_ms: int = QUICK_MS) -> None:
        """The host beats for so long."""
        for _ in range(max(1, ms // every_ms)):
            self.poll()
            self.advance(every_ms)

    def settle(self) -> None:
        """Go on until a grant would open.  Raises NeverReady."""
        for _ in range(200):
            state = self.host.state
            if state is not None and state.ready and self.observer.leaf.rests and not self.observer.leaf.open:
                return
            self.converse(2 * QUICK_MS)
        raise NeverReady(f"no grant possible after 8 s: {self.host.state}")

    def open(self) -> bool:
        """Decide, and go on until the leaf is commanded open, or for 200 ms."""
        self.settle()
        if not self.grant():
            return False
        for _ in range(10):
            self.converse(QUICK_MS)
            if self.observer.leaf.open:
                return True
        return False

    def grant(self) -> bool:
        """One decision.  Where time is not exact, none follows another so quickly that they could be confused."""
        if self.now_ms - self._granted_ms <= 2 * self.setting.late_ms:
            return False
        number, welcome = self.host.grant(), self.host.welcome
        if number is None or welcome is None:
            return False
        self._granted_ms = self.now_ms
        self.observer.decided(welcome.epoch, number)
        return True

    def service(self, action: Action) -> None:
        self.host.serve(action, 7)

    def light(self, lamp: Lamp) -> None:
        self.host.light(lamp)

    # --- the gate and the people at it ------------------------------------------------------------------------------

    def press(self, pin: Pin) -> None:
        """Press, release, break or clear it."""
        self.gate.pins ^= int(pin)

    def walk(self, walk: Walk) -> None:
        """Somebody goes through as if the leaf had opened now, whatever it does."""
        self._walks.append((self.now_ms, walk))

    def breaks(self, defect: Defect) -> None:
        self.gate.defects ^= int(defect)

    def reset(self) -> None:
        """Power off and on, with the EEPROM as it is in this moment."""
        self._memory = self.gate.controller.memory
        self.gate.restart()

    def repair(self) -> None:
        """Everything whole, nobody there, and a technician resets faults and emergency."""
        self.gate.pins = self.gate.defects = 0
        self._walks.clear()
        self.wire.deaf = False
        self.converse(REPAIR_MS)
        self.gate.pins = int(Pin.SERVICE)
        self.converse(100)
        for action in Action:
            self.service(action)
            self.converse(2 * QUICK_MS)
        self.gate.pins = 0
        self.converse(REPAIR_MS)

    # --- the line ---------------------------------------------------------------------------------------------------

    def inject(self, data: bytes) -> None:
        self.wire.to_gate += data

    def replay(self, rng: random.Random) -> None:
        if self.wire.captured:
            self.inject(rng.choice(self.wire.captured))

    def foreign(self, rng: random.Random) -> None:
        """A frame of another gate under the same key, or of this gate under another key."""
        if not self.wire.captured:
            return
        payload = rng.choice(self.wire.captured)[2:-2]
        if rng.random() < 0.5:
            kind, version, gate = HEAD.unpack_from(payload)
            other = HEAD.pack(kind, version, gate ^ 1) + payload[HEAD.size : -8]
            self.inject(frames.encode(Key(SECRET).seal(other)))
        else:
            self.inject(frames.encode(Key(bytes(range(40, 56))).seal(payload[:-8])))

    def moment(self) -> Moment | None:
        """What a Want would have to say now; None without a session."""
        welcome, status, authority = self.host.welcome, self.host.status, self.observer.authority
        if welcome is None or status is None:
            return None
        gate = self.setting.site.gate
        opened, sequence = max(authority.opened, status.last_grant), max(authority.sequence, status.sequence)
        want = Want(gate, welcome.epoch, sequence + 1, status.poll, opened + 1, 500, Lamp.GO)
        return Moment(want, authority.stale_poll(self.now_ms), opened, sequence)

    def sealed(self, want: Want) -> bytes:
        """As the host would send it."""
        return frames.encode(Key(SECRET).seal(want.pack()))

    def forge(self, rng: random.Random) -> None:
        """A frame that must not open; of a gate that must take no grant also one with nothing wrong in it."""
        if (moment := self.moment()) is None:
            return
        barred_ms = self.observer.leaf.barred_ms
        if barred_ms is not None and self.now_ms - barred_ms > 2 * self.setting.late_ms and rng.random() < 0.5:
            self.inject(self.sealed(moment.newest))
        else:
            self.inject(forge(moment, Key(SECRET), rng))

    def reorder(self) -> None:
        """Hold the next write back, or let out what was held."""
        if self.wire.held:
            self.inject(self.wire.held)
            self.wire.held = b""
        else:
            self.wire.tampers = self._hold

    def _hold(self, data: bytes) -> bytes:
        self.wire.held = data
        return b""


def _nobody() -> int:
    return 0
