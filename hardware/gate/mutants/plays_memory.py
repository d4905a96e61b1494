"""Plays that start with every kind of memory, and that cut the power while it is written."""

from collections.abc import Iterator

from hardware.gate import limits
from hardware.gate.crc import crc8
from hardware.gate.lane import Defect
from hardware.gate.limits import Action, Pin
from hardware.gate.memory import Memory, Site, commission_mark
from hardware.gate.mutants.stage import ask, session
from hardware.gate.script import READY, SITE, Begin, Bench


def _record(number: int) -> bytes:
    return number.to_bytes(4, "big") + bytes((crc8(number.to_bytes(4, "big")),))


def images() -> Iterator[bytes]:
    yield from _counted()
    yield from _provisioned()
    yield from _latched()


def _counted() -> Iterator[bytes]:
    """Starts; whatever stands right behind them."""
    blank, bad = b"\xff" * 5, b"\x00\x00\x00\x09\x00"
    places = [blank, bad, *map(_record, (0, 1, 2, 0xFF, 0x100, 0x00FFFFFF, 0x01000000, 0xFFFFFFFE, 0xFFFFFFFF))]
    for first in places:
        for second in places:
            yield READY[:32] + first + b"\xff\xff\xff" + second + READY[45:]
    for at in (36, 37, 44, 45):
        never = bytearray(READY[:32] + b"\xff" * 16 + READY[48:])
        never[at] = 0
        yield bytes(never)


def _provisioned() -> Iterator[bytes]:
    for opens_ms, travel_ms in (
        (0, 100),
        (100, 50),
        (10_000, 2500),
        (10_100, 100),
        (25_500, 100),
        (1000, 40),
        (1000, 2510),
    ):
        yield Site(SITE.gate, opens_ms, travel_ms, SITE.key).image(commissioned=True)
    for key in (*limits.KNOWN_KEYS, bytes(16), b"\xff" * 16, b"\0" * 15 + b"\1"):
        yield Site(0x0107, 1000, 100, key).image(commissioned=True)
    for at in range(25):
        yield READY[:at] + bytes((READY[at] ^ 0x40,)) + READY[at + 1 :]
    for image in (b"\xff" * 64, bytes(64)):
        yield image
        marked = bytearray(image)
        marked[24] = commission_mark(image)
        yield bytes(marked)


def _latched() -> Iterator[bytes]:
    for record in (b"\1\0\0", b"\0\0\0", b"\0\0\1", b"\0\1\0", b"\1\x0f\xff", b"\2\0\0", b"\xff\xff\xff", b"\0\0\x20"):
        for wrong in (0, 1):
            yield READY[:48] + record + bytes((crc8(record) ^ wrong,)) + READY[52:]
    for erased in (b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", b"\xff\xff\xff\xfe"):
        yield READY[:48] + erased + READY[52:]
    yield READY[:48] + b"\xff\xff\xff\xff\x00" + READY[53:]  # nothing latched; something behind it


def memories(begin: Begin) -> None:
    for image in images():
        bench = Bench(begin, image)
        bench.run(25, bench.host.hello())
        bench.run(25, bench.host.want(1))
        bench.lane.pins = int(Pin.FIRE)
        bench.run(7)
        bench.lane.pins = 0
        bench.restart(30)


def unprovisioned(begin: Begin) -> None:
    """The limits of a site without any are the widest there are."""
    bench = Bench(begin, b"\xff" * len(READY))
    bench.lane.pins = int(Pin.RELEASE)
    bench.run(limits.OPEN_MOST_MS + 100)
    bench.lane.pins = 0
    bench.run(300)
    bench.lane.defects = Defect.LEAF_STUCK
    bench.lane.pins = int(Pin.RELEASE)
    bench.run(limits.TRAVEL_MOST_MS + limits.TRAVEL_MARGIN_MS + 100)


def starts(begin: Begin) -> None:
    """With the leaf ajar, with the service switch just turned, with two faults at once."""
    bench = Bench(begin)
    bench.lane.leaf_ms = SITE.travel_ms // 2
    bench.restart()
    bench.restart(5)
    bench.lane.pins = int(Pin.SERVICE)
    bench.run(60)
    bad = b"\x00\x00\x00\x09\x00"
    Bench(begin, READY[:32] + bad + READY[37:40] + bad + READY[45:], int(Pin.HOLD | Pin.ESCAPE))


def latches(begin: Begin) -> None:
    """Faults and fire written, cut at each moment, and written off."""
    for cut_ms in range(2, 34, 3):
        bench = session(begin)
        bench.lane.pins = int(Pin.FIRE)
        bench.lane.defects = Defect.CONTACTS_SHORT
        bench.run(95 + cut_ms)
        bench.lane.pins = bench.lane.defects = 0
        bench.restart()
        bench.greet()
        ask(bench, Action.RESET)
        bench.run(cut_ms, bench.host.want())
        bench.restart()
    memory = Memory(READY)
    memory.latch(True, 0x0DFF)
    while memory.store():
        session(begin, memory.stored).want(100, 1)
