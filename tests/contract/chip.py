"""A simulated chip, and a host that speaks to it, for the tests of the firmware."""

from hardware.gate import frames
from hardware.gate.limits import Drive, Faults, Flag, Pin
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.messages import Hello, Status, Want, Welcome
from hardware.gate.simulator import Simulator
from hardware.lights import Lamp

SECRET = bytes(range(0x61, 0x71))
SITE = Site(gate=7, opens_ms=5000, travel_ms=300, key=SECRET)
READY = SITE.image(commissioned=True, starts=3)
NONE, CLOSED = Pin(0), Pin.LEAF_CLOSED
STARTED_MS = 100  # the chip runs, and the number of its start is in the EEPROM


class Chip:
    """A simulated chip, what it drives, and the last status it sent."""

    def __init__(self, memory: bytes | None, pins: Pin) -> None:
        self.simulator = Simulator(memory, pins)
        self.drive = Drive(0)
        self.now_ms = 0
        self.pins = pins
        self.payloads: list[bytes] = []
        self.decoder = frames.Decoder()
        self.run(STARTED_MS, pins)

    def run(self, ms: int, pins: Pin | None = None, says: bytes = b"") -> None:
        """Let ms pass; says: what the host sends meanwhile."""
        self.pins = self.pins if pins is None else pins
        self.simulator.exchange(says)
        self.now_ms += ms
        self.drive = Drive(self.simulator.tick(self.now_ms, self.pins))
        self.payloads += self.decoder.feed(self.simulator.exchange(b""), 0)

    def status(self) -> Status:
        """Newer than half a second."""
        self.run(550)
        return next(status for payload in reversed(self.payloads) if (status := Status.unpack(payload)))

    def faults(self) -> Faults:
        return Faults(self.status().faults)

    def flags(self) -> Flag:
        return Flag(self.status().flags)

    def beacon(self) -> tuple[Status, int]:
        """The next status, and when it was whole."""
        heard = len(self.payloads)
        while len(self.payloads) == heard:
            self.run(1)
        status = Status.unpack(self.payloads[-1])
        assert status is not None
        return status, self.now_ms


class Host:
    """Says Hello and Wants to a chip, and reads its answers."""

    def __init__(self, chip: Chip) -> None:
        self._chip, self._key = chip, Key(SECRET)
        self._sequence = 0
        chip.run(20, says=self.sealed(Hello(SITE.gate, 99)))
        self.welcome = next(welcome for payload in chip.payloads if (welcome := Welcome.unpack(payload)))

    def sealed(self, message: Hello | Want) -> bytes:
        return frames.encode(self._key.seal(message.pack()))

    def want(self, ms: int, grant: int, lamp: Lamp, pins: Pin) -> None:
        """Want it for so long, every 40 ms."""
        for _ in range(ms // 40):
            statuses = [status for payload in self._chip.payloads if (status := Status.unpack(payload))]
            newest = statuses[-1].poll if statuses else self.welcome.poll
            self._sequence += 1
            want = Want(SITE.gate, self.welcome.epoch, self._sequence, newest, grant, 200, lamp)
            self._chip.run(40, pins, self.sealed(want))
