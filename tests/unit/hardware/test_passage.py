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
from hypothesis import given
from hypothesis import strategies as st

from hardware.gate import passage
from hardware.gate.passage import SETTLE_MS, Passage

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
        for file in ("passages.json", "limits.json")
        for trace in json.loads((GATE / "traces" / file).read_text())["traces"]
    ]


def named(name: str) -> tuple[Sample, ...]:
    (trace,) = (trace for trace in TRACES if trace.name == name)
    return trace.samples


TRACES = read_traces()


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_a_labelled_trace_counts_as_labelled_and_leaves_the_lane_free(new: Callable[[], Machine], trace: Trace) -> None:
    machine = new()
    assert run(machine, trace.samples) == trace.expected
    assert not machine.busy


def test_every_trace_sampled_at_each_tick_counts_the_same(new: Callable[[], Machine]) -> None:
    for trace in TRACES:
        ticks = [
            (at_ms, *sensors)
            for (start_ms, *sensors), (end_ms, *_) in pairwise(trace.samples)
            for at_ms in range(start_ms, end_ms, 10)
        ]
        assert run(new(), [*ticks, trace.samples[-1]]) == trace.expected, trace.name  # type: ignore[list-item]


def test_every_trace_across_the_wrap_of_the_clock_counts_the_same(new: Callable[[], Machine]) -> None:
    for trace in TRACES:
        for wraps_at_ms in (1, 700, 1000, 1400):
            assert run(new(), trace.samples, CLOCK - wraps_at_ms) == trace.expected, trace.name


def test_every_trace_of_both_beams_counts_the_other_way_from_the_other_side(new: Callable[[], Machine]) -> None:
    """One beam alone is not the same from both sides: people wait at the entry, not at the exit."""
    both = [trace for trace in TRACES if all(any(sample[beam] for sample in trace.samples) for beam in (1, 2))]
    assert len(both) > 40
    for trace in both:
        forward, reverse, doubtful = trace.expected
        mirrored = [(at_ms, exit_, entry, presence) for at_ms, entry, exit_, presence in trace.samples]
        assert run(new(), mirrored) == (reverse, forward, doubtful), trace.name


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
    for begin_ms, name in ((0, "walks through"), (9000, "comes the other way"), (19_000, "limit: unseen too long")):
        run(machine, named(name), begin_ms)
    assert counts(machine) == (0, 0, 0)


def test_stuck_presence_stays_busy_and_is_doubtful_once_given_up(new: Callable[[], Machine]) -> None:
    machine = new()
    assert run(machine, named("walks through")[:-1]) == (0, 0, 0)
    machine.sense(40_000, False, False, True)
    assert machine.busy
    assert counts(machine) == (0, 0, 1)


def test_the_limits_in_c_are_those_in_python() -> None:
    header = (GATE / "firmware" / "passage.h").read_text()
    limits = {name: int(value) for name, value in re.findall(r"#define (\w+) (\d+)", header)}
    assert limits == {name: value for name, value in vars(passage).items() if name.isupper() and name[0] != "_"}
