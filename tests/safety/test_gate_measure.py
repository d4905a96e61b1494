"""A gate is measured by its own clock, and what is wrong with it is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.gate.errors import BeamsSwapped, FaultLatched, LaneOccupied, NotReady, SessionLost
from calibration.gate.figures import figures, spread
from calibration.gate.judge import findings
from calibration.gate.keep import Whose, timing
from calibration.gate.measure import Measured
from calibration.whole import write
from edge.errors import TimingUnfit
from edge.gate_timing import Spread, Timing, read
from hardware.errors import LinkSilent
from hardware.gate.lane import WALKER, Defect, Lane
from hardware.gate.limits import CHANGE_MS, Pin
from tests.safety.gate_rig import (
    BACKWARDS,
    GATE,
    SECRET,
    SOMEBODY,
    UNCOVERED,
    Binding,
    LooseClosed,
    LooseOpen,
    Rig,
    chips,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def named(found: Measured) -> dict[str, str]:
    return {finding.name: finding.says for finding in findings(found, figures(found))}


@pytest.mark.parametrize("travel_ms", [60, 200, 850])
def test_the_travel_that_is_measured_is_the_leafs(travel_ms: int) -> None:
    found = Rig(Lane(chips(travel_ms), travel_ms=travel_ms)).run()
    for cycle in found.cycles:
        assert cycle.opens_ms == pytest.approx(travel_ms, abs=CHANGE_MS)
        assert cycle.closes_ms == pytest.approx(travel_ms, abs=CHANGE_MS)
        assert cycle.opening_ms == pytest.approx(travel_ms + 5, abs=CHANGE_MS + 5)
    assert (len(found.cycles), named(found)) == (3, {})


@pytest.mark.parametrize("relay_ms", [0, 40])
def test_the_time_from_the_command_to_the_movement_is_the_relays(relay_ms: int) -> None:
    found = Rig(Lane(chips(relay_ms=relay_ms))).run()
    for cycle in found.cycles:
        assert cycle.moves_ms == pytest.approx(relay_ms + 6, abs=CHANGE_MS)
    assert named(found) == {}


def test_a_slow_relay_is_named_with_its_limit() -> None:
    found = Rig(Lane(chips(relay_ms=150))).run()
    assert "in 3 of 3 cycles, at most 100 ms: check the relay at PD2" in named(found)["slow relay"]


def test_a_slow_leaf_is_named_with_the_value_to_provision() -> None:
    said = named(Rig(Lane(chips(200), travel_ms=320)).run())["slow leaf"]
    assert "provisioned for 200 ms" in said
    assert "--travel-s 0.36" in said or "--travel-s 0.35" in said


@pytest.mark.parametrize(("lane", "name", "pin"), [(LooseClosed, "closed", "PD4"), (LooseOpen, "open", "PD5")])
def test_a_bouncing_contact_is_named_with_its_pin(lane: type[Lane], name: str, pin: str) -> None:
    said = named(Rig(lane(chips())).run())
    assert list(said) == [f"bouncing {name} contact"]
    assert f"in 3 of 3 cycles, 0 allowed: fasten the contact and its wire to {pin}" in said[f"bouncing {name} contact"]


def test_travel_that_drifts_is_named() -> None:
    said = named(Rig(Binding(chips(400), travel_ms=250)).run(9))
    assert "drifting travel" in said
    assert "slow leaf" not in said


def test_answers_that_are_lost_are_counted_and_named() -> None:
    found = Rig(Lane(chips()), drop=5).run()
    assert found.line.missed > 0
    assert f"{found.line.missed} of" in named(found)["missed answers"]


def test_a_clean_line_answers_every_want_and_its_statuses_do_not_jitter() -> None:
    found = Rig(Lane(chips())).run()
    assert found.line.missed == 0
    assert max(found.line.jitter_ms) < 5  # the rig looks every 2 ms
    assert max(found.line.answers_ms) < 5


# --- walkers ------------------------------------------------------------------------------------------------------


def test_a_walk_is_prompted_counted_and_timed() -> None:
    rig = Rig(Lane(chips()), WALKER)
    found = rig.run(walk=True)
    assert rig.told == [f"cycle {n} of 3: walk through now, from the entry to the exit" for n in (1, 2, 3)]
    assert [(c.forward, c.reverse, c.doubtful) for c in found.cycles] == [(1, 0, 0)] * 3
    for cycle in found.cycles:
        assert cycle.lane_ms == pytest.approx(1400, abs=CHANGE_MS)
        assert cycle.stays_ms == pytest.approx(1600 + 100 + 200, abs=2 * CHANGE_MS)
    assert named(found) == {}


def test_swapped_beams_are_named_before_the_controller_latches_them() -> None:
    rig = Rig(Lane(chips()), BACKWARDS)
    with pytest.raises(BeamsSwapped, match="beams swapped: exchange the wires at PD6"):
        rig.run(5, walk=True)
    assert (len(rig.cycles), rig.bench.shut) == (2, True)


def test_presence_that_does_not_cover_a_beam_is_named() -> None:
    said = named(Rig(Lane(chips()), UNCOVERED).run(walk=True))
    assert "presence does not cover both beams" in said["counted as doubtful"]


def test_openings_that_nobody_walks_through_are_named() -> None:
    said = named(Rig(Lane(chips())).run(walk=True))
    assert "in 3 of 3 cycles (1, 2, 3)" in said["nobody counted"]
    assert "lane: 0 of 3" in said["not measured"]


# --- refusals and ends --------------------------------------------------------------------------------------------


def test_somebody_in_the_lane_refuses_the_measurement() -> None:
    rig = Rig(Lane(chips()))
    rig.lane.pins = SOMEBODY
    with pytest.raises(LaneOccupied, match="somebody is sensed in the lane, nobody may be: clear the lane"):
        rig.run()
    assert rig.lane.opened_ms is None


def test_somebody_who_steps_in_ends_it_and_the_gate_shuts_when_they_leave() -> None:
    rig = Rig(Lane(chips()))
    rig.at = {1.3: lambda: setattr(rig.lane, "pins", SOMEBODY), 2.0: lambda: setattr(rig.lane, "pins", 0)}
    with pytest.raises(LaneOccupied, match="cycle 2: somebody is sensed"):
        rig.run()
    assert (rig.bench.shut, rig.lane.leaf_ms) == (True, 0)


def test_a_walker_who_stays_in_the_lane_is_told_and_waited_for() -> None:
    rig = Rig(Lane(chips()))
    rig.lane.pins = SOMEBODY
    with pytest.raises(LaneOccupied, match="cycle 1: somebody is sensed in the lane for 20 s"):
        rig.run(walk=True)
    assert rig.told == ["cycle 1 of 3: leave the lane"]


def test_a_gate_in_service_mode_is_refused_with_what_to_do() -> None:
    rig = Rig(Lane(chips()))
    rig.at = {0.1: lambda: setattr(rig.lane, "pins", int(Pin.SERVICE))}
    with pytest.raises(NotReady, match="service_mode: the service switch is on: no grants until it is off"):
        rig.run()


def test_the_first_latched_fault_ends_it_with_what_to_check() -> None:
    rig = Rig(Lane(chips()))
    rig.at = {1.0: lambda: setattr(rig.lane, "defects", int(Defect.FEEDBACK_CUT))}
    with pytest.raises(FaultLatched, match=r"feedback_cut: check: .*wire to PD3; then turn the service switch on"):
        rig.run(20)
    assert (len(rig.cycles), rig.bench.shut) == (1, True)
    assert rig.bench.so_far is not None
    assert rig.bench.so_far.cycles == tuple(rig.cycles)


def test_a_stuck_leaf_ends_it() -> None:
    rig = Rig(Lane(chips()))
    rig.lane.defects = int(Defect.LEAF_STUCK)
    with pytest.raises(FaultLatched, match="cycle 1: the controller latched not_opened"):
        rig.run()


def test_an_officer_who_holds_it_open_ends_it() -> None:
    rig = Rig(Lane(chips()))
    rig.at = {0.5: lambda: setattr(rig.lane, "pins", int(Pin.RELEASE))}
    with pytest.raises(NotReady, match="the officer's release is pressed"):
        rig.run()


def test_a_controller_that_is_reset_meanwhile_ends_it() -> None:
    rig = Rig(Lane(chips()))
    rig.at = {1.0: rig.lane.restart}
    with pytest.raises(SessionLost, match=r"cycle \d: the controller became safe or was reset"):
        rig.run()
    assert rig.lane.leaf_ms == 0


def test_a_host_that_stalls_longer_than_the_dead_man_waits_ends_it() -> None:
    rig = Rig(Lane(chips()))
    rig.at = {0.6: lambda: rig.stall(1.5)}
    with pytest.raises(SessionLost, match=r"did not hear this machine for 1\.0 s: .* then start again$"):
        rig.run()


def test_another_key_is_named() -> None:
    rig = Rig(Lane(chips()), key=SECRET[::-1])
    with pytest.raises(LinkSilent, match="wrong_key"):
        rig.run()
    assert rig.bench.shut is None


def test_an_interrupted_measurement_leaves_the_gate_shut() -> None:
    rig = Rig(Lane(chips()))

    def interrupt() -> None:
        assert rig.lane.fully_open
        raise KeyboardInterrupt

    rig.at = {0.6: interrupt}
    with pytest.raises(KeyboardInterrupt):
        rig.run()
    assert (rig.bench.shut, rig.lane.leaf_ms) == (True, 0)
    assert rig.now_s == pytest.approx(0.6 + 0.2, abs=0.05)  # at once: not when its time is over


# --- the file -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured() -> Timing:
    found = Rig(Lane(chips())).run()
    return timing(Whose("/dev/serial/by-path/x", None, "Ann", NOW), found, figures(found))


@pytest.fixture
def file(measured: Timing, tmp_path: Path) -> Path:
    write(measured, tmp_path / "gate.toml")
    return tmp_path / "gate.toml"


def test_what_was_written_is_read(measured: Timing, file: Path) -> None:
    assert read(file, GATE, NOW + timedelta(days=364)) == measured
    assert (measured.gate, measured.provisioned_ms, measured.cycles, measured.opens.n) == (7, 200, 3, 3)


@pytest.mark.parametrize(("p99_ms", "open_s"), [(210.0, 1.0), (700.0, 1.4), (4000.0, 5.0)])
def test_an_opening_is_waited_for_twice_its_slowest_within_bounds(
    measured: Timing, p99_ms: float, open_s: float
) -> None:
    slow = Spread(n=3, p50_ms=200.0, p95_ms=200.0, p99_ms=p99_ms, max_ms=p99_ms)
    assert measured.model_copy(update={"opening": slow}).open_s == open_s


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('by = "Ann"', 'by = "Bob"', "edited by hand: its content has sha256"),
        ("cycles = 3", "cycles = 2", "cycles: Input should be greater than or equal to 3; measure again"),
        ("[opening]\nn = 3", "[opening]\nn = 0", "opening.n: Input should be greater than or equal to 1"),
        ("gate = 7", "gate = seven", "is not TOML"),
        ("gate = 7", "gate = 7\nrelay = 1", "relay: Extra inputs are not permitted"),
    ],
)
def test_a_file_that_is_not_as_written_is_refused(file: Path, old: str, new: str, why: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(TimingUnfit, match=why) as refused:
        read(file, GATE, NOW)
    assert str(file) in str(refused.value)
    assert "measure again with limen-calibrate gate" in str(refused.value)


def test_another_gates_file_an_old_one_and_none_are_refused(file: Path) -> None:
    with pytest.raises(TimingUnfit, match=r"is of gate 7, not of gate 8; .*limen-calibrate gate --id 8"):
        read(file, 8, NOW)
    with pytest.raises(TimingUnfit, match=r"expired on 2027-03-01 \(measured 2026-03-01\); measure again"):
        read(file, GATE, NOW + timedelta(days=365))
    with pytest.raises(TimingUnfit, match="cannot be read: No such file"):
        read(file.with_name("none.toml"), GATE, NOW)


def test_percentiles_are_values_that_were_measured() -> None:
    found = spread([float(value) for value in range(1, 101)])
    assert found == Spread(n=100, p50_ms=50.0, p95_ms=95.0, p99_ms=99.0, max_ms=100.0)
    assert spread([]) is None


def test_a_clock_that_wraps_changes_nothing() -> None:
    cycle = Rig(Lane(chips())).run().cycles[0]
    wrapped = tuple(
        replace(said, status=replace(said.status, uptime_ms=(said.status.uptime_ms - 400) % 2**32))
        for said in cycle.said
    )
    assert replace(cycle, said=wrapped).opens_ms == cycle.opens_ms
