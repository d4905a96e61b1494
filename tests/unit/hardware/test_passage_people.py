"""People of any size and speed: who is exactly one, and who never is."""

from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hardware.gate.passage import BEAM_GAP_MM, JOIN_MS, PERSON_MAX_MM, SETTLE_MS, ZONE_MM, Passage

Sample = tuple[int, bool, bool, bool]


def verdict(samples: list[Sample]) -> tuple[int, int, int]:
    passage = Passage()
    for sample in samples:
        passage.sense(*sample)
    passage.sense(samples[-1][0] + SETTLE_MS, False, False, False)
    return passage.forward, passage.reverse, passage.doubtful


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
    assert verdict(lane(Walker(speed, depth))) == (1, 0, 0)


@given(speed=SPEEDS, depths=st.tuples(DEPTHS, DEPTHS), gap_mm=st.integers(0, 6000))
@settings(max_examples=300)
def test_a_tailgater_at_any_gap_is_never_one(speed: int, depths: tuple[int, int], gap_mm: int) -> None:
    first = Walker(speed, depths[0])
    second = Walker(speed, depths[1], first.at_ms(depths[0] + gap_mm))
    seen_apart = gap_mm * 1000 // speed > JOIN_MS
    assume(seen_apart or sum(depths) + gap_mm > PERSON_MAX_MM + speed // 500)  # else as short as one: see the docstring
    assert verdict(lane(first, second)) in [(0, 0, 1), (2, 0, 0)]


@given(speeds=st.tuples(SPEEDS, SPEEDS), depths=st.tuples(DEPTHS, DEPTHS), gap_ms=st.integers(JOIN_MS + 1, 8000))
@settings(max_examples=300)
def test_a_tailgater_of_another_speed_is_never_one(
    speeds: tuple[int, int], depths: tuple[int, int], gap_ms: int
) -> None:
    first = Walker(speeds[0], depths[0])
    second = Walker(speeds[1], depths[1], first.at_ms(depths[0]) + gap_ms)
    exit_mm = ZONE_MM + BEAM_GAP_MM
    assume(first.between(exit_mm, exit_mm)[1] <= second.at_ms(exit_mm))  # nobody walks through another
    assert verdict(lane(first, second)) in [(0, 0, 1), (2, 0, 0)]


@given(speed=SPEEDS, adult_mm=DEPTHS, child_mm=st.integers(130, 200), gap_mm=st.integers(80, 1000), first=st.booleans())
def test_a_child_before_or_behind_an_adult_is_never_one(
    speed: int, adult_mm: int, child_mm: int, gap_mm: int, first: bool
) -> None:
    front_mm, back_mm = (child_mm, adult_mm) if first else (adult_mm, child_mm)
    front = Walker(speed, front_mm)
    assume(gap_mm * 1000 // speed > JOIN_MS)
    back = Walker(speed, back_mm, front.at_ms(front_mm + gap_mm))
    assert verdict(lane(front, back)) == (0, 0, 1)


@given(speed=st.integers(200, 1000), depth=DEPTHS, crawler_mm=st.integers(600, 1500), gap_mm=st.integers(0, 1500))
def test_a_crawler_at_the_heels_is_never_one(speed: int, depth: int, crawler_mm: int, gap_mm: int) -> None:
    adult = Walker(speed, depth)
    crawler = Walker(speed, crawler_mm, adult.at_ms(depth + gap_mm), low=True)
    assert verdict(lane(adult, crawler))[2] == 1


@given(speed=SPEEDS, depth=DEPTHS, gap_mm=st.integers(80, 400), share=st.integers(5, 12), pushed=st.booleans())
def test_a_handle_before_or_behind_is_the_same_traveller(
    speed: int, depth: int, gap_mm: int, share: int, pushed: bool
) -> None:
    handle_mm = depth // share
    assume(speed >= 500 and gap_mm * 1000 // speed > JOIN_MS)
    front_mm, back_mm = (handle_mm, depth) if pushed else (depth, handle_mm)
    front = Walker(speed, front_mm)
    back = Walker(speed, back_mm, front.at_ms(front_mm + gap_mm))
    assert verdict(lane(front, back)) == (1, 0, 0)
