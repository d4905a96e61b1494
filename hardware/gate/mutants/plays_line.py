"""Plays of what is said on the line: stale, strange, broken, too late and too often."""

from collections.abc import Iterator
from dataclasses import replace

from hardware.gate import frames, limits
from hardware.gate.limits import Action, Pin
from hardware.gate.messages import Hello, Service
from hardware.gate.mutants.stage import LONG, around, session
from hardware.gate.script import READY, SITE, Begin, Bench


def leases(begin: Begin) -> None:
    for lease_ms in (0, 1, 2, 150, 999, 1000, 1001, 0xFFFF):
        bench = session(begin, LONG)
        bench.run(45, bench.host.want(1, lease_ms=lease_ms))
        bench.run(30, bench.host.want(1, lease_ms=lease_ms))
        for _ in range(4):
            bench.run(300, bench.host.want(1, lease_ms=lease_ms))
        bench.run(1300)
    for lease_ms in (0, 1, 2):
        bench = session(begin, LONG)
        bench.run(45, bench.host.want(1))
        bench.run(45, bench.host.want(1, lease_ms=lease_ms))
    bench = session(begin)
    bench.run(30, bench.host.want(0, lease_ms=500))
    bench.run(30, bench.host.want(0xFFFFFFFF))
    bench.run(30, bench.host.want(0x7FFFFFFF))


def silences(begin: Begin) -> None:
    for ms in around(limits.SILENCE_MS):
        bench = session(begin)
        bench.run(ms, bench.host.want())
        bench.run(100, bench.host.want(1))
        bench.run(30, bench.host.hello())
        bench.run(1200)
        bench.run(30, bench.host.want(2))


def unasked(begin: Begin) -> None:
    """Words in a new epoch, heard from a status, that no Hello began: at the start and after a silence."""
    for bench in (Bench(begin), session(begin)):
        bench.run(limits.SILENCE_MS + 100)
        bench.host.epoch, bench.host.sequence = bench.status.epoch, 0
        bench.run(30, bench.host.want(1))
        bench.run(30, bench.host.service(Action.RESET))


def polls(begin: Begin) -> None:
    """Old ones, those never issued, and as many as are kept."""
    for age_ms in around(limits.POLL_AGE_MS):
        bench = session(begin)
        bench.run(1, bench.host.want())
        old, left_ms = bench.host.poll, age_ms - 1
        while left_ms:
            ms = min(100, left_ms)
            bench.run(ms, bench.host.want())
            left_ms -= ms
        bench.run(30, bench.host.frame(replace(bench.host.wish(1), poll=old)))
    bench = session(begin)
    for poll in (0, 1):
        bench.run(20, bench.host.frame(replace(bench.host.wish(poll + 1), poll=poll)))
    bench = session(begin)
    for change in (0, 1, 2, -30, -31, -32, -33, -40, 2**31):
        for _ in range(45):
            bench.run(2, bench.host.want())
        bench.run(20, bench.host.frame(replace(bench.host.wish(), poll=(bench.host.poll + change) % 2**32)))
    bench.run(20, bench.host.frame(replace(bench.host.wish(), poll=0)))


def strange_words(begin: Begin) -> None:
    bench = session(begin)
    wish, host = bench.host.wish, bench.host
    for change in ({"sequence": 0}, {"sequence": 2**32 - 1}, {"gate": 8}, {"gate": 0x0700}, {"lamp": 5}, {"lamp": 255}):
        bench.run(30, host.frame(replace(wish(1), **change)))
    bench = session(begin)
    host = bench.host
    for by in (1, -1, 2**32, 0):
        bench.run(30, host.frame(replace(host.wish(1), epoch=host.epoch + by)))
    for sequence in (host.sequence, host.sequence - 1, host.sequence + 1, host.sequence + 1):
        bench.run(30, host.frame(replace(host.wish(), sequence=sequence)))
    for payload in (*_misshapen(bench), *(host.key.seal(bytes((kind, 2, 0, 7)) + bytes(23)) for kind in range(256))):
        bench.run(11, frames.encode(payload))


def _misshapen(bench: Bench) -> Iterator[bytes]:
    key, body = bench.host.key, bench.host.wish().pack()
    for size in (1, 4, 11):
        yield key.seal(body)[:size]
    for size in (*range(3, 12), 19, 20, 21, 32, 34, 35, 36, 40):
        for kind in b"HWVX":
            yield key.seal((bytes((kind,)) + body[1:]).ljust(40, b"\1")[:size])
    for size in (11, 12, 13):
        yield (body[:1] + b"\3" + body[2:])[:size]
    for bit in range(64):
        sealed = bytearray(key.seal(body))
        sealed[-1 - bit // 8] ^= 1 << bit % 8
        yield bytes(sealed)
    for version in (0, 1, 3, 0x12):
        yield key.seal(body[:1] + bytes((version,)) + body[2:])


def services(begin: Begin) -> None:
    for memory in (SITE.image(), READY):
        bench = session(begin, memory)
        host = bench.host
        for pins in (0, Pin.SERVICE, 0):
            bench.turn(int(pins) ^ bench.lane.pins)
            for action, technician in ((0, 1), (3, 1), (2, 0), (1, 0), (2, 1), (2, 0x01000000), (1, 7), (257 % 256, 9)):
                head = (host.gate, host.epoch, host.sequence + 1, host.poll)
                bench.run(14, host.frame(Service(*head, action, technician)))
                host.sequence += 1
            old = host.service(Action.RESET)
            bench.run(20, old)
            bench.run(20, old)
            bench.want(80, 3)
        bench.restart()
        bench.greet()


def hellos(begin: Begin) -> None:
    bench = session(begin)
    bench.open(1)
    for ms in (1, 9, 10, 11, 30):
        bench.run(ms, bench.host.hello() + bench.host.hello())
        bench.run(ms, bench.host.want(2))
    bench.run(30, bench.host.frame(Hello(7, 2**64 - 1)))
    for early_ms in range(1, 40, 3):
        bench.restart(early_ms)
        bench.run(60, bench.host.hello())


def broken_frames(begin: Begin) -> None:
    bench = session(begin)
    for cut in (1, 2, 5, 20, 36):
        for gap_ms in (1, *around(limits.FRAME_GAP_MS)):
            frame = bench.host.want()
            bench.run(gap_ms, frame[:cut])
            bench.run(15, frame[cut:])
    for junk in (b"\xa5", b"\xa5\x00", b"\xa5\x31", b"\xa5\x30", b"\xa5\xff", b"\xa5\x01\xa5", bytes(70), b"\xa5" * 60):
        bench.run(3, junk + bench.host.want())
        bench.run(25, junk)
        bench.run(12, bench.host.want())
    for size in (1, 47, 48):
        bench.run(25, frames.encode(bytes(size)) + bench.host.want())
        bench.run(25, bytes((0xA5, size + 1)) + bytes(size + 3) + bench.host.want())
    bench.run(30, bench.host.want() * 3 + bench.host.want(1))
    bench.run(30, b"\xa5\x1a\xa5\x00\xe1\xf0" + bench.host.hello())  # a frame of nothing in what looks like a frame
    while (hello := bench.host.hello())[-1] != frames.START:
        continue
    bench.run(30, hello + b"\x30" + bench.host.hello())  # its end looks like a beginning


def first_bytes(begin: Begin) -> None:
    """Junk, then a Hello, as soon as it runs."""
    bench = Bench(begin)
    bench.restart(2)
    bench.run(40, b"\x30" + bench.host.hello())


def chatter(begin: Begin) -> None:
    """Changes faster than they may be told, and long rests."""
    bench = session(begin)
    for ms in (1, 2, 3, 8, 9, 10, 11, 12, 498, 499, 500, 501):
        for _ in range(3):
            bench.lane.pins ^= int(Pin.ENTRY)
            bench.run(ms)
    for ms in (0, 1, 9, 10, 11):
        for _ in range(4):
            bench.run(ms, bench.host.want(0, 1))
            bench.run(ms, bench.host.want(0, 2))
    bench.run(1600)
