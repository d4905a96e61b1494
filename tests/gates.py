"""A gate's controller of any kind in a lane, and who speaks to it, all in simulated time."""

from collections.abc import Callable
from dataclasses import dataclass

from hardware.gate.controller import Controller
from hardware.gate.driver import Gate
from hardware.gate.lane import WALKER, Lane, Walk
from hardware.gate.limits import Drive, Faults, Flag, Pin, Refusal
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.messages import Message, Status
from hardware.gate.model import GateModel
from hardware.gate.native import Native
from hardware.gate.script import Host
from hardware.gate.simulator import Simulator
from hardware.lights import Lamp

SITE = Site(gate=7, opens_ms=1000, travel_ms=100, key=bytes.fromhex("8d1f5e3a9b7c024466f0a1c2d3e4f597"))
READY = SITE.image(commissioned=True, starts=3)
LONG = Site(SITE.gate, 10_000, SITE.travel_ms, SITE.key).image(commissioned=True)  # longest opening
STARTED_MS = 60  # a chip runs by then, and the number of its start is in its EEPROM
WANT_MS = 40
PERSON = int(Pin.PRESENCE_A | Pin.PRESENCE_B)
WRAP_MS = 2**32 - 900

Begin = Callable[[bytes, int, int], Controller]


@dataclass(frozen=True, slots=True)
class Late:
    """A controller whose clock is not at 0 when it starts."""

    controller: Controller

    def tick(self, now_ms: int, pins: int) -> int:
        return self.controller.tick((now_ms + WRAP_MS) % 2**32, pins)

    def exchange(self, received: bytes) -> bytes:
        return self.controller.exchange(received)

    @property
    def memory(self) -> bytes:
        return self.controller.memory

    def close(self) -> None:
        self.controller.close()


KINDS: dict[str, Begin] = {"model": GateModel, "native": Native, "firmware": Simulator}
WRAPPING: dict[str, Begin] = {
    "model over the wrap": lambda memory, pins, now_ms: Late(GateModel(memory, pins, (now_ms + WRAP_MS) % 2**32)),
    "native over the wrap": lambda memory, pins, now_ms: Late(Native(memory, pins, (now_ms + WRAP_MS) % 2**32)),
}


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
            self.host.hear(self.lane.controller.exchange(b""))

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


class Wire:
    """A line between a driver and whatever answers; what it does to the bytes of each direction can be changed."""

    def __init__(self) -> None:
        self.sent = b""
        self.came = b""
        self.echoes = False
        self.to_controller: Callable[[bytes], bytes] = lambda sent: sent
        self.to_host: Callable[[bytes], bytes] = lambda said: said

    def write(self, data: bytes) -> None:
        self.sent += self.to_controller(data)
        self.came += data if self.echoes else b""

    def read(self) -> bytes:
        came, self.came = self.came, b""
        return came

    def close(self) -> None:
        self.sent = self.came = b""

    def record(self) -> list[bytes]:
        """What is said to the host from now on, as it passes."""
        passed: list[bytes] = []

        def keep(said: bytes) -> bytes:
            passed.append(said)
            return said

        self.to_host = keep
        return passed

    def carry(self, controller: Controller) -> None:
        sent, self.sent = self.sent, b""
        self.came += self.to_host(controller.exchange(sent))


class Driven:
    """A controller in its lane, and the real driver, which polls as the brain does."""

    def __init__(self, begin: Begin, memory: bytes = READY, key: bytes = SITE.key, gate: int = SITE.gate) -> None:
        self.lane = Lane(lambda pins: begin(memory, pins, 0), travel_ms=SITE.travel_ms)
        self.wire = Wire()
        self._nonces = 0
        self.gate = Gate(self.wire, Key(key), gate, 0.0, self._nonce)
        self.walk: Walk | None = WALKER

    def _nonce(self) -> int:
        self._nonces += 1
        return self._nonces

    @property
    def now_s(self) -> float:
        return self.lane.now_ms / 1000

    def run(self, ms: int, *, poll_ms: int = 50) -> None:
        for _ in range(ms // poll_ms):
            self.gate.poll(self.now_s)
            self.pass_time(poll_ms)
        self.gate.listen(self.now_s)

    def pass_time(self, ms: int) -> None:
        """Without a word from the host."""
        for _ in range(ms):
            self.wire.carry(self.lane.controller)
            self.lane.advance(1, self._people)
        self.wire.carry(self.lane.controller)

    def _people(self) -> int:
        if self.walk is None or self.lane.opened_ms is None:
            return 0
        return self.walk.pins(self.lane.now_ms - self.lane.opened_ms)

    @property
    def codes(self) -> set[str]:
        state = self.gate.state
        return {fault.code for fault in state.faults} if state else set()

    def close(self) -> None:
        self.lane.controller.close()
