import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.matching.gallery import Best, NoMatch, build, fuse, search
from backend.matching.threshold import OperatingPoint, accept
from backend.operating_point import read_operating_point
from tests.make import unit
from vision.embed import template_version

POINT = OperatingPoint("v", tail_share=0.05, tail_from=0.28, tail_scale=0.04)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.integers(100, 200))
def test_search_finds_what_comparing_one_by_one_finds(owners: list[int], seed: int) -> None:
    samples = [(f"t{owner}", unit(i)) for i, owner in enumerate(owners)]
    probe = unit(seed)
    by_traveler: dict[str, float] = {}
    for owner, vector in samples:
        by_traveler[owner] = max(by_traveler.get(owner, -2.0), float(vector @ probe))
    ordered = sorted(by_traveler.values(), reverse=True)
    found = search(build(samples), probe)
    assert isinstance(found, Best)
    assert math.isclose(found.score, ordered[0], abs_tol=1e-6)
    assert math.isclose(by_traveler[found.traveler], ordered[0], abs_tol=1e-6)
    assert math.isclose(found.runner_up, ordered[1] if len(ordered) > 1 else -1.0, abs_tol=1e-6)


def test_an_empty_gallery_and_a_probe_that_is_no_number_match_nobody() -> None:
    assert search(build([]), unit(1)) == NoMatch()
    assert search(build([("a", unit(1))]), np.full(128, np.nan, np.float32)) == NoMatch()


def test_a_template_that_is_no_number_never_enters_a_gallery() -> None:
    with pytest.raises(ValueError, match="not finite"):
        build([("a", np.full(128, np.nan, np.float32))])


def test_fusing_probes_of_one_person_brings_them_nearer() -> None:
    person, random = unit(1), np.random.default_rng(5)
    noisy = [person + random.normal(0, 0.08, 128).astype(np.float32) for _ in range(3)]
    noisy = [v / np.linalg.norm(v) for v in noisy]
    assert float(fuse(noisy) @ person) > max(float(v @ person) for v in noisy)


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.floats(1e-4, 0.1))
def test_the_threshold_rises_with_the_gallery(one: int, other: int, fpir: float) -> None:
    small, large = sorted((one, other))
    assert accept(POINT, small, fpir) <= accept(POINT, large, fpir)


@pytest.mark.parametrize("size", [1, 50, 420, 5000])
def test_bi01_the_threshold_holds_the_fpir_of_the_tail_it_was_fitted_to(size: int) -> None:
    fmr = POINT.tail_share * math.exp(-(accept(POINT, size, 0.001) - POINT.tail_from) / POINT.tail_scale)
    assert math.isclose(1 - (1 - fmr) ** size, 0.001, rel_tol=1e-6)


@pytest.mark.parametrize(("size", "fpir"), [(0, 0.1), (5, 0.0), (5, 1.0), (5, math.nan)])
def test_a_threshold_for_nothing_is_refused(size: int, fpir: float) -> None:
    with pytest.raises(ValueError, match="gallery_size"):
        accept(POINT, size, fpir)


def test_the_operating_point_belongs_to_todays_templates() -> None:
    assert read_operating_point().template_version == template_version()
