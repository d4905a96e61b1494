"""What main.c promises of every pin: each input and output of the simulated chip as it is wired."""

import pytest

from hardware.door import Position
from hardware.gate.limits import Drive, Faults, Flag, Pin
from hardware.lights import PHASE_MS, Lamp
from tests.contract.chip import CLOSED, NONE, READY, STARTED_MS, Chip, Host
from tests.contract.conftest import Start

# --- inputs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pins", "position"),
    [(CLOSED, Position.CLOSED), (Pin.LEAF_OPEN, Position.OPEN), (NONE, Position.MOVING)],
)
def test_leaf_contacts_tell_the_position(start: Start, pins: Pin, position: Position) -> None:
    assert start(None, pins).status().position == position


@pytest.mark.parametrize("pins", [Pin.ENTRY, Pin.EXIT, Pin.PRESENCE_A | Pin.PRESENCE_B])
def test_beams_and_presence_are_sensed(start: Start, pins: Pin) -> None:
    chip = start(None, CLOSED)
    assert not chip.flags() & Flag.PRESENCE
    chip.run(10, CLOSED | pins)
    assert chip.flags() & Flag.PRESENCE
    assert not chip.faults() & Faults.PRESENCE


@pytest.mark.parametrize("channel", [Pin.PRESENCE_A, Pin.PRESENCE_B])
def test_one_presence_channel_alone_is_a_fault(start: Start, channel: Pin) -> None:
    chip = start(None, CLOSED)
    chip.run(400, CLOSED | channel)
    assert chip.faults() & Faults.PRESENCE


@pytest.mark.parametrize(("first", "second", "passed"), [(Pin.ENTRY, Pin.EXIT, (1, 0)), (Pin.EXIT, Pin.ENTRY, (0, 1))])
def test_the_beams_are_told_apart(start: Start, first: Pin, second: Pin, passed: tuple[int, int]) -> None:
    chip, somebody = start(None, CLOSED), Pin.PRESENCE_A | Pin.PRESENCE_B
    for pins in (somebody, somebody | first, somebody | second, somebody):
        chip.run(300, CLOSED | pins)
    chip.run(1000, CLOSED)
    status = chip.status()
    assert (status.forward, status.reverse) == passed


def test_feedback_without_command_is_a_stuck_relay(start: Start) -> None:
    chip = start(None, CLOSED)
    assert not chip.faults() & Faults.RELAY_STUCK
    chip.run(400, CLOSED | Pin.FEEDBACK)
    assert chip.faults() & Faults.RELAY_STUCK


def test_fire_opens_within_100_ms_without_key_or_host_and_stays(start: Start) -> None:
    chip = start(None, CLOSED)
    assert not chip.drive & Drive.RELAY
    chip.run(100, CLOSED | Pin.FIRE)
    assert chip.drive & Drive.RELAY
    chip.run(500, CLOSED)
    assert chip.drive & Drive.RELAY
    assert chip.flags() & Flag.EMERGENCY


def test_a_fire_outlasts_a_power_cut(start: Start) -> None:
    chip = start(None, CLOSED)
    chip.run(STARTED_MS, CLOSED | Pin.FIRE)
    chip.simulator.reset(CLOSED)
    chip.run(STARTED_MS, CLOSED)
    assert chip.drive & Drive.RELAY


def test_the_release_button_opens_while_it_is_pressed(start: Start) -> None:
    chip = start(None, CLOSED)
    chip.run(100, CLOSED | Pin.RELEASE)
    assert chip.drive & Drive.RELAY
    assert chip.flags() & Flag.RELEASE
    chip.run(200, CLOSED)
    assert not chip.drive & Drive.RELAY


def test_the_service_switch_begins_service_when_it_is_turned_on(start: Start) -> None:
    chip = start(None, CLOSED)
    assert not chip.flags() & Flag.SERVICE
    chip.run(50, CLOSED | Pin.SERVICE)
    assert chip.flags() & Flag.SERVICE


@pytest.mark.parametrize(
    ("straps", "energised", "unfit"),
    [
        (NONE, False, False),
        (Pin.FAIL_SAFE, True, False),
        (Pin.HOLD, False, False),
        (Pin.ESCAPE, False, False),
        (Pin.HOLD | Pin.ESCAPE, True, True),
        (Pin.FAIL_SAFE | Pin.ESCAPE, True, False),
    ],
)
def test_straps_choose_the_fail_mode(start: Start, straps: Pin, energised: bool, unfit: bool) -> None:
    chip = start(None, CLOSED | straps)
    assert bool(chip.drive & Drive.RELAY) is energised
    assert bool(chip.faults() & Faults.STRAPS) is unfit


def test_both_fail_mode_straps_are_no_such_mode(start: Start) -> None:
    assert start(None, CLOSED | Pin.FAIL_SAFE | Pin.HOLD).faults() & Faults.STRAPS


def test_straps_are_read_at_the_start_and_not_again(start: Start) -> None:
    chip = start(None, CLOSED)
    chip.run(100, CLOSED | Pin.FAIL_SAFE | Pin.HOLD | Pin.ESCAPE)
    assert not chip.drive & Drive.RELAY
    assert not chip.faults() & Faults.STRAPS


# --- outputs ---------------------------------------------------------------------------------------------------------


def seen(chip: Chip, lamp: Drive) -> str:
    """One second of a light, as the eight phases of its pattern."""
    phases = ""
    for _ in range(8):
        phases += "1" if chip.drive & lamp else "0"
        chip.run(PHASE_MS)
    return phases


@pytest.mark.parametrize(
    ("lamp", "phases"),
    [(Drive.RED, "11101110"), (Drive.AGENT, "11001100"), (Drive.AMBER, "0" * 8), (Drive.GREEN, "0" * 8)],
)
def test_a_chip_without_a_key_shows_the_fault(start: Start, lamp: Drive, phases: str) -> None:
    chip = start(None, CLOSED)
    assert seen(chip, lamp) == phases
    assert chip.faults() & Faults.UNPROVISIONED


def test_an_emergency_sounds_and_flashes(start: Start) -> None:
    chip = start(None, CLOSED | Pin.FIRE)
    assert seen(chip, Drive.BUZZER) == "11111010"
    assert seen(chip, Drive.AMBER) == "00000000"


def test_a_grant_over_the_line_opens_and_shows_green_when_the_leaf_is_open(start: Start) -> None:
    chip = start(READY, CLOSED)
    host = Host(chip)
    host.want(80, 0, Lamp.READY, CLOSED)
    host.want(80, 1, Lamp.GO, CLOSED)
    assert chip.drive & Drive.RELAY
    assert not chip.drive & Drive.GREEN
    host.want(80, 1, Lamp.GO, Pin.LEAF_OPEN | Pin.FEEDBACK)
    assert chip.drive & Drive.GREEN
    assert chip.flags() & Flag.SAFE == 0
    chip.run(1000, Pin.LEAF_OPEN | Pin.FEEDBACK)
    assert not chip.drive & (Drive.RELAY | Drive.GREEN)
