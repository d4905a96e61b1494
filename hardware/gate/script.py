"""A host that says whatever it is told to, right or wrong, to a controller of any kind in its lane."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hardware.gate import frames
from hardware.gate.controller import Controller
from hardware.gate.lane import Lane, Walk
from hardware.gate.limits import Action, Drive, Faults, Flag, Refusal
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.messages import Hello, Message, Service, Status, Want, Welcome
from hardware.lights import Lamp

LEASE_MS = 300
SITE = Site(gate=7, opens_ms=1000, travel_ms=100, key=bytes.fromhex("8d1f5e3a9b7c024466f0a1c2d3e4f597"))
READY = SITE.image(commissioned=True, starts=3)
STARTED_MS = 60  # a chip runs by then, and the number of its start is in its EEPROM
WANT_MS = 40

Begin = Callable[[bytes, int, int], Controller]


@dataclass(slots=True)
class Host:
    """Keeps count of its session like an honest host; what it is told to say may then be changed at will."""

    key: Key
    gate: int
    epoch: int = 0
    sequence: int = 0
    poll: int = 0
    nonce: int = 0
    welcome: Welcome | None = None
    status: Status | None = None
    heard: list[bytes] = field(default_factory=list)  # payloads
    decoder: frames.Decoder = field(default_factory=frames.Decoder)

    def frame(self, message: Message) -> bytes:
        return frames.encode(self.key.seal(message.pack()))

    def hello(self) -> bytes:
        self.nonce += 1
        return self.frame(Hello(self.gate, self.nonce))

    def wish(self, grant: int = 0, lamp: int = Lamp.READY, lease_ms: int = LEASE_MS) -> Want:
        self.sequence += 1
        return Want(self.gate, self.epoch, self.sequence, self.poll, grant, lease_ms, lamp)

    def want(self, grant: int = 0, lamp: int = Lamp.READY, lease_ms: int = LEASE_MS) -> bytes:
        return self.frame(self.wish(grant, lamp, lease_ms))

    def service(self, action: int = Action.RESET, technician: int = 1) -> bytes:
        self.sequence += 1
        return self.frame(Service(self.gate, self.epoch, self.sequence, self.poll, action, technician))

    def hear(self, said: bytes, now_ms: int = 0) -> None:
        """Take what a controller said, b"" if nothing; who sealed it is not looked at."""
        for payload in self.decoder.feed(said, now_ms):
            self.heard.append(payload)
            if (welcome := Welcome.unpack(payload)) is not None:
                self.welcome, self.epoch, self.poll, self.sequence = welcome, welcome.epoch, welcome.poll, 0
            elif (status := Status.unpack(payload)) is not None:
                self.status, self.poll = status, status.poll


def untimed(status: Status) -> Status:
    """As any controller says it that heard the same: the milliseconds of its clock are its own."""
    return replace(status, uptime_ms=0)


def pass_time(controller: Controller, from_ms: int, ms: int, pins: int, hears: bytes = b"") -> tuple[int, bytes]:
    """The controller hears, then ms go by, one at a time; what is driven at their end, and all that was said."""
    drive, said = 0, controller.exchange(hears)
    for passed_ms in range(1, ms + 1):
        drive = controller.tick((from_ms + passed_ms) % 2**32, pins)
        said += controller.exchange(b"")
    return drive, said


class Bench:
    """A controller in its lane, and a host that can say anything to it."""

    def __init__(self, begin: Begin, memory: bytes = READY, straps: int = 0, travel_ms: int = SITE.travel_ms) -> None:
        self._begin, self._memory = begin, memory
        self.host = Host(Key(SITE.key), SITE.gate)
        self.walk: Walk | None = None
        self._lane: Lane | None = None
        self._lane = self.lane = Lane(self._power_on, straps, travel_ms)
        self.run(STARTED_MS)

    def _power_on(self, pins: int) -> Controller:
        return self._begin(self._memory, pins, self._lane.now_ms if self._lane else 0)

    def restart(self, then_ms: int = STARTED_MS) -> None:
        """A power cut, and so much time after it."""
        self._memory = self.lane.controller.memory
        self.lane.restart()
        self.host = Host(Key(SITE.key), SITE.gate, nonce=self.host.nonce + 1000)
        self.run(then_ms)

    def close(self) -> None:
        self.lane.controller.close()

    # --- time -------------------------------------------------------------------------------------------------------

    def run(self, ms: int, says: bytes = b"") -> None:
        """The host says this and then nothing for so long."""
        self.host.hear(self.lane.controller.exchange(says))
        for _ in range(ms):
            self.lane.advance(1, self._people)
            if said := self.lane.controller.exchange(b""):
                self.host.hear(said)

    def want(self, ms: int, grant: int = 0, lamp: int = Lamp.READY) -> None:
        """The host wants the same for so long."""
        for at_ms in range(0, ms, WANT_MS):
            self.run(min(WANT_MS, ms - at_ms), self.host.want(grant, lamp))

    def until(self, happened: Callable[[], bool], within_ms: int, says: Callable[[], bytes] = lambda: b"") -> int:
        """How long it took; says: what the host repeats meanwhile."""
        for passed_ms in range(within_ms + 1):
            if happened():
                return passed_ms
            self.run(1, says() if passed_ms % WANT_MS == 0 else b"")
        raise AssertionError(f"not within {within_ms} ms: {self.host.status}, {self.lane.drive}, {self.lane.leaf_ms}")

    def _people(self) -> int:
        if self.walk is None or self.lane.opened_ms is None:
            return 0
        return self.walk.pins(self.lane.now_ms - self.lane.opened_ms)

    # --- what the host says -----------------------------------------------------------------------------------------

    def greet(self) -> None:
        """A session, and the first Want obeyed."""
        self.host.welcome = None
        self.until(lambda: self.host.welcome is not None, 300, self.host.hello)
        self.want(WANT_MS)

    def open(self, grant: int = 1) -> None:
        self.until(lambda: self.lane.fully_open, 300, lambda: self.host.want(grant, Lamp.GO))

    def say(self, message: Message) -> None:
        self.run(WANT_MS, self.host.frame(message))

    # --- what is seen -----------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        assert self.host.status is not None
        return self.host.status

    @property
    def flags(self) -> Flag:
        return Flag(self.status.flags)

    @property
    def faults(self) -> Faults:
        return Faults(self.status.faults)

    @property
    def refusal(self) -> Refusal:
        return Refusal(self.status.refusal)

    @property
    def closed(self) -> bool:
        return self.lane.leaf_ms == 0

    @property
    def told_open(self) -> bool:
        """What the relay is told, for a lock that opens when energised."""
        return bool(self.lane.drive & Drive.RELAY)

    def turn(self, pin: int, ms: int = 40) -> None:
        """Somebody turns a switch, presses or lets go a button, breaks a beam; the host goes on."""
        self.lane.pins ^= pin
        self.want(ms)
