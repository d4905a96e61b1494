"""The lights of a gate, at the pins of every kind of controller."""

from collections.abc import Callable

import pytest

from hardware.gate.lane import Defect
from hardware.gate.limits import Drive, Pin
from hardware.gate.script import SITE, WANT_MS, Bench
from hardware.lights import PATTERNS, PHASE_MS, Lamp
from tests.gates import LONG, PERSON

Make = Callable[..., Bench]
LIGHTS = (Drive.RED, Drive.AMBER, Drive.GREEN, Drive.AGENT, Drive.BUZZER)


def phases(bench: Bench, lamp: Lamp, says: Callable[[], bytes]) -> tuple[str, ...]:
    """The eight phases of each light, from when this lamp is first shown."""
    bench.until(lambda: bench.status.lamp == lamp, 700, says)
    drives: list[int] = []
    for at_ms in range(8 * PHASE_MS):
        drives += [bench.lane.drive] if at_ms % PHASE_MS == PHASE_MS // 2 else []
        bench.run(1, says() if at_ms % WANT_MS == 0 else b"")
    return tuple("".join("1" if drive & light else "0" for drive in drives) for light in LIGHTS)


def pattern(lamp: Lamp) -> tuple[str, ...]:
    shown = PATTERNS[lamp]
    return tuple(f"{bits:08b}" for bits in (shown.red, shown.amber, shown.green, shown.agent, shown.buzzer))


@pytest.mark.parametrize("lamp", [Lamp.OFF, Lamp.READY, Lamp.LOOKING, Lamp.SEE_AGENT])
def test_the_lights_are_those_wished_for(make: Make, lamp: Lamp) -> None:
    bench = make()
    bench.greet()
    bench.want(100, lamp=Lamp.READY if lamp is Lamp.OFF else Lamp.OFF)
    assert phases(bench, lamp, lambda: bench.host.want(lamp=lamp)) == pattern(lamp)


@pytest.mark.parametrize(
    ("lamp", "pins", "defects"),
    [(Lamp.FAULT, 0, Defect.CONTACTS_SHORT), (Lamp.EMERGENCY, Pin.FIRE, 0), (Lamp.SEE_AGENT, Pin.SERVICE, 0)],
)
def test_the_lights_of_its_own_go_before_those_wished_for(make: Make, lamp: Lamp, pins: int, defects: int) -> None:
    bench = make()
    bench.greet()
    bench.lane.pins, bench.lane.defects = int(pins), int(defects)
    assert phases(bench, lamp, lambda: bench.host.want(lamp=Lamp.READY)) == pattern(lamp)


def test_a_leaf_held_open_has_its_own_lights(make: Make) -> None:
    bench = make()
    bench.greet()
    bench.open(1)
    bench.turn(PERSON)
    bench.want(SITE.opens_ms - 200, 1)
    assert phases(bench, Lamp.HELD, lambda: bench.host.want(1)) == pattern(Lamp.HELD)


def test_g15_green_only_while_observed_open_under_a_held_grant(gate: Bench) -> None:
    gate.want(100, lamp=Lamp.GO)
    assert gate.status.lamp == Lamp.LOOKING
    green_closed = []
    for _ in range(60):
        gate.run(5, gate.host.want(1, Lamp.GO))
        green_closed += [bool(gate.lane.drive & Drive.GREEN)] if not gate.lane.fully_open else []
    assert green_closed
    assert not any(green_closed)
    assert gate.lane.drive & Drive.GREEN
    assert gate.status.lamp == Lamp.GO
    gate.turn(PERSON)
    gate.want(WANT_MS, 0, Lamp.GO)
    assert gate.lane.fully_open
    assert not gate.lane.drive & Drive.GREEN, "open, but the grant is not held"


def test_go_chirps_once(make: Make) -> None:
    bench = make(LONG)
    bench.greet()
    sounds = 0
    for _ in range(300):
        before = bench.lane.drive
        bench.run(10, bench.host.want(1, Lamp.GO))
        sounds += bool(~before & bench.lane.drive & Drive.BUZZER)
    assert bench.status.lamp == Lamp.GO
    assert sounds == 1
