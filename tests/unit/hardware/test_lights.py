"""Lights that tell the truth, also to those who do not see their colour."""

from itertools import combinations

import pytest

from hardware.gate.lamps import lit
from hardware.gate.limits import Drive
from hardware.lights import PATTERNS, PHASE_MS, WISHES, Lamp


def rhythm(lamp: Lamp) -> int:
    """What is seen of the traveller's lights when all have one colour."""
    pattern = PATTERNS[lamp]
    return pattern.red | pattern.amber | pattern.green


def turned(bits: int, by: int) -> int:
    return (bits << by | bits >> (8 - by)) & 0xFF


@pytest.mark.parametrize(("one", "other"), list(combinations(Lamp, 2)))
def test_two_lamps_differ_by_rhythm_whenever_one_starts_to_look(one: Lamp, other: Lamp) -> None:
    assert all(turned(rhythm(one), by) != rhythm(other) for by in range(8)), "colour must not be the only sign"


def test_g15_green_belongs_to_go_alone() -> None:
    assert [lamp for lamp in Lamp if PATTERNS[lamp].green] == [Lamp.GO]


def test_whoever_must_wait_for_an_agent_lights_the_agents_lamp() -> None:
    calling = {lamp for lamp in Lamp if PATTERNS[lamp].agent}
    assert calling == {Lamp.SEE_AGENT, Lamp.FAULT, Lamp.HELD, Lamp.EMERGENCY}


def test_a_host_cannot_wish_for_what_only_the_controller_knows() -> None:
    assert not WISHES & {Lamp.FAULT, Lamp.HELD, Lamp.EMERGENCY}


@pytest.mark.parametrize("lamp", Lamp)
def test_each_phase_lasts_an_eighth_of_a_second_and_comes_again(lamp: Lamp) -> None:
    for phase in range(8):
        first = lit(lamp, phase * PHASE_MS) & ~Drive.BUZZER
        assert bool(first & Drive.RED) == bool(PATTERNS[lamp].red & 0x80 >> phase)
        assert first == lit(lamp, phase * PHASE_MS + PHASE_MS - 1) & ~Drive.BUZZER
        assert first == lit(lamp, (phase + 8) * PHASE_MS) & ~Drive.BUZZER


def test_a_chirp_sounds_once_and_an_alarm_goes_on() -> None:
    assert lit(Lamp.GO, 0) & Drive.BUZZER
    assert not lit(Lamp.GO, 8 * PHASE_MS) & Drive.BUZZER
    assert lit(Lamp.HELD, 80 * PHASE_MS) & Drive.BUZZER
