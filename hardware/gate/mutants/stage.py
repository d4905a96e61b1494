"""What every play needs: a session, a span around a limit, people."""

from collections.abc import Callable

from hardware.gate.lane import Walk
from hardware.gate.limits import Pin
from hardware.gate.memory import Site
from hardware.gate.script import READY, SITE, Begin, Bench

PERSON = int(Pin.PRESENCE_A | Pin.PRESENCE_B)
BACKWARDS = Walk(entry=(700, 900), exit=(400, 600), presence=(200, 1000))
NOBODY = Walk(entry=(0, 0), exit=(0, 0), presence=(0, 0))
LONG = Site(SITE.gate, 10_000, SITE.travel_ms, SITE.key).image(commissioned=True)

Play = Callable[[Begin], None]


def session(begin: Begin, memory: bytes = READY, straps: int = 0) -> Bench:
    bench = Bench(begin, memory, int(straps))
    bench.greet()
    return bench


def around(limit_ms: int) -> tuple[int, int, int]:
    return limit_ms - 1, limit_ms, limit_ms + 1


def ask(bench: Bench, action: int) -> None:
    """A technician asks, first without the switch."""
    bench.run(30, bench.host.service(action))
    bench.turn(Pin.SERVICE)
    bench.run(30, bench.host.service(action))
    bench.turn(Pin.SERVICE)


def leap(bench: Bench, ms: int) -> None:
    """Much time at once."""
    bench.lane.now_ms += ms
    bench.lane.drive = bench.lane.controller.tick(bench.lane.now_ms, bench.lane.sensed())
    bench.host.hear(bench.lane.controller.exchange(b""))
