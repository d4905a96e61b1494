"""A gate's controller of any kind in a lane, and who speaks to it, all in simulated time."""

from collections.abc import Callable

from hardware.gate.controller import Controller
from hardware.gate.driver import Gate
from hardware.gate.lane import WALKER, Lane, Walk
from hardware.gate.limits import Pin
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.model import GateModel
from hardware.gate.mutants.tape import Shifted
from hardware.gate.native import Native
from hardware.gate.script import READY, SITE, Begin
from hardware.gate.simulator import Simulator

LONG = Site(SITE.gate, 10_000, SITE.travel_ms, SITE.key).image(commissioned=True)  # longest opening
PERSON = int(Pin.PRESENCE_A | Pin.PRESENCE_B)
WRAP_MS = 2**32 - 900


KINDS: dict[str, Begin] = {"model": GateModel, "native": Native, "firmware": Simulator}


def _late(begin: Begin) -> Begin:
    """With a clock that wraps soon after the start."""
    return lambda memory, pins, now_ms: Shifted(begin(memory, pins, (now_ms + WRAP_MS) % 2**32), WRAP_MS)


WRAPPING: dict[str, Begin] = {"model over the wrap": _late(GateModel), "native over the wrap": _late(Native)}


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
