"""What main.c promises around the controller: pins, line, clock, watchdog and EEPROM of the simulated chip."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.door import Position
from hardware.gate import frames
from hardware.gate.firmware import build, stack
from hardware.gate.limits import MEMORY_SIZE, Drive, Faults, Flag, Pin
from hardware.gate.mac import Key
from hardware.gate.memory import Memory, Site
from hardware.gate.messages import Hello, Status, Want, Welcome
from hardware.gate.native import Native
from hardware.gate.simulator import Event, Simulator, SimulatorLost
from hardware.lights import PHASE_MS, Lamp

SECRET = bytes(range(0x61, 0x71))
SITE = Site(gate=7, opens_ms=5000, travel_ms=300, key=SECRET)
READY = SITE.image(commissioned=True, starts=3)
NONE, CLOSED = Pin(0), Pin.LEAF_CLOSED
STARTED_MS = 100  # the chip runs, and the number of its start is in the EEPROM


class Chip:
    """A simulated chip, what it drives, and the last status it sent."""

    def __init__(self, memory: bytes | None, pins: Pin) -> None:
        self.simulator = Simulator(memory, pins)
        self.drive = Drive(0)
        self.now_ms = 0
        self.pins = pins
        self.payloads: list[bytes] = []
        self._decoder = frames.Decoder()
        self.run(STARTED_MS, pins)

    def run(self, ms: int, pins: Pin | None = None, says: bytes = b"") -> None:
        """Let ms pass; says: what the host sends meanwhile."""
        self.pins = self.pins if pins is None else pins
        self.simulator.exchange(says)
        self.now_ms += ms
        self.drive = self.simulator.tick(self.now_ms, self.pins)
        self.payloads += self._decoder.feed(self.simulator.exchange(b""), 0)

    def status(self) -> Status:
        """Newer than half a second."""
        self.run(550)
        return next(status for payload in reversed(self.payloads) if (status := Status.unpack(payload)))

    def faults(self) -> Faults:
        return Faults(self.status().faults)

    def flags(self) -> Flag:
        return Flag(self.status().flags)


Start = Callable[[bytes | None, Pin], Chip]


@pytest.fixture
def start() -> Iterator[Start]:
    chips: list[Chip] = []

    def begin(memory: bytes | None = None, pins: Pin = CLOSED) -> Chip:
        chips.append(Chip(memory, pins))
        return chips[-1]

    yield begin
    for chip in chips:
        chip.simulator.close()


class Host:
    """Says Hello and Wants to a chip, and reads its answers."""

    def __init__(self, chip: Chip) -> None:
        self._chip, self._key = chip, Key(SECRET)
        self._sequence = 0
        chip.run(20, says=self.sealed(Hello(SITE.gate, 99)))
        self.welcome = next(welcome for payload in chip.payloads if (welcome := Welcome.unpack(payload)))

    def sealed(self, message: Hello | Want) -> bytes:
        return frames.encode(self._key.seal(message.pack()))

    def want(self, ms: int, grant: int, lamp: Lamp, pins: Pin) -> None:
        """Want it for so long, every 40 ms."""
        for _ in range(ms // 40):
            statuses = [status for payload in self._chip.payloads if (status := Status.unpack(payload))]
            newest = statuses[-1].poll if statuses else self.welcome.poll
            self._sequence += 1
            want = Want(SITE.gate, self.welcome.epoch, self._sequence, newest, grant, 200, lamp)
            self._chip.run(40, pins, self.sealed(want))


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
    assert seen(chip, Drive.AMBER) == "00000101"


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
    first = chip.status()
    since_ms = chip.now_ms
    chip.run(5000)
    assert abs(chip.status().uptime_ms - first.uptime_ms - (chip.now_ms - since_ms)) <= 500


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


def test_the_watchdog_leaves_a_busy_chip_alone(start: Start) -> None:
    chip = start(READY, CLOSED)
    hello = frames.encode(Key(SECRET).seal(Hello(SITE.gate, 1).pack()))
    chip.run(1000, says=hello * 400)
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


# --- the builds ------------------------------------------------------------------------------------------------------


def test_the_native_build_drives_what_the_chip_drives(start: Start) -> None:
    chip, native = start(READY, CLOSED), Native(READY, CLOSED)
    turns = random.Random(2)
    for _ in range(40):
        pins = CLOSED | turns.choice([NONE, Pin.RELEASE, Pin.ENTRY, Pin.SERVICE, Pin.RELEASE | Pin.EXIT])
        chip.run(150, pins)
        assert chip.drive & Drive.RELAY == native.tick(chip.now_ms, pins) & Drive.RELAY


def test_native_may_start_at_any_time_of_its_clock() -> None:
    native = Native(READY, CLOSED, 2**32 - 200)
    assert native.tick(2**32 - 100, CLOSED | Pin.RELEASE) & Drive.RELAY
    assert native.tick(100, CLOSED | Pin.RELEASE) & Drive.RELAY
    assert not native.tick(400, CLOSED) & Drive.RELAY
    native.close()


def test_a_memory_of_another_size_is_refused() -> None:
    for kind in (Native, Simulator):
        with pytest.raises(ValueError, match=str(MEMORY_SIZE)):
            kind(bytes(63), CLOSED)


def test_a_simulator_that_is_gone_says_so(tmp_path: Path) -> None:
    nonsense = tmp_path / "limen-gate.elf"
    nonsense.write_bytes(b"no program")
    with pytest.raises(SimulatorLost, match="no firmware"):
        Simulator(None, CLOSED, program=nonsense)


def test_program_variables_and_stack_fit_the_chip() -> None:
    assert "of 32768 bytes of flash" in build.report(build.elf())


def test_nothing_is_built_twice(tmp_path: Path) -> None:
    first = build.native(into=tmp_path).stat().st_ino
    assert build.native(into=tmp_path).stat().st_ino == first


def test_a_missing_compiler_is_told_with_the_packages_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.BuildFailed, match=r"no avr-gcc; run apt-get install .*gcc-avr"):
        build.elf(into=tmp_path)


def test_what_a_compiler_finds_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return missing; }\n")
    with pytest.raises(build.BuildFailed, match="missing"):
        build.elf(tmp_path, tmp_path)


LISTING = """
00000010 <__vector_14>:
      10:	push	r24
      12:	reti

00000020 <main>:
      20:	push	r28
      22:	push	r29
      24:	sbiw	r28, 0x10	; 16
      26:	out	0x3e, r29	; 62
      28:	call	0x40	; 0x40 <leaf>
      2c:	adiw	r28, 0x10	; 16
      2e:	out	0x3e, r29	; 62

00000040 <leaf>:
      40:	push	r17
      42:	{last}
"""


def test_the_deepest_stack_is_counted() -> None:
    assert stack.depth(LISTING.format(last="ret")) == (2 + 2 + 16) + (2 + 1) + (2 + 1)


@pytest.mark.parametrize("last", ["call	0x20	; 0x20 <main>", "icall"])
def test_a_stack_that_cannot_be_told_is_refused(last: str) -> None:
    with pytest.raises(ValueError, match="no depth can be told"):
        stack.depth(LISTING.format(last=last))
