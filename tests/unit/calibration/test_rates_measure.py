import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from backend.matching.threshold import OperatingPoint, accept
from calibration.rates import tail
from calibration.rates.errors import TooFew
from calibration.rates.measure import fitted, of_people, proportion, rates, resolved, smallest
from calibration.rates.simulate import Outcome, Searches

POINT = OperatingPoint("v", tail_share=0.05, tail_from=0.28, tail_scale=0.04)


def searches(scores: list[float], *, right: bool, ahead: float = 0.5, people: int | None = None) -> Searches:
    count = len(scores)
    owners = np.arange(count) % (people or count)
    flags = np.full(count, right)
    return Searches(owners, np.array(scores, np.float32), np.full(count, ahead, np.float32), flags, people or count)


def outcome(mated: list[float], nonmated: list[float], **changes: float) -> Outcome:
    ahead = changes.get("ahead", 0.5)
    return Outcome(searches(mated, right=True, ahead=ahead), searches(nonmated, right=False), np.zeros(1, np.float32))


@given(st.integers(1, 500), st.data())
def test_intervals_are_those_of_clopper_and_pearson(samples: int, data: st.DataObject) -> None:
    cases = data.draw(st.integers(0, samples))
    found = proportion(cases / samples, samples, samples * 20)
    exact = binomtest(cases, samples).proportion_ci(0.95, "exact")
    assert math.isclose(found.low, exact.low, abs_tol=1e-9)
    assert math.isclose(found.high, exact.high, abs_tol=1e-9)


def test_searching_the_same_photos_again_does_not_narrow_an_interval() -> None:
    assert proportion(0.01, 100, 100) == proportion(0.01, 100, 100)
    once, often = proportion(0.01, 100, 100), proportion(0.01, 100, 2000)
    assert (once.low, once.high) == (often.low, often.high)


def test_a_miss_is_a_score_below_the_threshold_or_somebody_else_in_front() -> None:
    seen = outcome([0.9, 0.5, 0.4], [0.3, 0.6])
    found = rates(seen, 0.5)
    assert math.isclose(found.fnir.rate, 1 / 3)
    assert found.fpir.rate == 0.5
    assert found.rank1 == 1.0
    wrong = Outcome(searches([0.9, 0.8], right=False), seen.nonmated, seen.comparisons)
    assert rates(wrong, 0.5).fnir.rate == 1.0


def test_the_margin_counts_only_when_it_is_asked_for() -> None:
    close = outcome([0.9], [0.1], ahead=0.01)
    assert rates(close, 0.5).fnir.rate == 0.0
    assert rates(close, 0.5, margin=0.05).fnir.rate == 1.0


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=60), st.floats(1e-4, 0.5))
def test_the_measured_threshold_is_the_smallest_that_holds_the_target(scores: list[float], fpir: float) -> None:
    seen = outcome([0.5], scores)
    threshold = smallest(seen, fpir)
    assert rates(seen, threshold).fpir.rate <= fpir
    lower = float(np.nextafter(np.float32(threshold), np.float32(-2)))
    assert rates(seen, lower).fpir.rate > fpir


def test_a_fitted_threshold_is_never_one_whose_measured_fpir_is_above_the_target() -> None:
    assert fitted(outcome([0.9], [0.1] * 50), POINT, 50, 0.001) == accept(POINT, 50, 0.001)
    lookalike = fitted(outcome([0.9], [0.1] * 50 + [0.8]), POINT, 50, 0.001)
    assert lookalike > 0.8


def test_a_threshold_is_measured_only_where_ten_false_positives_are_expected() -> None:
    assert resolved(outcome([0.9], [0.1] * 10_000), 0.001)
    assert not resolved(outcome([0.9], [0.1] * 9_000), 0.001)
    few = Outcome(
        searches([0.9], right=True), searches([0.1] * 20_000, right=False, people=140), np.zeros(1, np.float32)
    )
    assert not resolved(few, 0.001), "140 photos searched again and again"


def test_a_group_of_fewer_than_thirty_people_gets_no_figure() -> None:
    seen = outcome([0.9] * 40, [0.1] * 29)
    fnir, fpir = of_people(seen, 0.5, frozenset(range(40)))
    assert fnir is not None
    assert fnir.rate == 0.0
    assert fpir is None


def exponential(count: int, scale: float, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).exponential(scale, count).astype(np.float32)


def test_the_fit_finds_the_scale_of_an_exponential_tail() -> None:
    found = tail.fit(exponential(200_000, 0.04), people=70)
    assert math.isclose(found.scale, 0.04, rel_tol=0.05)
    assert math.isclose(found.start, 0.04 * math.log(1 / found.share), rel_tol=0.05)
    assert found.lift < 0.01


def test_the_fit_is_nowhere_below_the_data_it_was_checked_against() -> None:
    mixed = np.concatenate([exponential(20_000, 0.03), exponential(40, 0.005) + np.float32(0.27)])
    found = tail.fit(mixed, people=120)
    depth = found.share * 0.1
    at = found.start + found.scale * math.log(1 / 0.1)
    assert found.lift > 0
    assert float((mixed > at).mean()) <= depth + 2 / len(mixed)


def test_more_people_let_the_fit_look_deeper_into_the_tail() -> None:
    scores = exponential(50_000, 0.04)
    assert tail.fit(scores, 30).share == tail.MOST_SHARE
    assert tail.fit(scores, 100).share < tail.MOST_SHARE
    assert tail.fit(scores, 5000).share == tail.LEAST_SHARE


def test_too_few_people_or_one_person_in_two_folders_fit_no_threshold() -> None:
    with pytest.raises(TooFew, match="at least 20"):
        tail.fit(exponential(1000, 0.04), people=19)
    twice = np.concatenate([exponential(50_000, 0.02), np.full(400, 0.95, np.float32)])
    with pytest.raises(TooFew, match="two folders"):
        tail.fit(twice, people=100)
    with pytest.raises(TooFew, match="no upper tail"):
        tail.fit(np.full(1000, 0.3, np.float32), people=60)
