"""What main.c promises of line, clock, watchdog and EEPROM of the simulated chip."""

import random

import pytest

from hardware.gate import frames
from hardware.gate.limits import Drive, Faults, Pin
from hardware.gate.mac import Key
from hardware.gate.memory import Memory
from hardware.gate.messages import Hello, Welcome
from hardware.gate.native import Native
from hardware.gate.simulator import Event
from tests.contract.chip import CLOSED, NONE, READY, SECRET, SITE, STARTED_MS, Host
from tests.contract.conftest import Start

# --- line ------------------------------------------------------------------------------------------------------------


def test_a_hello_is_answered_at_the_speed_of_the_line(start: Start) -> None:
    chip = start(READY, CLOSED)
    welcome = Host(chip).welcome
    assert (welcome.gate, welcome.nonce, welcome.epoch >> 32) == (SITE.gate, 99, 4)
    assert Key(SECRET).verifies(chip.payloads[-1])


def test_nothing_is_heard_before_it_can_have_come(start: Start) -> None:
    chip = start(READY, CLOSED)
    hello = frames.encode(Key(SECRET).seal(Hello(SITE.gate, 99).pack()))
    chip.payloads.clear()
    chip.run(len(hello) * 10 * 1000 // 115_200, says=hello)
    assert chip.payloads == []
    chip.run(18)
    assert [payload for payload in chip.payloads if Welcome.unpack(payload)]


def test_a_flood_of_noise_is_dropped_and_the_next_frame_is_heard(start: Start) -> None:
    chip = start(READY, CLOSED)
    noise = random.Random(1).randbytes(2000)
    chip.run(250, says=noise)
    assert Host(chip).welcome.nonce == 99
    assert not chip.drive & Drive.RELAY
    assert chip.simulator.events & (Event.WATCHDOG | Event.CRASHED) == 0


# --- clock and watchdog ----------------------------------------------------------------------------------------------


def test_its_clock_keeps_time(start: Start) -> None:
    chip = start(None, CLOSED)
    first, first_ms = chip.beacon()
    chip.run(5000)
    last, last_ms = chip.beacon()
    assert last.uptime_ms - first.uptime_ms == pytest.approx(last_ms - first_ms, abs=2)


def test_the_chip_sleeps_when_there_is_nothing_to_do(start: Start) -> None:
    chip = start(None, CLOSED)
    asleep = 0
    for _ in range(50):
        chip.run(1)
        asleep += bool(chip.simulator.events & Event.ASLEEP)
    assert asleep > 25


def test_the_watchdog_resets_a_frozen_chip_and_the_relay_falls(start: Start) -> None:
    chip = start(None, CLOSED)
    chip.run(100, CLOSED | Pin.RELEASE)
    assert chip.drive & Drive.RELAY
    starts = Memory(chip.simulator.memory).begin()
    chip.simulator.freeze()
    chip.run(200, CLOSED)
    assert chip.drive & Drive.RELAY, "it is not frozen: it saw the button let go"
    chip.run(100, CLOSED)
    assert not chip.drive & Drive.RELAY
    assert chip.simulator.events & Event.WATCHDOG
    chip.run(STARTED_MS, CLOSED)
    assert Memory(chip.simulator.memory).begin() == starts + 1


def test_bytes_alone_do_not_keep_a_frozen_chip_alive(start: Start) -> None:
    chip = start(READY, CLOSED)
    chip.simulator.freeze()
    for _ in range(30):
        chip.run(10, says=bytes(50))
    assert chip.simulator.events & Event.WATCHDOG


@pytest.mark.parametrize(
    "payload",
    [Key(SECRET).seal(Hello(SITE.gate, 1).pack()), b"H\x02\x00\x07" + bytes(8)],
    ids=["authentic", "forged"],
)
def test_a_flood_of_frames_neither_breaks_answers_nor_delays_the_fire(start: Start, payload: bytes) -> None:
    """The second is the cheapest to forge: the shortest frame whose authentication has to be worked out."""
    chip = start(READY, CLOSED)
    chip.run(1000, says=frames.encode(payload) * 1000)
    chip.run(50, CLOSED | Pin.FIRE)
    assert chip.drive & Drive.RELAY
    assert chip.payloads
    assert chip.decoder.rejected == 0
    assert not chip.simulator.events & Event.WATCHDOG


# --- EEPROM ----------------------------------------------------------------------------------------------------------


def test_every_start_is_counted_and_a_power_cut_keeps_the_rest(start: Start) -> None:
    chip = start(READY, CLOSED)
    for number in (4, 5, 6):
        memory = chip.simulator.memory
        assert Memory(memory).begin() - 1 == number
        assert memory[:24] == READY[:24]
        chip.simulator.reset(CLOSED)
        chip.run(STARTED_MS)


def test_power_cut_at_any_millisecond_of_a_start_never_repeats_an_epoch(start: Start) -> None:
    chip = start(READY, CLOSED)
    number = Memory(chip.simulator.memory).begin()
    for cut_ms in range(1, 40):
        chip.simulator.reset(CLOSED)
        chip.run(cut_ms)
        follows = Memory(chip.simulator.memory).begin()
        assert number <= follows <= number + 1
        number = follows
    assert not chip.simulator.events & Event.OVERRUN


def test_a_fault_latched_is_there_after_a_power_cut(start: Start) -> None:
    chip = start(READY, CLOSED)
    chip.run(500, CLOSED | Pin.FEEDBACK)
    chip.simulator.reset(CLOSED)
    chip.run(STARTED_MS)
    assert chip.faults() & Faults.RELAY_STUCK


# --- both builds ------------------------------------------------------------------------------------------------------


def test_the_native_build_drives_what_the_chip_drives(start: Start) -> None:
    chip, native = start(READY, CLOSED), Native(READY, CLOSED)
    turns = random.Random(2)
    for _ in range(40):
        pins = CLOSED | turns.choice([NONE, Pin.RELEASE, Pin.ENTRY, Pin.SERVICE, Pin.RELEASE | Pin.EXIT])
        chip.run(150, pins)
        assert chip.drive & Drive.RELAY == native.tick(chip.now_ms, pins) & Drive.RELAY
