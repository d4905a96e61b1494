"""Make `vectors.json`: golden frames and dialogues that the tests of the host and of the firmware read.

`python -m hardware.gate.vectors` writes it, `--check` tells whether what stands there is what is made.
"""

import json
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from hardware.gate import frames, limits
from hardware.gate.controller import Controller
from hardware.gate.limits import MAC_SIZE, Action, Pin, Refusal
from hardware.gate.mac import Key
from hardware.gate.memory import ERASED, Site
from hardware.gate.messages import Hello, Message, Service, Status, Want, Welcome
from hardware.gate.model import GateModel
from hardware.gate.script import Host, pass_time
from hardware.lights import Lamp

FILE = Path(__file__).with_name("vectors.json")
SITE = Site(gate=7, opens_ms=1000, travel_ms=200, key=bytes.fromhex("8d1f5e3a9b7c024466f0a1c2d3e4f597"))
READY = SITE.image(commissioned=True, starts=3)
OTHER_KEY = bytes.fromhex("c0ffee00c0ffee11c0ffee22c0ffee33")
EPOCH = 4 << 32 | 1  # the fourth start's first session

# RFC 4493, section 4; FIPS 197, appendix C.1; the catalogue's check values over "123456789".
_RFC_KEY = "2b7e151628aed2a6abf7158809cf4f3c"
_RFC_MESSAGE = (
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
_RFC_TAGS = {
    0: "bb1d6929e95937287fa37d129b756746",
    16: "070a16b46b4d4144f79bdd9dd04a287c",
    40: "dfa66747de9ae63030ca32611497c827",
    64: "51f0bebf7e3b9d92fc49741779363cfe",
}
STANDARDS = {
    "aes128": [
        {
            "key": "000102030405060708090a0b0c0d0e0f",
            "block": "00112233445566778899aabbccddeeff",
            "cipher": "69c4e0d86a7b0430d8cdb78070b4c55a",
        }
    ],
    "cmac": [{"key": _RFC_KEY, "message": _RFC_MESSAGE[: 2 * n], "tag": tag} for n, tag in _RFC_TAGS.items()],
    "crc16": [{"bytes": b"123456789".hex(), "crc": 0x29B1}],
    "crc8": [{"bytes": b"123456789".hex(), "crc": 0xF4}],
    "known_keys": [key.hex() for key in (*limits.KNOWN_KEYS, bytes(16), bytes((0xA5,)) * 16, b"\xff" * 16)],
}

MESSAGES: tuple[Message, ...] = (
    Hello(7, 0x0123456789ABCDEF),
    Welcome(7, EPOCH, 2, 0x0123456789ABCDEF, *limits.FIRMWARE, 1, 10, 20),
    Want(7, EPOCH, 1, 2, 1, 500, Lamp.GO),
    Want(0xFFFF, 2**64 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 0xFFFF, Lamp.SEE_AGENT),
    Service(7, EPOCH, 2, 3, Action.COMMISSION, 1234),
    Status(7, EPOCH, 1, 3, 1, 2, Lamp.GO, 0xC1, 0x0801, Refusal.POLL, 5, 6, 0xFFFF, 123_456),
)


def _messages() -> list[dict[str, object]]:
    key = Key(SITE.key)
    return [
        {
            "kind": type(message).__name__,
            "fields": {name: int(value) for name, value in asdict(message).items()},
            "payload": key.seal(message.pack()).hex(),
            "frame": frames.encode(key.seal(message.pack())).hex(),
        }
        for message in MESSAGES
    ]


# --- what must be refused -------------------------------------------------------------------------------------------


def _greeted() -> Host:
    host = Host(Key(SITE.key), SITE.gate, epoch=EPOCH, sequence=0, poll=2)
    host.nonce = 0x0123456789ABCDEE
    return host


def _refused() -> list[dict[str, object]]:
    """Sent in a session in which the honest Want opens.  refusal: what the next Status says, 0 if it was not heard."""
    want = _greeted().wish(grant=1)
    return [{"name": name, "bytes": stream.hex(), "refusal": int(refusal)} for name, stream, refusal in _refusals(want)]


def _refusals(want: Want) -> Iterator[tuple[str, bytes, Refusal]]:
    key, good = Key(SITE.key), _greeted().frame(want)
    body, payload = want.pack(), key.seal(want.pack())
    old = struct.pack(">cBHHHIHB", b"W", 1, 1, 1, 2, 1, 500, Lamp.GO)  # a Want of version 1
    yield "bad checksum", good[:-1] + bytes((good[-1] ^ 1,)), Refusal.NONE
    yield "truncated", good[:-1], Refusal.NONE
    yield "over-long", bytes((frames.START, 49)) + payload.ljust(49, b"\0") + b"\0\0", Refusal.NONE
    yield "empty", bytes((frames.START, 0, 0x0F, 0x1E)), Refusal.NONE
    yield "bad MAC", frames.encode(payload[:-1] + bytes((payload[-1] ^ 1,))), Refusal.MAC
    yield "no MAC", frames.encode(body + bytes(MAC_SIZE)), Refusal.MAC
    yield "another gate's key", frames.encode(Key(OTHER_KEY).seal(body)), Refusal.MAC
    yield "another gate", frames.encode(key.seal(replace(want, gate=8).pack())), Refusal.GATE
    yield "version 1", frames.encode(old), Refusal.VERSION
    yield "version 1, sealed", frames.encode(key.seal(body[:1] + b"\1" + body[2:])), Refusal.VERSION
    yield "version 3, sealed", frames.encode(key.seal(body[:1] + b"\3" + body[2:])), Refusal.VERSION
    yield "another epoch", _sealed(replace(want, epoch=EPOCH - 1)), Refusal.EPOCH
    yield "the epoch to come", _sealed(replace(want, epoch=EPOCH + 1)), Refusal.EPOCH
    yield "sequence 0", _sealed(replace(want, sequence=0)), Refusal.SEQUENCE
    yield "poll never issued", _sealed(replace(want, poll=1000)), Refusal.POLL
    yield "poll 0", _sealed(replace(want, poll=0)), Refusal.POLL
    yield "lamp of the controller's own", _sealed(replace(want, lamp=Lamp.FAULT)), Refusal.MALFORMED
    yield "cut short, sealed", frames.encode(key.seal(body[:-1])), Refusal.MALFORMED
    yield "longer, sealed", frames.encode(key.seal(body + b"\0")), Refusal.MALFORMED
    yield "shorter than head and MAC", frames.encode(payload[:11]), Refusal.MALFORMED
    yield "service outside service mode", _sealed(Service(7, EPOCH, 1, 2, Action.RESET, 5)), Refusal.SERVICE
    yield "service by nobody", _sealed(Service(7, EPOCH, 1, 2, Action.RESET, 0)), Refusal.MALFORMED
    yield "service of no kind", _sealed(Service(7, EPOCH, 1, 2, 3, 5)), Refusal.MALFORMED


def _sealed(message: Message) -> bytes:
    return frames.encode(Key(SITE.key).seal(message.pack()))


# --- dialogues ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Recorder:
    """Plays a part to a controller, and writes down what it said and drove."""

    controller: Controller
    host: Host
    now_ms: int = 0
    pins: Pin = Pin.LEAF_CLOSED
    steps: list[dict[str, object]] = field(default_factory=list)

    def after(self, ms: int, hears: bytes = b"", pins: Pin | None = None) -> None:
        """Hears come, then ms pass, with pins as they are from then on; never both at once: a line takes its time."""
        self.pins = self.pins if pins is None else pins
        drives, said = pass_time(self.controller, self.now_ms, ms, self.pins, hears)
        self.now_ms += ms
        self.host.hear(said)
        step = {"ms": ms, "pins": int(self.pins), "hears": hears.hex()}
        self.steps.append({**step, "drives": int(drives), "says": said.hex()})

    def greet(self) -> None:
        self.after(100)
        self.after(30, self.host.hello())
        self.want()

    def want(self, grant: int = 0) -> None:
        self.after(40, self.host.want(grant, Lamp.GO if grant else Lamp.READY))


_OPENED = Pin.LEAF_OPEN | Pin.FEEDBACK


def _opening(play: Recorder) -> None:
    play.greet()
    play.want(1)
    for pins in (Pin.FEEDBACK, _OPENED, _OPENED):
        play.after(40, pins=pins)
        play.want(1)
    play.after(200)
    play.want()
    play.after(40, pins=Pin(0))
    play.after(40, pins=Pin.LEAF_CLOSED)
    play.want(1)  # once only
    play.want(2)


def _silence(play: Recorder) -> None:
    play.greet()
    play.want(1)
    play.after(250, pins=_OPENED)
    play.after(400, pins=Pin.LEAF_CLOSED)
    play.after(500)
    play.want()  # of the epoch that is over
    play.after(40, play.host.hello())
    play.want(2)


def _emergency(play: Recorder) -> None:
    play.greet()
    play.after(40, pins=Pin.LEAF_CLOSED | Pin.FIRE)
    play.after(40, pins=_OPENED)
    play.want(1)
    play.after(60, pins=_OPENED | Pin.SERVICE)
    play.after(60, pins=Pin.LEAF_CLOSED | Pin.SERVICE)
    play.want(2)
    play.after(60, pins=Pin.LEAF_CLOSED)
    play.want(3)


def _commissioning(play: Recorder) -> None:
    play.greet()
    play.want(1)
    play.after(40, play.host.service(Action.COMMISSION, 9))
    play.after(60, pins=Pin.LEAF_CLOSED | Pin.SERVICE)
    play.after(40, play.host.service(Action.COMMISSION, 9))
    play.after(60, pins=Pin.LEAF_CLOSED)
    play.want(2)


def _unheard(play: Recorder) -> None:
    play.after(100)
    play.after(40, play.host.hello())
    play.want(1)
    play.after(700)


DIALOGUES: dict[str, tuple[bytes, Callable[[Recorder], None]]] = {
    "an opening": (READY, _opening),
    "silence": (READY, _silence),
    "an emergency": (READY, _emergency),
    "commissioning": (SITE.image(), _commissioning),
    "unprovisioned": (bytes((ERASED,)) * limits.MEMORY_SIZE, _unheard),
    "a key everybody knows": (replace(SITE, key=limits.KNOWN_KEYS[0]).image(commissioned=True), _unheard),
    "no start that can be believed": (READY[:32] + bytes(range(1, 14)) + READY[45:], _unheard),
}


def _dialogues() -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for name, (memory, part) in DIALOGUES.items():
        play = Recorder(GateModel(memory, Pin.LEAF_CLOSED), Host(Key(SITE.key), SITE.gate))
        part(play)
        made.append({"name": name, "memory": memory.hex(), "pins": int(Pin.LEAF_CLOSED), "steps": play.steps})
    return made


def text() -> str:
    """The file, as it must stand in the tree."""
    site = {"gate": SITE.gate, "opens_ms": SITE.opens_ms, "travel_ms": SITE.travel_ms, "key": SITE.key.hex()}
    session = {"memory": READY.hex(), "hello": _greeted().hello().hex(), "opens": _greeted().want(grant=1).hex()}
    made = {"site": site, **STANDARDS, "messages": _messages(), "session": session, "refused": _refused()}
    return json.dumps({**made, "dialogues": _dialogues()}, indent=1) + "\n"


def main() -> int:
    """With --check: 1 and a line if the file in the tree is another."""
    if "--check" in sys.argv:
        if not FILE.exists() or FILE.read_text() != text():
            print(f"{FILE}: differs from what is made; run python -m hardware.gate.vectors", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
