"""What every gate controller promises by itself: the model, the firmware's code, the firmware in its simulated chip."""

from collections.abc import Callable

import pytest

from hardware.door import Position
from hardware.gate.lane import WALKER, Defect
from hardware.gate.limits import SERVICE_MS, SILENCE_MS, Action, Flag, Pin, Refusal
from hardware.gate.native import Native
from hardware.gate.script import READY, SITE, WANT_MS, Bench
from hardware.lights import Lamp
from tests.gates import LONG, PERSON

Make = Callable[..., Bench]
SLACK_MS = 15  # a frame's way over a line, and the relay's


# --- grants ---------------------------------------------------------------------------------------------------------


def test_opens_when_granted_and_closes_when_shut(gate: Bench) -> None:
    assert gate.status.position == Position.CLOSED
    gate.open(1)
    gate.want(WANT_MS, 1)
    assert gate.status.position == Position.OPEN
    assert gate.flags & Flag.GRANTED
    assert gate.status.last_grant == 1
    gate.want(300)
    assert gate.status.position == Position.CLOSED
    assert not gate.status.faults


def test_g3_closes_after_its_own_time_whatever_the_host_wants(gate: Bench) -> None:
    gate.run(1, gate.host.want(1))
    gate.until(lambda: gate.told_open, 20)
    open_ms = gate.until(lambda: not gate.told_open, 2000, lambda: gate.host.want(1))
    assert abs(open_ms - SITE.opens_ms) <= SLACK_MS
    gate.until(lambda: gate.closed, 200)


@pytest.mark.parametrize(("lease_ms", "open_ms"), [(150, 150), (600, 600), (5000, 1000)])
def test_a_wish_lapses_with_its_lease(make: Make, lease_ms: int, open_ms: int) -> None:
    bench = make(LONG)
    bench.greet()
    bench.run(0, bench.host.want(1, lease_ms=lease_ms))
    bench.until(lambda: bench.told_open, 20)
    assert abs(bench.until(lambda: not bench.told_open, 1100) - open_ms) <= SLACK_MS


def test_g2_a_grant_number_opens_once(gate: Bench) -> None:
    gate.open(5)
    gate.want(300)
    for number in (5, 4, 1):
        gate.want(2 * WANT_MS, number)
        assert gate.refusal is Refusal.GRANT
        assert gate.closed
    gate.open(6)


def test_g5_silence_is_safe_within_a_second_and_service_resumes(gate: Bench) -> None:
    epoch = gate.host.epoch
    gate.open(1)
    gate.run(SILENCE_MS)
    assert gate.flags & Flag.SAFE
    assert gate.status.epoch > epoch
    assert gate.closed
    gate.want(WANT_MS, 2)
    assert gate.refusal is Refusal.EPOCH
    before_ms = gate.lane.now_ms
    gate.greet()
    gate.open(2)
    assert gate.lane.now_ms - before_ms <= 2000


def test_g5_a_held_grant_is_void_after_silence_in_mid_opening(make: Make) -> None:
    bench = make(LONG)
    bench.greet()
    bench.until(lambda: bench.lane.fully_open, 300, lambda: bench.host.want(1, lease_ms=1000))
    bench.until(lambda: not bench.told_open, SILENCE_MS + SLACK_MS)


def test_a_hello_voids_the_grant(gate: Bench) -> None:
    gate.open(1)
    epoch = gate.host.epoch
    gate.run(30, gate.host.hello())
    assert gate.host.welcome is not None
    assert gate.host.welcome.epoch > epoch
    assert not gate.told_open
    gate.want(300, 1)
    assert gate.closed


def test_a_leaf_that_is_not_closed_takes_no_grant(gate: Bench) -> None:
    gate.open(1)
    gate.want(WANT_MS)
    assert not gate.closed
    gate.want(WANT_MS, 2)
    assert gate.refusal is Refusal.LEAF


def test_g7_never_closes_on_somebody_and_says_so(gate: Bench) -> None:
    gate.open(1)
    gate.turn(PERSON)
    gate.want(SITE.opens_ms)
    assert gate.told_open
    assert gate.flags & Flag.ALARM
    assert gate.status.lamp == Lamp.HELD
    gate.turn(PERSON, 60)
    assert gate.told_open, "not at once: a sensor may lose somebody for a moment"
    gate.until(lambda: gate.closed, 300, gate.host.want)


def test_g7_somebody_in_a_closing_leaf_opens_it_again(gate: Bench) -> None:
    gate.open(1)
    gate.until(lambda: not gate.told_open, 100, gate.host.want)
    gate.run(50)
    assert not gate.closed
    gate.lane.pins |= int(Pin.ENTRY)
    gate.until(lambda: gate.lane.fully_open, 200, gate.host.want)
    gate.lane.pins &= ~int(Pin.ENTRY)
    gate.until(lambda: gate.closed, 400, gate.host.want)
    gate.turn(Pin.ENTRY)
    assert not gate.told_open, "once closed only a grant opens"


def test_g7_silence_does_not_close_on_somebody(gate: Bench) -> None:
    gate.open(1)
    gate.lane.pins |= PERSON
    gate.run(SILENCE_MS + 300)
    assert gate.flags & Flag.SAFE
    assert gate.lane.fully_open


def test_one_person_who_walks_through_is_counted_once(gate: Bench) -> None:
    gate.walk = WALKER
    gate.open(1)
    gate.want(1900)
    assert (gate.status.forward, gate.status.reverse, gate.status.doubtful) == (1, 0, 0)


# --- emergency, release, service ------------------------------------------------------------------------------------


def test_g4_fire_opens_within_100_ms_and_stays_through_a_power_cut(make: Make) -> None:
    bench = make()
    bench.lane.pins |= int(Pin.FIRE)
    assert bench.until(lambda: bench.told_open, 100) >= 5, "a spike is not a fire"
    bench.lane.pins = 0
    bench.run(500)
    assert bench.lane.fully_open
    bench.restart()
    assert bench.told_open
    assert bench.flags & Flag.EMERGENCY
    bench.lane.pins = int(Pin.SERVICE)
    bench.until(lambda: bench.closed, 200)
    assert not bench.flags & Flag.EMERGENCY


def test_g4_the_service_switch_does_not_end_a_fire_that_burns(gate: Bench) -> None:
    gate.turn(Pin.FIRE)
    gate.turn(Pin.SERVICE, 100)
    assert gate.told_open
    gate.turn(Pin.FIRE, 100)
    assert gate.told_open, "the switch must be turned on after it"
    gate.turn(Pin.SERVICE, 60)
    gate.turn(Pin.SERVICE, 60)
    assert not gate.told_open


def test_g4_fire_opens_whatever_else_is_so(gate: Bench) -> None:
    gate.lane.defects |= Defect.FEEDBACK_CUT
    gate.open(1)
    gate.want(700, 1)
    assert gate.status.faults
    gate.turn(Pin.FIRE, 100)
    assert gate.told_open
    gate.want(WANT_MS, 2)
    assert gate.refusal is Refusal.BARRED


def test_the_release_opens_while_it_is_pressed(gate: Bench) -> None:
    gate.turn(Pin.RELEASE, 150)
    assert gate.told_open
    assert gate.flags & Flag.RELEASE
    gate.turn(Pin.RELEASE, 200)
    assert gate.closed
    assert not gate.flags & Flag.RELEASE


def test_service_mode_takes_no_grant_and_ends_with_its_switch(gate: Bench) -> None:
    gate.open(1)
    gate.turn(Pin.SERVICE)
    assert gate.flags & Flag.SERVICE
    assert not gate.told_open
    gate.want(200)
    gate.want(WANT_MS, 2)
    assert gate.refusal is Refusal.BARRED
    gate.turn(Pin.SERVICE)
    gate.open(3)


def test_service_mode_ends_by_itself_after_ten_minutes() -> None:
    bench = Bench(Native)
    bench.greet()
    bench.turn(Pin.SERVICE)
    on_ms = bench.lane.now_ms
    bench.lane.now_ms += SERVICE_MS - 1000  # no step by step: the pins stay as they are
    bench.lane.drive = bench.lane.controller.tick(bench.lane.now_ms, bench.lane.sensed())
    bench.run(500)
    assert bench.flags & Flag.SERVICE
    bench.until(lambda: not bench.flags & Flag.SERVICE, 1000)
    assert abs(bench.lane.now_ms - on_ms - SERVICE_MS) <= WANT_MS
    bench.greet()
    bench.turn(Pin.SERVICE)
    assert not bench.flags & Flag.SERVICE
    bench.turn(Pin.SERVICE)
    assert bench.flags & Flag.SERVICE


def test_a_switch_that_is_on_at_the_start_begins_nothing(make: Make) -> None:
    bench = make()
    bench.lane.pins |= int(Pin.SERVICE)
    bench.restart()
    bench.greet()
    assert not bench.flags & Flag.SERVICE


@pytest.mark.parametrize("memory", [SITE.image(), READY], ids=["new key", "commissioned"])
def test_only_a_technician_at_the_gate_commissions_a_key(make: Make, memory: bytes) -> None:
    bench = make(memory)
    bench.greet()
    commissioned = bool(bench.flags & Flag.COMMISSIONED)
    assert commissioned is (memory == READY)
    bench.run(WANT_MS, bench.host.service(Action.COMMISSION))
    assert bench.status.refusal == Refusal.SERVICE
    bench.want(WANT_MS, 1)
    assert bench.told_open is commissioned
    bench.want(300)
    bench.turn(Pin.SERVICE)
    bench.run(WANT_MS, bench.host.service(Action.COMMISSION))
    assert bench.status.refusal == Refusal.NONE
    bench.turn(Pin.SERVICE)
    bench.restart()
    bench.greet()
    bench.open(2)


# --- clock ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "promise",
    [
        test_g3_closes_after_its_own_time_whatever_the_host_wants,
        test_g5_silence_is_safe_within_a_second_and_service_resumes,
        test_g7_never_closes_on_somebody_and_says_so,
        test_g7_somebody_in_a_closing_leaf_opens_it_again,
        test_one_person_who_walks_through_is_counted_once,
        test_g4_fire_opens_whatever_else_is_so,
        test_service_mode_takes_no_grant_and_ends_with_its_switch,
    ],
    ids=lambda promise: promise.__name__.removeprefix("test_"),
)
def test_the_same_while_the_clock_wraps(late: Bench, promise: Callable[[Bench], None]) -> None:
    promise(late)
