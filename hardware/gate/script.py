"""A host that says whatever it is told to, right or wrong: for benches, golden frames and tests."""

from dataclasses import dataclass, field, replace

from hardware.gate import frames
from hardware.gate.controller import Controller
from hardware.gate.limits import Action
from hardware.gate.mac import Key
from hardware.gate.messages import Hello, Message, Service, Status, Want, Welcome
from hardware.lights import Lamp

LEASE_MS = 300


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
        """Take what a controller said; who sealed it is not looked at."""
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
