"""What stands against a grant without being a fault of the gate."""

import pytest

from hardware.gate.limits import Pin
from hardware.gate.model import GateModel
from tests.gates import Driven


@pytest.mark.parametrize(
    ("pins", "after_ms", "code"), [(Pin.RELEASE, 200, "release"), (Pin.ENTRY, 62_000, "lane_blocked")]
)
def test_what_keeps_the_gate_from_use_is_told_and_takes_no_grant(pins: Pin, after_ms: int, code: str) -> None:
    bench = Driven(GateModel)
    bench.walk = None
    bench.run(1000)
    assert bench.codes == set()
    bench.lane.pins = int(pins)
    bench.run(after_ms)
    assert bench.codes == {code}
    assert bench.gate.grant() is None
    bench.lane.pins = 0
    bench.run(1500)
    assert bench.codes == set()
    assert bench.gate.grant() == 1
