"""The controller's own promises, in its own simulated time."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import LinkSilent
from hardware.gate import frames
from hardware.gate.driver import Gate
from hardware.gate.messages import Lamp, Position, Status, Want
from hardware.gate.model import GRANT_AGE_S, OPEN_S, SILENCE_S, TRAVEL_S, GateModel
from hardware.port import DirectPort

STEP_S = 0.05


class Bench:
    """A driver and a model in simulated time."""

    def __init__(self) -> None:
        self.model = GateModel(epoch=7)
        self.port = DirectPort(self.model)
        self.gate = Gate(self.port, 0.0)
        self.now_s = 0.0
        self.run(0.2)

    def run(self, seconds: float, *, silent: bool = False) -> Position:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            self.port.now_s = self.now_s
            if silent:
                self.model.exchange(b"", self.now_s)
            else:
                self.gate.poll(self.now_s)
        return self.model.position(self.now_s)

    def open(self) -> None:
        assert self.gate.grant()
        assert self.run(TRAVEL_S + 0.1) is Position.OPEN


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield Bench()


def test_g3_closes_after_its_own_time_whatever_the_host_wants(bench: Bench) -> None:
    bench.open()
    assert bench.run(OPEN_S - TRAVEL_S - 0.3) is Position.OPEN
    assert bench.run(0.4 + TRAVEL_S) is Position.CLOSED


def test_g2_a_used_grant_does_not_open_again(bench: Bench) -> None:
    bench.open()
    assert bench.run(OPEN_S + 1) is Position.CLOSED
    assert bench.run(5) is Position.CLOSED  # the driver still wants the same grant


def test_g5_silence_closes_and_voids_the_grant(bench: Bench) -> None:
    bench.open()
    bench.run(SILENCE_S + 0.1 + TRAVEL_S, silent=True)
    assert bench.model.position(bench.now_s) is Position.CLOSED
    assert bench.model.status(bench.now_s).safe
    assert bench.model.status(bench.now_s).epoch != 7
    assert bench.run(1) is Position.CLOSED  # the host comes back, still wanting: void


def test_back_in_service_after_silence_with_a_new_grant(bench: Bench) -> None:
    bench.run(3, silent=True)
    bench.run(0.2)
    bench.open()


def test_g7_never_closes_on_someone_standing_in_it(bench: Bench) -> None:
    bench.open()
    bench.model.passage.sense(True, True)
    bench.gate.shut()
    assert bench.run(OPEN_S + 2) is Position.OPEN
    assert bench.model.status(bench.now_s).alarm
    bench.model.passage.sense(False, False)
    assert bench.run(0.1 + TRAVEL_S) is Position.CLOSED


def test_g15_green_only_while_open_under_a_grant(bench: Bench) -> None:
    bench.gate.light(Lamp.GO)
    bench.run(0.2)
    assert bench.model.shown_lamp(bench.now_s) is not Lamp.GO
    bench.open()
    assert bench.model.shown_lamp(bench.now_s) is Lamp.GO


def test_g1_a_grant_must_answer_a_fresh_poll(bench: Bench) -> None:
    status = bench.gate.status
    assert status is not None
    bench.run(GRANT_AGE_S + 0.2)
    old = Want(status.epoch, 60_000 % 32_000, status.poll, 1, 500, Lamp.GO)
    bench.model.exchange(frames.encode(old.pack()), bench.now_s)
    assert bench.model.position(bench.now_s) is Position.CLOSED


def test_a_recorded_line_played_again_opens_nothing(bench: Bench) -> None:
    sent: list[bytes] = []
    write = bench.port.write

    def record(data: bytes) -> None:
        sent.append(data)
        write(data)

    bench.port.write = record  # type: ignore[method-assign]
    bench.open()
    bench.gate.shut()
    bench.run(1)
    for data in sent * 50:
        bench.model.exchange(data, bench.now_s)
        assert bench.model.position(bench.now_s) is Position.CLOSED


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_no_noise_on_the_line_opens_the_gate(noise: bytes) -> None:
    model = GateModel()
    model.exchange(noise, 1.0)
    assert model.position(1.5) is Position.CLOSED


@given(st.integers(0, 3), st.integers(0, 65535), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_a_grant_of_another_epoch_or_poll_opens_nothing(epoch: int, sequence: int, poll: int, grant: int) -> None:
    model = GateModel(epoch=9)
    model.exchange(frames.encode(Want(epoch, sequence, poll, grant, 1000, Lamp.GO).pack()), 1.0)
    assert model.position(1.5) is Position.CLOSED


def test_messages_survive_the_line() -> None:
    want = Want(1, 2, 3, 4, 5, Lamp.GO)
    status = Status(1, 2, 3, 4, Position.OPEN, Lamp.GO, True, False, True, 9, 10)
    assert Want.unpack(want.pack()) == want
    assert Status.unpack(status.pack()) == status
    assert Want.unpack(want.pack()[:-1]) is None
    assert Want.unpack(b"W\x02" + want.pack()[2:]) is None, "another version"


def test_a_dead_controller_is_noticed() -> None:
    gate = Gate(DirectPort(_Dead()), 0.0)
    with pytest.raises(LinkSilent, match="no valid status for 1"):
        for step in range(30):
            gate.poll(step * STEP_S)


class _Dead:
    def exchange(self, received: bytes, now_s: float) -> bytes:
        return b""
