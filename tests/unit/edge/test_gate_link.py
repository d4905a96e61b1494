"""The brain's end of the gate, with the real driver on a modelled controller: what it hears of it, and when."""

from collections.abc import Iterator

import pytest

from edge.encounter.events import Event, GateChanged, GateHeld, GateLost, GateMoved
from edge.gate_link import GateLink
from hardware.gate.lane import Defect
from hardware.gate.limits import Pin
from hardware.gate.model import GateModel
from tests.gates import PERSON, Driven

BEAT_MS = 50


class Rig:
    def __init__(self) -> None:
        self.bench, self.heard = Driven(GateModel), list[Event]()
        self.bench.walk = None
        self.link = GateLink(lambda _: self.bench.gate, self.heard.append)

    def beat(self, ms: int, *, rests: bool = False) -> None:
        for _ in range(ms // BEAT_MS):
            (self.link.rest if rests else self.link.poll)(self.bench.now_s)
            self.bench.pass_time(BEAT_MS)

    def grant(self) -> None:
        self.link.grant(self.bench.now_s, self.link.next_grant)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    rig.beat(600)
    rig.heard.clear()
    yield rig
    rig.bench.close()


def test_g5_a_loop_that_rests_gives_no_heartbeat_and_is_in_service_again_afterwards(rig: Rig) -> None:
    rig.grant()
    rig.beat(500)
    assert rig.bench.lane.fully_open
    rig.beat(2000, rests=True)
    assert rig.bench.lane.leaf_ms == 0
    assert rig.link.state is None, "what the controller was is not what it is"
    rig.beat(600)
    assert rig.link.state is not None
    assert rig.link.state.ready


def test_g11_only_the_number_that_is_on_disk_opens(rig: Rig) -> None:
    for number in (None, 0, 2):
        rig.link.grant(rig.bench.now_s, number)
    rig.beat(500)
    assert rig.bench.lane.opened_ms is None
    assert [type(event) for event in rig.heard] == [GateLost] * 3
    rig.grant()
    rig.beat(500)
    assert rig.bench.lane.fully_open


def test_g8_a_gate_that_breaks_while_open_is_told_at_once_by_its_code(rig: Rig) -> None:
    rig.grant()
    rig.beat(500)
    rig.heard.clear()
    rig.bench.lane.defects = int(Defect.FEEDBACK_CUT)
    rig.beat(500)
    assert [event.why[:12] for event in rig.heard if isinstance(event, GateLost)] == ["feedback_cut"]
    assert GateChanged(False) in rig.heard


def test_a_leaf_held_open_is_told_once(rig: Rig) -> None:
    rig.grant()
    rig.bench.lane.pins = PERSON
    rig.beat(8000)
    assert rig.heard.count(GateHeld()) == 1
    assert GateMoved("open", 0) in rig.heard


def test_nobody_is_invited_to_a_gate_out_of_service_until_it_is_back(rig: Rig) -> None:
    rig.bench.lane.pins = int(Pin.SERVICE)
    rig.beat(200)
    rig.bench.lane.pins = 0
    rig.beat(200)
    assert [event for event in rig.heard if isinstance(event, GateChanged)] == [GateChanged(False), GateChanged(True)]
