"""Each fault of a gate has its code, bars grants and stays; straps and memory at their worst still start safe."""

from collections.abc import Callable

import pytest

from hardware.gate.lane import Defect, Walk
from hardware.gate.limits import LATCHED, STARTS, Action, Drive, FailMode, Faults, Flag, Pin, Refusal
from hardware.gate.memory import Memory
from hardware.gate.script import READY, SITE, WANT_MS, Begin, Bench
from tests.gates import KINDS

Make = Callable[..., Bench]
BACKWARDS = Walk(entry=(700, 900), exit=(400, 600), presence=(200, 1000))


def opened(gate: Bench) -> None:
    gate.want(600, 1)


def closing(gate: Bench) -> None:
    gate.open(1)
    gate.lane.defects |= Defect.LEAF_STUCK
    gate.want(500)


def waited(gate: Bench) -> None:
    gate.want(500)


@pytest.mark.parametrize(
    ("fault", "defect", "after"),
    [
        (Faults.RELAY_STUCK, Defect.RELAY_WELDED, waited),
        (Faults.RELAY_DEAD, Defect.RELAY_DEAD, opened),
        (Faults.FEEDBACK_CUT, Defect.FEEDBACK_CUT, opened),
        (Faults.FORCED, Defect.LEAF_FORCED, waited),
        (Faults.NOT_OPENED, Defect.LEAF_STUCK, opened),
        (Faults.NOT_CLOSED, 0, closing),
        (Faults.CONTACTS, Defect.CONTACTS_SHORT, waited),
        (Faults.PRESENCE, Defect.PRESENCE_CUT, waited),
    ],
    ids=lambda value: str(value.name) if isinstance(value, Faults) else "",
)
def test_g8_each_fault_has_its_code_bars_grants_and_stays_until_reset(
    gate: Bench, fault: Faults, defect: int, after: Callable[[Bench], None]
) -> None:
    gate.lane.defects |= defect
    after(gate)
    assert gate.faults & fault
    assert gate.faults.bit_count() <= 2, "what else it causes"
    gate.lane.defects = 0
    gate.want(400)
    gate.want(WANT_MS, 9)
    assert gate.refusal is Refusal.BARRED
    gate.restart()
    gate.greet()
    assert gate.faults & fault, "through a power cut"
    gate.run(WANT_MS, gate.host.service(Action.RESET))
    assert gate.faults & fault, "not without the switch"
    gate.turn(Pin.SERVICE)
    gate.run(WANT_MS, gate.host.service(Action.RESET))
    gate.turn(Pin.SERVICE)
    assert not gate.faults
    gate.open(10)


def test_a_fault_whose_cause_is_there_comes_back_after_a_reset(gate: Bench) -> None:
    gate.lane.defects |= Defect.PRESENCE_CUT
    gate.want(300)
    gate.turn(Pin.SERVICE)
    gate.run(WANT_MS, gate.host.service(Action.RESET))
    gate.want(300)
    assert gate.faults == Faults.PRESENCE


def test_a_disturbance_shorter_than_its_limit_is_no_fault(gate: Bench) -> None:
    for defect, ms in ((Defect.PRESENCE_CUT, 150), (Defect.CONTACTS_SHORT, 60), (Defect.LEAF_FORCED, 40)):
        gate.lane.defects |= defect
        gate.run(ms, gate.host.want())
        gate.lane.defects = 0
        gate.want(200)
    assert not gate.faults


def test_a_contradicting_presence_sensor_keeps_an_open_leaf_open(gate: Bench) -> None:
    gate.open(1)
    gate.lane.defects |= Defect.PRESENCE_CUT
    gate.want(500)
    assert gate.faults == Faults.PRESENCE
    assert gate.lane.fully_open


def test_three_grants_of_people_who_walk_backwards_are_swapped_beams(gate: Bench) -> None:
    gate.walk = BACKWARDS
    for grant in (1, 2, 3):
        assert not gate.faults
        gate.open(grant)
        gate.want(700, grant)
        gate.until(lambda: gate.closed, 1500, gate.host.want)
        gate.want(100)
    assert gate.faults == Faults.BEAMS_SWAPPED
    assert gate.status.reverse == 3


# --- fail modes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("straps", "mode", "energised", "unfit"),
    [
        (0, FailMode.SECURE, False, False),
        (Pin.FAIL_SAFE, FailMode.SAFE, True, False),
        (Pin.HOLD, FailMode.HOLD, False, False),
        (Pin.HOLD | Pin.ESCAPE, FailMode.SAFE, True, True),
        (Pin.HOLD | Pin.FAIL_SAFE, FailMode.SAFE, True, True),
        (Pin.FAIL_SAFE | Pin.ESCAPE, FailMode.SAFE, True, False),
        (Pin.ESCAPE, FailMode.SECURE, False, False),
    ],
)
def test_g6_straps_choose_the_fail_mode(make: Make, straps: int, mode: FailMode, energised: bool, unfit: bool) -> None:
    bench = make(straps=straps)
    bench.want(300)
    bench.greet()
    assert bench.host.welcome is not None
    assert bench.host.welcome.fail_mode == mode
    assert bool(bench.lane.drive & Drive.RELAY) is energised, "closed"
    assert bool(bench.faults & Faults.STRAPS) is unfit


def test_g6_a_fail_safe_lock_opens_by_letting_go(make: Make) -> None:
    bench = make(straps=Pin.FAIL_SAFE)
    bench.want(200)
    bench.greet()
    bench.open(1)
    assert not bench.lane.drive & Drive.RELAY
    bench.want(250)
    assert bench.closed
    assert not bench.faults


def test_straps_that_cannot_be_are_not_reset_on_the_line(make: Make) -> None:
    bench = make(straps=Pin.HOLD | Pin.FAIL_SAFE)
    bench.want(200)
    bench.greet()
    bench.turn(Pin.SERVICE)
    bench.run(WANT_MS, bench.host.service(Action.RESET))
    assert bench.refusal is Refusal.NONE
    assert bench.faults == Faults.STRAPS


def left_open(make: Make, straps: int) -> Bench:
    bench = make(straps=straps)
    bench.greet()
    bench.open(1)
    bench.restart()
    return bench


def test_g6_every_start_is_safe_and_closes_a_leaf_found_open(make: Make) -> None:
    bench = left_open(make, 0)
    bench.run(300)
    assert bench.closed
    assert bench.flags & Flag.SAFE
    assert not bench.faults


def test_g6_hold_leaves_a_leaf_as_it_is_found_until_a_host_or_technician_comes(make: Make) -> None:
    bench = left_open(make, Pin.HOLD)
    bench.run(1200)
    assert bench.told_open
    assert not bench.flags & Flag.ALARM
    bench.greet()
    bench.until(lambda: bench.closed, 200, bench.host.want)
    bench = left_open(make, Pin.HOLD)
    bench.lane.pins |= int(Pin.SERVICE)
    bench.until(lambda: bench.closed, 300)


# --- memory ---------------------------------------------------------------------------------------------------------


def torn_images() -> list[bytes]:
    """A start, a commissioning and a fire, cut at each byte; and every byte of each record wrong."""
    memory, images = Memory(READY), [READY]
    memory.begin()
    memory.latch(True, int(Faults.FORCED))
    while memory.store():
        images.append(memory.stored)
    for at in (*range(25), *range(STARTS[0], STARTS[0] + 5), *range(LATCHED, LATCHED + 4)):
        wrong = bytearray(images[-1])
        wrong[at] ^= 0x10
        images.append(bytes(wrong))
    return images


@pytest.mark.parametrize("kind", ["model", "native"])
def test_memory_torn_or_wrong_at_any_byte_starts_safe_and_closed(kind: str) -> None:
    for image in torn_images():
        bench = Bench(KINDS[kind], image)
        assert bench.flags & Flag.SAFE
        fire = bool(image[LATCHED])
        assert bench.told_open is fire
        assert bool(bench.flags & Flag.EMERGENCY) is fire
        bench.run(40, bench.host.hello())
        assert bench.host.welcome is None or bench.host.epoch >> 32 in (4, 5)
        bench.run(40, bench.host.want(1))
        assert bench.told_open is (fire or (not bench.faults and bool(bench.flags & Flag.COMMISSIONED)))
        bench.close()


@pytest.mark.parametrize("begin", [KINDS["model"], KINDS["native"]], ids=["model", "native"])
def test_no_epoch_is_said_twice_however_often_the_power_is_cut(begin: Begin) -> None:
    bench = Bench(begin)
    epochs: list[int] = []
    for cut_ms in range(1, 40):
        bench.restart()
        bench.greet()
        epochs.append(bench.host.epoch)
        bench.restart(cut_ms)
    assert epochs == sorted(set(epochs))


def test_no_believable_start_is_no_session(make: Make) -> None:
    bench = make(READY[:32] + bytes(range(1, 14)) + READY[45:])
    bench.run(100, bench.host.hello())
    assert bench.host.welcome is None
    assert bench.refusal is Refusal.BARRED
    assert bench.faults & Faults.MEMORY


def test_a_memory_fault_that_was_reset_is_gone_after_the_next_start(make: Make) -> None:
    bench = make(READY[:LATCHED] + b"\0\1\0\0" + READY[LATCHED + 4 :])
    bench.greet()
    assert bench.faults == Faults.MEMORY
    bench.turn(Pin.SERVICE)
    bench.run(100, bench.host.service(Action.RESET))
    assert not bench.faults
    bench.restart()
    bench.greet()
    assert not bench.faults
    assert bench.host.gate == SITE.gate
