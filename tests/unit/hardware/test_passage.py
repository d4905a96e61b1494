"""The passage logic, in Python and in the controller's C: labelled traces, and promises for every lane."""

import ctypes
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hardware.gate import passage
from hardware.gate.passage import BEAM_GAP_MM, JOIN_MS, PERSON_MAX_MM, SETTLE_MS, ZONE_MM, Passage

GATE = Path(passage.__file__).parent
CLOCK = 2**32
FLAGS = ("-std=c11", "-O1", "-Wall", "-Wextra", "-Werror")

Sample = tuple[int, bool, bool, bool]
Counts = tuple[int, int, int]


class Machine(Protocol):
    forward: int
    reverse: int
    doubtful: int

    @property
    def busy(self) -> bool: ...

    def sense(self, now_ms: int, entry: bool, exit_: bool, presence: bool) -> None: ...


class CStruct(ctypes.Structure):
    """The public head of `struct passage`, and room for the rest."""

    _fields_ = (
        ("forward", ctypes.c_uint16),
        ("reverse", ctypes.c_uint16),
        ("doubtful", ctypes.c_uint16),
        ("private", ctypes.c_uint32 * 32),
    )
    forward: int
    reverse: int
    doubtful: int


class Firmware:
    """passage.c behind the words of Passage."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._struct = CStruct()
        self._pointer = ctypes.byref(self._struct)
        library.passage_start(self._pointer)

    forward = property(lambda self: self._struct.forward, lambda self, n: setattr(self._struct, "forward", n))
    reverse = property(lambda self: self._struct.reverse, lambda self, n: setattr(self._struct, "reverse", n))
    doubtful = property(lambda self: self._struct.doubtful, lambda self, n: setattr(self._struct, "doubtful", n))

    @property
    def busy(self) -> bool:
        return bool(self._library.passage_busy(self._pointer))

    def sense(self, now_ms: int, entry: bool, exit_: bool, presence: bool) -> None:
        self._library.passage_sense(self._pointer, now_ms, entry, exit_, presence)


@pytest.fixture(scope="session")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Machine]:
    compiler = shutil.which("gcc")
    assert compiler, "gcc is needed to try the controller's C on this machine"
    path = tmp_path_factory.mktemp("firmware") / "passage.so"
    source = GATE / "firmware" / "passage.c"
    subprocess.run([compiler, *FLAGS, "-fPIC", "-shared", "-o", str(path), str(source)], check=True)
    library = ctypes.CDLL(str(path))
    library.passage_sense.argtypes = [ctypes.c_void_p, ctypes.c_uint32, *3 * [ctypes.c_bool]]
    library.passage_sense.restype = None
    library.passage_busy.restype = ctypes.c_bool
    return lambda: Firmware(library)


@pytest.fixture(params=["python", "c"])
def new(request: pytest.FixtureRequest, firmware: Callable[[], Machine]) -> Callable[[], Machine]:
    return firmware if request.param == "c" else Passage


def counts(machine: Machine) -> Counts:
    return machine.forward, machine.reverse, machine.doubtful


def run(machine: Machine, samples: Iterable[Sample], shift_ms: int = 0) -> Counts:
    """Feed the samples, and the last one again when the lane had time to settle."""
    last = None
    for at_ms, *sensors in samples:
        last = at_ms, sensors
        machine.sense((at_ms + shift_ms) % CLOCK, *sensors)
    if last:
        machine.sense((last[0] + SETTLE_MS + shift_ms) % CLOCK, *last[1])
    return counts(machine)


# ---- labelled traces


@dataclass(frozen=True, slots=True)
class Trace:
    name: str
    expected: Counts
    samples: tuple[Sample, ...]


def read_traces() -> list[Trace]:
    def sample(at_ms: int, entry: int, exit_: int, presence: int) -> Sample:
        return at_ms, bool(entry), bool(exit_), bool(presence)

    def expected(forward: int, reverse: int, doubtful: int) -> Counts:
        return forward, reverse, doubtful

    return [
        Trace(trace["name"], expected(**trace["expected"]), tuple(sample(*row) for row in trace["samples"]))
        for trace in json.loads((GATE / "traces" / "passages.json").read_text())["traces"]
    ]


TRACES = read_traces()
trace_by_name = pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)


@trace_by_name
def test_a_labelled_trace_counts_as_labelled_and_leaves_the_lane_free(new: Callable[[], Machine], trace: Trace) -> None:
    machine = new()
    assert run(machine, trace.samples) == trace.expected
    assert not machine.busy


@trace_by_name
def test_a_trace_sampled_every_millisecond_counts_the_same(new: Callable[[], Machine], trace: Trace) -> None:
    every_ms = [
        (at_ms, *sensors)
        for (start_ms, *sensors), (end_ms, *_) in pairwise(trace.samples)
        for at_ms in range(start_ms, end_ms)
    ]
    assert run(new(), [*every_ms, trace.samples[-1]]) == trace.expected  # type: ignore[list-item]


@trace_by_name
def test_a_trace_across_the_wrap_of_the_clock_counts_the_same(new: Callable[[], Machine], trace: Trace) -> None:
    for wraps_at_ms in (1, 700, 1000, 1400):
        assert run(new(), trace.samples, CLOCK - wraps_at_ms) == trace.expected


# One beam alone is not the same from both sides: people wait at the entry, not at the exit.
BOTH_BEAMS = [trace for trace in TRACES if all(any(s[beam] for s in trace.samples) for beam in (1, 2))]


@pytest.mark.parametrize("trace", BOTH_BEAMS, ids=lambda trace: trace.name)
def test_a_trace_from_the_other_side_counts_the_other_way(new: Callable[[], Machine], trace: Trace) -> None:
    forward, reverse, doubtful = trace.expected
    mirrored = [(at_ms, exit_, entry, presence) for at_ms, entry, exit_, presence in trace.samples]
    assert run(new(), mirrored) == (reverse, forward, doubtful)


def test_the_traces_are_many_and_end_with_a_clear_lane() -> None:
    assert len(TRACES) >= 40
    for trace in TRACES:
        assert trace.samples[-1][1:] == (False, False, False), trace.name
        assert all(a[0] < b[0] for a, b in pairwise(trace.samples)), trace.name


# ---- any samples


def to_samples(steps: Sequence[tuple[int, bool, bool, bool]]) -> list[Sample]:
    at_ms, samples = 0, []
    for wait_ms, *sensors in steps:
        at_ms += wait_ms
        samples.append((at_ms, *sensors))
    return samples  # type: ignore[return-value]


WAITS_MS = st.one_of(st.integers(0, 40), st.integers(0, 600), st.integers(0, 40_000))
SAMPLES = st.lists(st.tuples(WAITS_MS, st.booleans(), st.booleans(), st.booleans()), max_size=40).map(to_samples)


@given(samples=SAMPLES, shift_ms=st.integers(0, CLOCK - 1))
def test_both_say_the_same_after_every_sample(
    firmware: Callable[[], Machine], samples: list[Sample], shift_ms: int
) -> None:
    ours, theirs = Passage(), firmware()
    for at_ms, *sensors in samples:
        for machine in (ours, theirs):
            machine.sense((at_ms + shift_ms) % CLOCK, *sensors)
        assert (counts(ours), ours.busy) == (counts(theirs), theirs.busy)


@given(samples=SAMPLES, shift_ms=st.integers(0, CLOCK - 1))
def test_when_it_happens_does_not_matter(samples: list[Sample], shift_ms: int) -> None:
    assert run(Passage(), samples, shift_ms) == run(Passage(), samples)


@given(samples=SAMPLES)
def test_a_sample_adds_one_verdict_at_most_besides_a_given_up_passage(samples: list[Sample]) -> None:
    machine = Passage()
    for sample in samples:
        before = counts(machine)
        machine.sense(*sample)
        rises = [now - then for now, then in zip(counts(machine), before, strict=True)]
        assert all(rise >= 0 for rise in rises)
        assert sum(rises) <= 1


@given(samples=SAMPLES, cuts=st.lists(st.integers(0, 80_000), max_size=30))
def test_more_samples_of_the_same_change_nothing(samples: list[Sample], cuts: list[int]) -> None:
    more = [
        (start_ms + cut_ms, *sensors)
        for (start_ms, *sensors), (end_ms, *_) in pairwise(samples)
        for cut_ms in [0, *sorted(cuts)]
        if cut_ms == 0 or start_ms + cut_ms < end_ms
    ]
    assert run(Passage(), [*more, *samples[-1:]]) == run(Passage(), samples)  # type: ignore[list-item]


@given(samples=SAMPLES)
def test_a_clear_lane_is_free_once_settled_and_a_sensed_one_is_busy(samples: list[Sample]) -> None:
    machine = Passage()
    for sample in samples:
        machine.sense(*sample)
        assert machine.busy or not any(sample[1:])
    end_ms = samples[-1][0] if samples else 0
    machine.sense(end_ms, False, False, False)
    machine.sense(end_ms + SETTLE_MS, False, False, False)
    assert not machine.busy


def test_every_counter_goes_round_at_65536(new: Callable[[], Machine]) -> None:
    machine = new()
    machine.forward = machine.reverse = machine.doubtful = 65535
    there = lane(Walker(1000, 280))
    back = [(at_ms + 9000, exit_, entry, presence) for at_ms, entry, exit_, presence in there]
    lingers = [(20_000, False, False, True), (22_000, False, False, False)]
    assert run(machine, [*there, *back, *lingers]) == (0, 0, 0)


def test_stuck_presence_stays_busy_and_never_counts_forward(new: Callable[[], Machine]) -> None:
    machine = new()
    stuck = [(at_ms, entry, exit_, True) for at_ms, entry, exit_, _ in lane(Walker(1000, 280))]
    machine_counts = run(machine, [*stuck, (40_000, False, False, True)])
    assert machine.busy
    assert machine_counts == (0, 0, 1)


def test_the_limits_in_c_are_those_in_python() -> None:
    header = (GATE / "firmware" / "passage.h").read_text()
    limits = {name: int(value) for name, value in re.findall(r"#define (\w+) (\d+)", header)}
    assert limits == {name: value for name, value in vars(passage).items() if name.isupper() and name[0] != "_"}


# ---- people of any size and speed


@dataclass(frozen=True, slots=True)
class Walker:
    """A body at constant speed whose front reaches the zone at `start_ms`; a low one goes under the beams."""

    speed_mm_s: int
    depth_mm: int
    start_ms: int = 0
    low: bool = False

    def at_ms(self, travelled_mm: int) -> int:
        return self.start_ms + round(travelled_mm * 1000 / self.speed_mm_s)

    def between(self, from_mm: int, to_mm: int) -> tuple[int, int]:
        """When some part of the body is between two places, counted from the beginning of the zone."""
        return self.at_ms(from_mm), self.at_ms(to_mm + self.depth_mm)

    def sensors(self) -> list[tuple[int, int]]:
        beams = [(0, 0)] * 2 if self.low else [self.between(at, at) for at in (ZONE_MM, ZONE_MM + BEAM_GAP_MM)]
        return [*beams, self.between(0, 2 * ZONE_MM + BEAM_GAP_MM)]


def lane(*walkers: Walker) -> list[Sample]:
    """What the sensors say at each change."""
    spans = [[walker.sensors()[sensor] for walker in walkers] for sensor in range(3)]
    times_ms = sorted({at_ms for sensor in spans for span in sensor for at_ms in span})
    return [(at_ms, *(any(a <= at_ms < b for a, b in sensor) for sensor in spans)) for at_ms in times_ms]  # type: ignore[misc]


SPEEDS = st.integers(200, 2500)
DEPTHS = st.integers(200, 500)


@given(speed=SPEEDS, depth=DEPTHS)
def test_a_lone_walker_is_exactly_one(speed: int, depth: int) -> None:
    assert run(Passage(), lane(Walker(speed, depth))) == (1, 0, 0)


@given(speed=SPEEDS, depths=st.tuples(DEPTHS, DEPTHS), gap_mm=st.integers(0, 6000))
@settings(max_examples=300)
def test_a_tailgater_at_any_gap_is_never_one(speed: int, depths: tuple[int, int], gap_mm: int) -> None:
    first = Walker(speed, depths[0])
    second = Walker(speed, depths[1], first.at_ms(depths[0] + gap_mm))
    seen_apart = gap_mm * 1000 // speed > JOIN_MS
    assume(seen_apart or sum(depths) + gap_mm > PERSON_MAX_MM + speed // 500)  # else as short as one: see the docstring
    assert run(Passage(), lane(first, second)) in [(0, 0, 1), (2, 0, 0)]


@given(speeds=st.tuples(SPEEDS, SPEEDS), depths=st.tuples(DEPTHS, DEPTHS), gap_ms=st.integers(JOIN_MS + 1, 8000))
@settings(max_examples=300)
def test_a_tailgater_of_another_speed_is_never_one(
    speeds: tuple[int, int], depths: tuple[int, int], gap_ms: int
) -> None:
    first = Walker(speeds[0], depths[0])
    second = Walker(speeds[1], depths[1], first.at_ms(depths[0]) + gap_ms)
    exit_mm = ZONE_MM + BEAM_GAP_MM
    assume(first.between(exit_mm, exit_mm)[1] <= second.at_ms(exit_mm))  # nobody walks through another
    assert run(Passage(), lane(first, second)) in [(0, 0, 1), (2, 0, 0)]


@given(speed=SPEEDS, adult_mm=DEPTHS, child_mm=st.integers(130, 200), gap_mm=st.integers(80, 1000), first=st.booleans())
def test_a_child_before_or_behind_an_adult_is_never_one(
    speed: int, adult_mm: int, child_mm: int, gap_mm: int, first: bool
) -> None:
    front_mm, back_mm = (child_mm, adult_mm) if first else (adult_mm, child_mm)
    front = Walker(speed, front_mm)
    assume(gap_mm * 1000 // speed > JOIN_MS)
    back = Walker(speed, back_mm, front.at_ms(front_mm + gap_mm))
    assert run(Passage(), lane(front, back)) == (0, 0, 1)


@given(speed=st.integers(200, 1000), depth=DEPTHS, crawler_mm=st.integers(600, 1500), gap_mm=st.integers(0, 1500))
def test_a_crawler_at_the_heels_is_never_one(speed: int, depth: int, crawler_mm: int, gap_mm: int) -> None:
    adult = Walker(speed, depth)
    crawler = Walker(speed, crawler_mm, adult.at_ms(depth + gap_mm), low=True)
    assert run(Passage(), lane(adult, crawler))[2] == 1


@given(speed=SPEEDS, depth=DEPTHS, gap_mm=st.integers(80, 400), share=st.integers(5, 12), pushed=st.booleans())
def test_a_handle_before_or_behind_is_the_same_traveller(
    speed: int, depth: int, gap_mm: int, share: int, pushed: bool
) -> None:
    handle_mm = depth // share
    assume(speed >= 500 and gap_mm * 1000 // speed > JOIN_MS)
    front_mm, back_mm = (handle_mm, depth) if pushed else (depth, handle_mm)
    front = Walker(speed, front_mm)
    back = Walker(speed, back_mm, front.at_ms(front_mm + gap_mm))
    assert run(Passage(), lane(front, back)) == (1, 0, 0)
