"""GS-02 and GS-13: frames captured, mutated, forged and made up, thrown at a gate that a true one would open."""

import random
from collections.abc import Callable

from calibration.gate.safety.controllers import LATE_MS, SECRET, SITE, Begin, Kind, beginner
from calibration.gate.safety.figure import Figure
from calibration.gate.safety.forgery import forge
from calibration.gate.safety.keys_said import parts_of_key
from calibration.gate.safety.world import Setting, World
from hardware.gate import frames
from hardware.gate.limits import Action, Flag, Pin
from hardware.gate.mac import Key
from hardware.gate.messages import FROM_HOST, HEAD

BEAT_MS = 20
TOO_LONG_MS = 605_000  # the switch was forgotten
Attack = Callable[[World, random.Random], bytes]


def world(kind: Kind, begin: Begin | None = None, *, commissioned: bool = True) -> World:
    setting = Setting(commissioned=commissioned, late_ms=LATE_MS if kind is Kind.FIRMWARE else 0)
    return World(begin or beginner(kind), setting)


def opened(of: World) -> int:
    """Commands to open a leaf at rest, whatever for."""
    return sum(times for what, times in of.observer.seen.items() if what.startswith("opened by"))


# --- GS-02 ------------------------------------------------------------------------------------------------------------


def capture(of: World) -> list[bytes]:
    """What went over the line, both ways, while the gate opened in several starts, sessions and for several grants."""
    pool, said = list[bytes](), _listen(of)
    for start in range(3):
        for _ in range(3):
            of.open()
            of.converse(300)
            of.host.shut()
            of.converse(500)
            of.restart_host()
        pool += of.wire.captured + said[-400:]
        if start < 2:
            of.reset()
    of.settle()
    return pool


def replays(kind: Kind, trials: int, rng: random.Random, begin: Begin | None = None) -> Figure:
    of = world(kind, begin)
    pool = capture(of)
    before, done = opened(of), 0
    while done < trials:
        of.settle()
        burst = rng.choices(pool, k=rng.choice((1, 1, 2, 5)))  # some twice, in any order
        if rng.random() < 0.95:  # a Hello ends the session: nothing could open for a while
            burst = [frame for frame in burst if frame[2:3] != b"H"]
        of.inject(b"".join(burst))
        done += len(burst)
        of.converse(BEAT_MS)
        pool += of.wire.captured[-1:]
        del pool[20_000:]
    failures = opened(of) - before + len(of.observer.violations)
    of.close()
    return Figure("GS-02", "captured frames replayed, reordered, twice", kind, done, failures, "openings: 0 wanted")


# --- GS-13 ------------------------------------------------------------------------------------------------------------


def noise(of: World, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(1, 70))


def mutated(of: World, rng: random.Random) -> bytes:
    frame = bytearray(rng.choice(of.wire.captured))
    for _ in range(rng.randrange(1, 4)):
        frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)
    return bytes(frame)


def mutated_under_a_good_checksum(of: World, rng: random.Random) -> bytes:
    payload = bytearray(rng.choice(of.wire.captured)[2:-2])
    payload[rng.randrange(len(payload))] ^= 1 << rng.randrange(8)
    return frames.encode(bytes(payload))


def random_body(of: World, rng: random.Random) -> bytes:
    kind = rng.choice(FROM_HOST)
    head = HEAD.pack(kind.TYPE, rng.choice((1, 2, 2, 2, 3)), SITE.gate)
    return frames.encode(head + rng.randbytes(kind.size() - len(head)))


def forged(of: World, rng: random.Random) -> bytes:
    moment = of.moment()
    return forge(moment, Key(SECRET), rng) if moment else noise(of, rng)


ATTACKS: tuple[Attack, ...] = (noise, mutated, mutated_under_a_good_checksum, random_body, forged)


def fuzz(kind: Kind, trials: int, rng: random.Random, begin: Begin | None = None) -> Figure:
    """No opening; and the key is in nothing that was said meanwhile."""
    of = world(kind, begin)
    said = _listen(of)
    of.settle()
    for done in range(trials):
        if done % 16 == 0:
            of.poll()
        if done % 512 == 0:
            of.settle()
        if of.wire.captured:
            of.inject(rng.choice(ATTACKS)(of, rng))
        of.advance(BEAT_MS if kind is Kind.FIRMWARE and done % 4 == 0 else 1)
    leaked = parts_of_key(SECRET, b"".join(said))
    failures = opened(of) + len(of.observer.violations) + leaked
    of.close()
    words = f"openings and parts of the key in {sum(map(len, said)):,} bytes said: 0 wanted"
    return Figure("GS-13", "fuzzed, forged, downgraded frames; key capture", kind, trials, failures, words)


def _listen(of: World) -> list[bytes]:
    """Everything the controller says from now on."""
    said: list[bytes] = []
    of.wire.listeners.append(said.append)
    return said


def resync(kind: Kind, trials: int, rng: random.Random) -> Figure:
    """After noise the controller must obey one of the next two whole frames."""
    of, most, failures = world(kind), 0, 0
    of.settle()
    for _ in range(trials):
        of.settle()
        of.inject(rng.randbytes(rng.randrange(1, 120)) + rng.choice((b"", b"\xa5", b"\xa5\x30", b"\xa5\x01")))
        took = next((n for n in range(1, 6) if _obeyed(of)), 6)
        most = max(most, took)
        failures += took > 2
    failures += opened(of)
    of.close()
    return Figure("GS-13", "frames until one is obeyed after noise", kind, trials, failures, f"most {most}, 2 wanted")


def _obeyed(of: World) -> bool:
    """Whether the next Want counts: told by the controller's next Status."""
    before = of.host.status.sequence if of.host.status else 0
    of.converse(BEAT_MS)
    of.host.listen(of.now_ms / 1000)
    return of.host.status is not None and of.host.status.sequence > before


# --- install mode -----------------------------------------------------------------------------------------------------


def install_mode(kind: Kind, trials: int, rng: random.Random) -> Figure:
    """Commission and reset, authentic and fresh, with the service switch off, and on for longer than ten minutes."""
    pasts = [(0, 400)] if kind is Kind.FIRMWARE else [(0, 400), (int(Pin.SERVICE), TOO_LONG_MS)]
    failures = sum(_commissioned(kind, pins, past_ms, trials // len(pasts), rng) for pins, past_ms in pasts)
    words = "obeyed: 0 wanted; switch " + " and ".join("off" if not pins else "on for ten minutes" for pins, _ in pasts)
    return Figure("GS-13", "commission, reset without a technician's switch", kind, trials, failures, words)


def _commissioned(kind: Kind, pins: int, past_ms: int, trials: int, rng: random.Random) -> int:
    of = world(kind, commissioned=False)
    of.gate.pins = pins
    of.converse(past_ms, 50)
    for _ in range(trials):
        of.service(rng.choice(tuple(Action)))
        of.converse(2 * BEAT_MS)  # the second is a Want: a Service message is no heartbeat
    status = of.host.status
    failures = (status is None or bool(status.flags & Flag.COMMISSIONED)) + opened(of) + len(of.observer.violations)
    of.close()
    return failures
