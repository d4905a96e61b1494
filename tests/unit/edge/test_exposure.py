"""Exposure follows the face, in simulated light and time."""

import itertools
import math
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.eye.exposure import DEAD_BAND_STOPS, Exposure, ExposureLimits, Follower, correct

LIMITS = ExposureLimits(least_us=100, most_us=8000, least_gain=0, most_gain=100, target_luma=0.45)


@dataclass
class Sensor:
    """Answers `delay` frames late; light is the luma at 1 ms and no gain; four stops of gain, gamma 2.2."""

    light: float
    delay: int = 4
    pending: deque[Exposure] = field(default_factory=deque)
    now: Exposure = LIMITS.rest

    def luma(self, wanted: Exposure | None) -> float:
        self.pending.append(wanted or (self.pending[-1] if self.pending else self.now))
        if len(self.pending) > self.delay:
            self.now = self.pending.popleft()
        linear = self.light * self.now.time_us / 1000 * 2 ** (4 * self.now.gain / 100)
        return float(min(1.0, linear ** (1 / 2.2)))


def settle(sensor: Sensor, frames: int = 300) -> list[float]:
    """Luma of every frame, ten a second."""
    follower, wanted, seen = Follower(LIMITS), None, []
    for number in range(frames):
        seen.append(sensor.luma(wanted))
        wanted = follower.want(seen[-1], number * 100_000_000)
    return seen


@pytest.mark.parametrize("light", [0.01, 0.05, 0.2, 1.0, 1.5])
def test_a_face_comes_to_the_wanted_brightness_and_stays_there(light: float) -> None:
    last = settle(Sensor(light))[-50:]
    assert all(abs(math.log2(luma / LIMITS.target_luma)) <= DEAD_BAND_STOPS for luma in last)
    assert len(set(last)) == 1


@pytest.mark.parametrize("light", [0.01, 1.5])
def test_it_gets_there_without_swinging_past(light: float) -> None:
    seen = settle(Sensor(light))
    crossings = sum((a < LIMITS.target_luma) != (b < LIMITS.target_luma) for a, b in itertools.pairwise(seen))
    assert crossings <= 1


def test_in_the_dark_time_is_used_up_before_gain() -> None:
    exposure, path = Exposure(1000, 0), []
    for _ in range(80):
        exposure = correct(exposure, 0.05, LIMITS)
        path.append(exposure)
    assert all(step.gain == 0 or step.time_us == pytest.approx(LIMITS.most_us) for step in path)
    assert path[-1] == Exposure(LIMITS.most_us, LIMITS.most_gain)


def test_in_the_light_gain_is_given_back_before_time() -> None:
    exposure = correct(Exposure(8000, 50), 0.9, LIMITS)
    assert exposure.time_us == 8000
    assert exposure.gain < 50


@pytest.mark.parametrize("luma", [0.45, 0.40, 0.52, float("nan"), float("inf")])
def test_near_enough_or_unknown_changes_nothing(luma: float) -> None:
    assert correct(Exposure(1000, 10), luma, LIMITS) == Exposure(1000, 10)


@given(st.floats(1, 1e6), st.floats(-50, 500), st.floats(0, 1))
def test_never_beyond_the_limits(time_us: float, gain: float, luma: float) -> None:
    found = correct(Exposure(time_us, gain), luma, LIMITS)
    assert LIMITS.least_us <= found.time_us <= LIMITS.most_us
    assert LIMITS.least_gain <= found.gain <= LIMITS.most_gain


def test_one_step_is_small() -> None:
    found = correct(Exposure(1000, 0), 0.0, LIMITS)
    assert 1 < found.time_us / 1000 <= 2**0.5


def test_when_nobody_is_there_it_returns_to_rest_and_falls_silent() -> None:
    follower = Follower(LIMITS)
    for tenth in range(50):
        follower.want(0.02, tenth * 100_000_000)
    asked = [follower.want(None, tenth * 100_000_000) for tenth in range(50, 250)]
    assert not any(asked[:19]), "somebody may only be looking away"
    changes = [exposure for exposure in asked if exposure]
    assert changes[-1] == LIMITS.rest
    assert asked[-1] is None


def test_an_opened_camera_is_asked_for_rest_at_once_and_again_when_it_was_lost() -> None:
    follower = Follower(LIMITS)
    assert follower.want(None, 0) == LIMITS.rest
    assert follower.want(None, 200_000_000) is None
    follower.forget()
    assert follower.want(None, 400_000_000) == LIMITS.rest


def test_a_camera_without_gain_is_exposed_by_time_alone() -> None:
    fixed = ExposureLimits(100, 8000, 16, 16, 0.45)
    assert correct(Exposure(8000, 16), 0.1, fixed) == Exposure(8000, 16)
    assert correct(Exposure(8000, 16), 0.9, fixed).time_us < 8000


@pytest.mark.parametrize("wrong", [(0, 10, 0, 1, 0.5), (20, 10, 0, 1, 0.5), (1, 10, 2, 1, 0.5), (1, 10, 0, 1, 1.0)])
def test_limits_that_cannot_be_are_refused(wrong: tuple[float, float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        ExposureLimits(*wrong)
