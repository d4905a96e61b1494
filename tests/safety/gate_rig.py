"""Gates to measure: a lane with what may be wrong with it, on no wire and with a clock of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from calibration.gate.cycle import Cycle
from calibration.gate.measure import Bench, Measured, Plan
from calibration.gate.session import Time
from calibration.gate.tap import Tap
from hardware.gate import frames
from hardware.gate.bench import People
from hardware.gate.controller import Controller
from hardware.gate.driver import Gate
from hardware.gate.lane import WALKER, Lane, Walk
from hardware.gate.limits import Drive, Pin
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.model import GateModel
from hardware.port import DirectPort

SECRET = bytes.fromhex("8f1d3c5a7b9e0246813579bdf02468ac")
GATE = 7
BACKWARDS = Walk(entry=WALKER.exit, exit=WALKER.entry, presence=WALKER.presence)
UNCOVERED = Walk(entry=WALKER.entry, exit=WALKER.exit, presence=(200, 900))  # presence ends before the exit beam
_RELAY, _CLOSED, _OPEN = int(Drive.RELAY), int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN)
SOMEBODY = int(Pin.PRESENCE_A | Pin.PRESENCE_B)


class Chip:
    """A controller which, like a chip, hears one message after the other and says what it has to each millisecond,
    however seldom it is asked.  relay_ms: how much too late its relay follows."""

    def __init__(self, inner: Controller, relay_ms: int = 0) -> None:
        self._inner, self._said, self._decoder = inner, b"", frames.Decoder()
        self._late = [False] * (relay_ms + 1)

    def tick(self, now_ms: int, pins: int) -> int:
        drive = self._inner.tick(now_ms, pins)
        self._said += self._inner.exchange(b"")
        self._late = [*self._late[1:], bool(drive & _RELAY)]
        return drive & ~_RELAY | (_RELAY if self._late[0] else 0)

    def exchange(self, received: bytes) -> bytes:
        for payload in self._decoder.feed(received, 0):
            self._said += self._inner.exchange(frames.encode(payload))
        said, self._said = self._said, b""
        return said

    @property
    def memory(self) -> bytes:
        return self._inner.memory

    def close(self) -> None:
        self._inner.close()


def chips(provisioned_ms: int = 200, relay_ms: int = 0) -> Callable[[int], Chip]:
    """Starts of one commissioned gate, each with what the one before left in its memory."""
    memory = Site(GATE, 2000, provisioned_ms, SECRET).image(commissioned=True, starts=1)
    last: list[Chip] = []

    def begin(pins: int) -> Chip:
        last.append(Chip(GateModel(last[-1].memory if last else memory, pins), relay_ms))
        return last[-1]

    return begin


class LooseClosed(Lane):
    """The closed contact makes and breaks while the leaf passes by it."""

    def sensed(self) -> int:
        return super().sensed() | (_CLOSED if self.leaf_ms // 12 in (1, 3) else 0)


class LooseOpen(Lane):
    """The open contact breaks three times after the leaf has arrived."""

    def sensed(self) -> int:
        since_ms = self.now_ms - (self.opened_ms or 0)
        return super().sensed() & ~(_OPEN if self.fully_open and since_ms // 12 in (1, 3, 5) else 0)


class Binding(Lane):
    """Each opening takes 10 ms longer than the one before."""

    def advance(self, ms: int, people: Callable[[], int] = lambda: 0) -> None:
        opened_ms = self.opened_ms
        super().advance(ms, people)
        if self.opened_ms != opened_ms:
            self._travel_ms += 10
            self.leaf_ms = self._travel_ms


@dataclass
class Wire:
    """A `Device`: the lane, and the people in it, when it is read.  drop: of so many answers one is lost."""

    lane: Lane
    people: People
    drop: int = 0
    answers: int = 0

    def exchange(self, received: bytes, now_s: float) -> bytes:
        said = self.people.advance(received, round(now_s * 1000), now_s)
        self.answers += bool(said)
        return b"" if said and self.drop and self.answers % self.drop == 0 else said


class Rig:
    """walk: of everybody who passes an opening.  key: the host's."""

    def __init__(self, lane: Lane, walk: Walk | None = None, drop: int = 0, key: bytes = SECRET) -> None:
        self.lane, self.told, self.cycles = lane, list[str](), list[Cycle]()
        self._port = DirectPort(Wire(lane, People(lane, walk, lambda _: None), drop))
        tap = Tap(self._port, Key(key), GATE, lambda: self._port.now_s)
        door = Gate(tap, Key(key), GATE, 0.0, iter(range(1, 99)).__next__)
        self.at: dict[float, Callable[[], None]] = {}
        self.bench = Bench(door, tap, Time(lambda: self._port.now_s, self._sleep), self.told.append)

    @property
    def now_s(self) -> float:
        return self._port.now_s

    def stall(self, duration_s: float) -> None:
        """The host does nothing at all."""
        self._port.now_s += duration_s

    def _sleep(self, duration_s: float) -> None:
        self.stall(duration_s)
        for when_s in [when_s for when_s in self.at if when_s <= self._port.now_s]:
            self.at.pop(when_s)()

    def run(self, cycles: int = 3, *, walk: bool = False) -> Measured:
        return self.bench.run(Plan(cycles, walk), self.cycles.append)
