"""An OSDP door against libosdp's own peripheral device on a real pseudo terminal."""

import itertools
import time
from collections.abc import Callable, Iterator

import osdp_sys
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.door import Position
from hardware.errors import PortClosed
from hardware.inputs import Inputs
from hardware.lights import Lamp
from hardware.osdp.commands import buzz, light, words
from hardware.osdp.door import Wiring
from tests.integration.osdp_rig import OURS, STEP_S, THEIRS, Rig

Build = Callable[..., Rig]


@pytest.fixture
def build() -> Iterator[Build]:
    rigs: list[Rig] = []

    def make(wiring: Wiring, *more: object, **most: object) -> Rig:
        rigs.append(Rig(wiring, *more, **most))  # type: ignore[arg-type]
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


def test_a_grant_opens_for_its_time_and_the_reader_closes_though_the_panel_is_silent(build: Build) -> None:
    rig = build(Wiring(output=0, opens_ms=400))
    rig.until(rig.ready)
    assert rig.door.grant() == 1
    rig.until(lambda: rig.reader.is_on(0, time.monotonic()))
    now_s = time.monotonic()
    assert rig.reader.is_on(0, now_s + 0.1)
    assert not rig.reader.is_on(0, now_s + 0.4)  # by its own clock: nothing more was said to it
    assert [c["control_code"] for c in rig.told(osdp_sys.CMD_OUTPUT)] == [1, 5]


def test_one_grant_at_a_time_and_ready_again_when_it_has_ended(build: Build) -> None:
    rig = build(Wiring(opens_ms=200))
    assert rig.door.grant() is None
    rig.until(rig.ready)
    assert rig.door.grant() == 1
    assert rig.door.grant() is None
    rig.step()
    assert rig.door.grant() is None
    rig.until(rig.ready)
    assert rig.door.grant() == 2


def test_a_withdrawn_grant_switches_the_output_off(build: Build) -> None:
    rig = build(Wiring(opens_ms=10_000))
    rig.until(rig.ready)
    rig.door.grant()
    rig.until(lambda: rig.reader.is_on(0, time.monotonic()))
    rig.door.shut()
    rig.until(lambda: not rig.reader.is_on(0, time.monotonic()))


def test_a_cut_cable_is_noticed_and_the_reader_is_back_after_it(build: Build) -> None:
    rig = build(Wiring(opens_ms=200))
    rig.until(rig.ready)
    session = rig.door.state.session if rig.door.state else 0
    rig.line.cut = True
    rig.until(lambda: rig.codes() == {"osdp_silent"})
    assert rig.door.grant() is None
    rig.line.cut = False
    rig.until(rig.ready)
    assert rig.door.state is not None
    assert rig.door.state.session == session + 1


def test_a_grant_given_before_a_cut_never_opens_after_it(build: Build) -> None:
    rig = build(Wiring(opens_ms=300))
    rig.until(rig.ready)
    rig.line.cut = True
    assert rig.door.grant() == 1
    rig.until(lambda: "osdp_silent" in rig.codes())
    rig.line.cut = False
    rig.until(rig.ready)
    for _ in range(50):
        rig.step()
    assert not any(rig.seen_on)


def test_another_key_is_an_alarm_that_ends_the_trying(build: Build) -> None:
    rig = build(Wiring(), THEIRS)
    rig.until(lambda: rig.codes() == {"osdp_key_mismatch"})
    assert rig.door.state is not None
    assert "load the key" in rig.door.state.faults[0].check
    heard = rig.line.heard
    for _ in range(250):  # long enough for three more tries
        rig.step()
    assert rig.line.heard - heard < 200
    assert not rig.told(osdp_sys.CMD_OUTPUT)
    assert rig.door.grant() is None


def test_a_reader_in_install_mode_is_refused(build: Build) -> None:
    rig = build(Wiring(), None)
    rig.until(lambda: bool(rig.codes() & {"osdp_not_secure", "osdp_key_mismatch"}))
    assert not rig.told(osdp_sys.CMD_OUTPUT)


@pytest.mark.parametrize(("kind", "code"), [("echo", "osdp_echo"), ("noise", "osdp_garbage"), ("cut", "osdp_silent")])
def test_each_bad_line_has_its_own_fault(build: Build, kind: str, code: str) -> None:
    rig = build(Wiring())
    rig.line.cut = True
    rig.line.echo, rig.line.noise = kind == "echo", b"\x00\xe0\x1c\x07" * 3 if kind == "noise" else b""
    rig.until(lambda: rig.codes() == {code})


def test_lights_and_buzzer_arrive_as_in_the_table(build: Build) -> None:
    rig = build(Wiring(opens_ms=300))
    rig.until(rig.ready)
    for lamp in (Lamp.READY, Lamp.LOOKING, Lamp.SEE_AGENT):
        rig.door.light(lamp)
        wanted = words(light(lamp))
        rig.until(lambda wanted=wanted: wanted in rig.told(osdp_sys.CMD_LED))  # type: ignore[misc]
    wanted = words(buzz(Lamp.SEE_AGENT))
    rig.until(lambda: wanted in rig.told(osdp_sys.CMD_BUZZER))


def test_green_is_shown_only_while_open(build: Build) -> None:
    rig = build(Wiring(opens_ms=3000, inputs=Inputs(closed=0)))
    rig.reader.senses.active = 1
    rig.until(rig.ready)
    rig.door.light(Lamp.GO)
    rig.door.grant()
    rig.until(lambda: rig.reader.is_on(0, time.monotonic()))
    assert rig.door.state is not None
    assert rig.door.state.lamp is not Lamp.GO
    rig.reader.senses.active = 0
    rig.until(lambda: words(light(Lamp.GO)) in rig.told(osdp_sys.CMD_LED))
    assert rig.door.state.position is Position.OPEN
    rig.reader.senses.active = 1
    rig.until(lambda: rig.door.state is not None and rig.door.state.lamp is Lamp.LOOKING)


def test_a_person_through_the_beams_is_counted(build: Build) -> None:
    rig = build(Wiring(inputs=Inputs(entry=1, exit=2, presence=3)))
    rig.until(rig.ready)
    for active in (0b1000, 0b1010, 0b1100, 0b1000, 0b0000):
        rig.reader.senses.active = active
        for _ in range(30):
            rig.step()
    rig.until(lambda: rig.door.state is not None and rig.door.state.forward == 1)


def test_a_forced_leaf_tampering_and_power_are_faults(build: Build) -> None:
    rig = build(Wiring(inputs=Inputs(closed=0)))
    rig.reader.senses.active = 1
    rig.until(rig.ready)
    rig.reader.senses.active = 0
    rig.until(lambda: rig.codes() == {"forced_open"})
    rig.reader.senses.active = 1
    rig.until(rig.ready)
    rig.reader.senses.tamper = rig.reader.senses.power_failed = True
    rig.until(lambda: rig.codes() == {"osdp_tamper", "osdp_power"})
    assert rig.door.grant() is None


def test_a_reader_without_that_output_is_never_ready(build: Build) -> None:
    rig = build(Wiring(output=7))
    rig.until(lambda: rig.codes() == {"osdp_no_output"})
    assert rig.door.grant() is None


def test_refused_lights_do_not_take_the_door_down(build: Build) -> None:
    rig = build(Wiring(opens_ms=200), OURS, frozenset({osdp_sys.CMD_LED}))
    rig.until(rig.ready)
    rig.until(lambda: len(rig.told(osdp_sys.CMD_LED)) == 2 and rig.ready())
    assert rig.door.grant() is not None
    rig.until(lambda: rig.reader.is_on(0, time.monotonic()))


def test_a_vanished_port_is_an_error(build: Build) -> None:
    rig = build(Wiring())
    rig.until(rig.ready)
    rig.line.close()
    with pytest.raises(PortClosed):
        for _ in range(300):
            rig.door.poll(time.monotonic())
            time.sleep(STEP_S)


CALLS = ("grant", "shut", "light", "cut", "mend", "wait", "tamper", "leaf")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(CALLS), min_size=3, max_size=10))
def test_no_order_of_calls_holds_the_output_on(calls_rig: Rig, calls: list[str]) -> None:
    rig = calls_rig
    lamps = itertools.cycle(Lamp)
    for call in calls:
        match call:
            case "grant":
                rig.door.grant()
            case "shut":
                rig.door.shut()
            case "light":
                rig.door.light(next(lamps))
            case "cut" | "mend":
                rig.line.cut = call == "cut"
            case "tamper":
                rig.reader.senses.tamper = not rig.reader.senses.tamper
            case "leaf":
                rig.reader.senses.active ^= 1
            case _:
                pass
        for _ in range(4):
            rig.step()
    for command in rig.told(osdp_sys.CMD_OUTPUT):
        assert (command["control_code"], command["timer_count"]) in {(1, 0), (5, 2)}


@pytest.fixture
def calls_rig(build: Build) -> Rig:
    rig = build(Wiring(opens_ms=200, inputs=Inputs(closed=0)))
    rig.reader.senses.active = 1
    rig.until(rig.ready)
    return rig


def test_an_opening_asked_before_the_host_stalled_does_not_come_after_it(build: Build) -> None:
    rig = build(Wiring(opens_ms=5000))
    rig.until(rig.ready)
    rig.door.grant()
    rig.door.poll(time.monotonic())
    end_s = time.monotonic() + 2.0
    while time.monotonic() < end_s:  # the reader runs; the host is stopped
        rig.reader.advance(time.monotonic())
        time.sleep(STEP_S)
    stopped_on = rig.reader.is_on(0, time.monotonic())
    rig.seen_on.clear()
    rig.door.shut()
    rig.step()
    rig.until(rig.ready)
    assert not stopped_on
    assert not any(rig.seen_on)


def test_junk_on_the_line_locks_nobody_out(build: Build) -> None:
    rig = build(Wiring())
    rig.until(rig.ready)
    rig.line.cut, rig.line.noise = True, b"\x53\x85\x08\x00"  # begins like an answer without a key
    end_s = time.monotonic() + 4.0
    while time.monotonic() < end_s:
        rig.step()
    assert not rig.ready()
    rig.line.cut, rig.line.noise = False, b""
    rig.until(rig.ready)
