"""What every relay board's door promises, on a board in memory and on a board behind a real pseudo terminal."""

from collections.abc import Iterator

import pytest

from hardware.door import Position
from hardware.inputs import Inputs
from hardware.port import DirectPort
from hardware.relays.bytewise import Lcus
from hardware.relays.door import Pulse, RelayDoor
from hardware.relays.modbus import Modbus
from hardware.relays.model import LcusModel, ModbusModel, Relays
from tests.contract.relay_rigs import (
    CHANNEL,
    KINDS,
    PULSE,
    Bench,
    Build,
    Kind,
    Memory,
    Pty,
    codes,
    ready,
    state,
    until,
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def build() -> Iterator[Build]:
    benches: list[Bench] = []

    def make(where: type[Bench], kind: Kind, pulse: Pulse = PULSE) -> Bench:
        benches.append(where(kind, pulse))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.mark.parametrize("where", [Memory, Pty])
def test_a_grant_is_one_pulse_and_the_cabinet_opens_once(build: Build, kind: Kind, where: type[Bench]) -> None:
    bench = build(where, kind)
    assert bench.door.grant() is None
    until(bench, lambda: ready(bench))
    assert bench.relays.turned[0][1:] == (CHANNEL, False)  # off first
    assert bench.door.grant() == 1
    for _ in range(2):
        assert bench.door.grant() is None
        bench.step()
    until(bench, lambda: bench.cabinet.is_open(bench.now_s))
    until(bench, lambda: not bench.relays.is_on(CHANNEL, bench.now_s))
    until(bench, lambda: not bench.cabinet.is_open(bench.now_s))
    until(bench, lambda: ready(bench))
    assert [on for _, _, on in bench.relays.turned].count(True) == 1
    assert not state(bench).faults


def test_the_pulse_is_as_long_as_configured(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    bench.door.grant()
    until(bench, lambda: bench.relays.is_on(CHANNEL, bench.now_s))
    on_s = bench.now_s
    until(bench, lambda: not bench.relays.is_on(CHANNEL, bench.now_s))
    assert 0.25 <= bench.now_s - on_s <= 0.40


def test_a_withdrawn_grant_is_not_sent_and_a_running_pulse_ends(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    bench.door.grant()
    bench.door.shut()
    for _ in range(10):
        bench.step()
    assert not any(on for _, _, on in bench.relays.turned)
    bench.door.grant()
    until(bench, lambda: bench.relays.is_on(CHANNEL, bench.now_s))
    bench.door.shut()
    until(bench, lambda: not bench.relays.is_on(CHANNEL, bench.now_s), 4)


def test_closing_switches_off(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    bench.door.grant()
    until(bench, lambda: bench.relays.is_on(CHANNEL, bench.now_s))
    bench.door.close()
    assert not bench.relays.is_on(CHANNEL, bench.now_s)


def test_a_board_without_inputs_says_nothing_of_the_leaf(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    assert (state(bench).position, state(bench).presence, state(bench).lamp) == (None, None, None)
    assert any("no dead man" in sentence for sentence in bench.door.not_guaranteed)
    assert any("No contact observes the leaf" in sentence for sentence in bench.door.not_guaranteed)


ANSWERING = KINDS[1:]
FLASHLESS = KINDS[1:4]


@pytest.mark.parametrize("kind", ANSWERING, ids=lambda kind: kind.name)
def test_a_silent_board_is_a_fault_that_ends_when_it_answers(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    session = state(bench).session
    bench.cable.silent = True
    until(bench, lambda: codes(bench) == {"board_silent"})
    assert bench.door.grant() is None
    for _ in range(40):
        bench.step()
        assert codes(bench) == {"board_silent"}
    bench.cable.silent = False
    until(bench, lambda: ready(bench))
    assert state(bench).session == session + 1


def test_an_echoing_line_is_named(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    bench.cable.echo = True
    until(bench, lambda: codes(bench) == {"board_echo"})
    assert bench.door.grant() is None


def test_garbage_is_named(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    bench.cable.noise = bytes.fromhex("00e0f81c9e00fe1307881200") * 3
    until(bench, lambda: codes(bench) == {"board_garbage"})
    assert "baud" in state(bench).faults[0].check


def test_a_board_that_refuses_is_named(build: Build) -> None:
    kind = Kind("few", lambda: Modbus(1, 12, flashes=False), ModbusModel)
    bench = build(Memory, kind)
    until(bench, lambda: codes(bench) == {"board_refused"})


def test_flash_on_a_board_without_it_is_refused_and_opens_nothing(build: Build) -> None:
    kind = Kind("flashless", lambda: Modbus(1, CHANNEL, flashes=True), ModbusModel)
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    bench.door.grant()
    for _ in range(40):
        bench.step()
    assert not any(on for _, _, on in bench.relays.turned)


@pytest.mark.parametrize("kind", ANSWERING, ids=lambda kind: kind.name)
def test_a_welded_relay_is_a_fault_for_good(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    until(bench, lambda: ready(bench))
    bench.relays.welded = True
    if kind.name == "modbus-flash":
        bench.relays.turn(CHANNEL, True, bench.now_s)
    else:
        bench.door.grant()
    until(bench, lambda: "relay_stuck" in codes(bench))
    bench.relays.welded = False
    for _ in range(60):
        bench.step()
    assert "relay_stuck" in codes(bench)
    assert bench.door.grant() is None


@pytest.mark.parametrize("kind", ANSWERING, ids=lambda kind: kind.name)
def test_a_relay_that_does_not_switch_is_a_fault(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind, Pulse(pulse_ms=1_000))
    until(bench, lambda: ready(bench))
    bench.relays.unpowered = True
    bench.door.grant()
    until(bench, lambda: codes(bench) == {"relay_dead"})


@pytest.mark.parametrize("kind", KINDS[2:4], ids=lambda kind: kind.name)
@pytest.mark.parametrize("where", [Memory, Pty])
def test_inputs_tell_leaf_and_passages(build: Build, kind: Kind, where: type[Bench]) -> None:
    inputs = Inputs(closed=0, entry=1, exit=2, presence=3)
    bench = build(where, kind, Pulse(pulse_ms=200, opens_ms=5_000, inputs=inputs))
    bench.relays.inputs = 0b0001
    until(bench, lambda: ready(bench))
    assert state(bench).position is Position.CLOSED
    bench.door.grant()
    until(bench, lambda: bench.relays.is_on(CHANNEL, bench.now_s))
    bench.relays.inputs = 0b0000
    until(bench, lambda: state(bench).position is Position.OPEN)
    for active in (0b1000, 0b1010, 0b1000, 0b1100, 0b1000, 0b0000):
        bench.relays.inputs = active
        for _ in range(8):
            bench.step()
    until(bench, lambda: state(bench).forward == 1)
    assert state(bench).presence is False
    bench.relays.inputs = 0b0001
    until(bench, lambda: ready(bench))
    assert (state(bench).reverse, state(bench).doubtful) == (0, 0)


@pytest.mark.parametrize("kind", KINDS[2:4], ids=lambda kind: kind.name)
def test_a_leaf_forced_or_held_open_is_told(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind, Pulse(pulse_ms=200, opens_ms=500, inputs=Inputs(closed=4, inverted=frozenset({4}))))
    until(bench, lambda: ready(bench))
    bench.relays.inputs = 0b10000
    until(bench, lambda: codes(bench) == {"forced_open"})
    bench.relays.inputs = 0
    until(bench, lambda: ready(bench))
    bench.door.grant()
    until(bench, lambda: bench.relays.is_on(CHANNEL, bench.now_s))
    bench.relays.inputs = 0b10000
    until(bench, lambda: state(bench).alarm)
    assert not codes(bench)


def test_inputs_on_a_board_without_any_are_refused() -> None:
    with pytest.raises(ValueError, match=r"gate\.inputs: this kind of relay board has no inputs"):
        RelayDoor(DirectPort(LcusModel(Relays())), Lcus(1), Pulse(inputs=Inputs(closed=0)))


@pytest.mark.parametrize(("pulse_ms", "opens_ms"), [(50, 5_000), (3_000, 5_000), (500, 400), (500, 11_000)])
def test_a_pulse_and_an_opening_are_bounded(pulse_ms: int, opens_ms: int) -> None:
    with pytest.raises(ValueError, match=r"must .* got"):
        Pulse(pulse_ms=pulse_ms, opens_ms=opens_ms)


@pytest.mark.parametrize("kind", FLASHLESS, ids=lambda kind: kind.name)
def test_a_host_that_only_rests_ends_the_pulse_it_began_and_sends_no_other(build: Build, kind: Kind) -> None:
    bench = build(Memory, kind)
    assert isinstance(bench, Memory)
    until(bench, lambda: ready(bench))
    bench.door.grant()
    until(bench, lambda: bench.relays.is_on(CHANNEL, bench.now_s))
    bench.rests = True
    until(bench, lambda: not bench.relays.is_on(CHANNEL, bench.now_s))
    until(bench, lambda: ready(bench))
    bench.door.grant()
    for _ in range(40):
        bench.step()
        assert not bench.relays.is_on(CHANNEL, bench.now_s)
