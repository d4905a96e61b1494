import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import Mismatch
from backend.matching.gallery import Best, Compared, NoMatch, NotListed, build, compare, fuse, search
from backend.matching.threshold import OperatingPoint, accept, accept_claimed, grey
from backend.operating_point import Measured, Record, read_operating_point, record, write
from tests.make import unit
from vision.embed import template_version

POINT = OperatingPoint("v", tail_share=0.05, tail_from=0.28, tail_scale=0.04)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.integers(100, 200))
def test_search_finds_what_comparing_with_each_travellers_mean_finds(owners: list[int], seed: int) -> None:
    samples = [(f"t{owner}", unit(i)) for i, owner in enumerate(owners)]
    probe = unit(seed)
    by_traveler = {
        traveler: float(fuse(vector for owner, vector in samples if owner == traveler) @ probe)
        for traveler in {owner for owner, _ in samples}
    }
    ordered = sorted(by_traveler.values(), reverse=True)
    found = search(build(samples), probe)
    assert isinstance(found, Best)
    assert math.isclose(found.score, ordered[0], abs_tol=1e-6)
    assert math.isclose(by_traveler[found.traveler], ordered[0], abs_tol=1e-6)
    assert math.isclose(found.runner_up, ordered[1] if len(ordered) > 1 else -1.0, abs_tol=1e-6)


@given(st.permutations(range(6)))
def test_a_gallery_is_the_same_in_whatever_order_its_samples_come(order: list[int]) -> None:
    samples = [(f"t{i % 3}", unit(i)) for i in range(6)]
    built, again = build(samples), build([samples[i] for i in order])
    assert built.travelers == again.travelers
    assert np.allclose(built.vectors, again.vectors, atol=1e-6)


def test_photos_on_file_that_contradict_each_other_match_nobody() -> None:
    found = search(build([("a", unit(1)), ("a", -unit(1))]), unit(1))
    assert isinstance(found, Best)
    assert abs(found.score) < 0.1


def test_several_poor_photos_on_file_are_nearer_to_their_owner_than_the_best_of_them() -> None:
    person, random = unit(1), np.random.default_rng(5)
    poor = [person + random.normal(0, 0.1, 128).astype(np.float32) for _ in range(3)]
    poor = [v / np.linalg.norm(v) for v in poor]
    found = search(build([("a", vector) for vector in poor]), person)
    assert isinstance(found, Best)
    assert found.score > max(float(vector @ person) for vector in poor)


def test_an_empty_gallery_and_a_probe_that_is_no_number_match_nobody() -> None:
    assert search(build([]), unit(1)) == NoMatch()
    assert search(build([("a", unit(1))]), np.full(128, np.nan, np.float32)) == NoMatch()


@given(st.integers(1, 8), st.integers(100, 200))
def test_a_comparison_with_one_is_what_a_search_of_that_one_alone_finds(people: int, seed: int) -> None:
    samples, probe = [(f"t{i}", unit(i)) for i in range(people)], unit(seed)
    found, alone = compare(build(samples), probe, "t0"), search(build(samples[:1]), probe)
    assert isinstance(found, Compared)
    assert isinstance(alone, Best)
    assert math.isclose(found.score, alone.score, abs_tol=1e-6)


def test_a_comparison_with_one_finds_nobody_else() -> None:
    gallery = build([("a", unit(1)), ("b", unit(2))])
    wrong = compare(gallery, unit(2), "a")
    assert isinstance(wrong, Compared)
    assert (wrong.traveler, wrong.score < 0.5) == ("a", True)
    assert compare(gallery, unit(2), "c") == NotListed()
    assert compare(build([]), unit(2), "a") == NotListed()
    assert compare(gallery, np.full(128, np.nan, np.float32), "a") == NoMatch()


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


@given(st.integers(1, 100_000), st.floats(1e-5, 0.2))
def test_a_claim_is_accepted_at_the_score_of_a_gallery_of_one_and_never_above_a_searchs(size: int, rate: float) -> None:
    threshold = accept_claimed(POINT, rate)
    assert threshold == accept(POINT, 1, rate) <= accept(POINT, size, rate)
    assert grey(POINT) <= threshold


def test_bi01_the_threshold_of_a_claim_holds_the_fmr_of_the_tail_it_was_fitted_to() -> None:
    fmr = POINT.tail_share * math.exp(-(accept_claimed(POINT, 0.001) - POINT.tail_from) / POINT.tail_scale)
    assert math.isclose(fmr, 0.001, rel_tol=1e-9)


@pytest.mark.parametrize(("size", "fpir"), [(0, 0.1), (5, 0.0), (5, 1.0), (5, math.nan)])
def test_a_threshold_for_nothing_is_refused(size: int, fpir: float) -> None:
    with pytest.raises(ValueError, match="gallery_size"):
        accept(POINT, size, fpir)


def test_the_operating_point_belongs_to_todays_templates() -> None:
    assert read_operating_point().template_version == template_version()


RECORD = Record(
    template_version="v1",
    tail_share=0.04,
    tail_from=0.28,
    tail_scale=0.037,
    measured=Measured(name='a "test" set\nof two lines', people=70, photos=140, pairs=2415, on=date(2026, 11, 22)),
)


def test_an_operating_point_that_is_written_is_the_one_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "point.toml"
    write(file, RECORD)
    found = record(file)
    assert found.point == RECORD.point == OperatingPoint("v1", 0.04, 0.28, 0.037)
    assert found.measured.name == 'a "test" set of two lines'
    assert found.measured.on == date(2026, 11, 22)
    assert [path.name for path in tmp_path.iterdir()] == ["point.toml"], "no draft is left"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("tail_share = 0.04", "tail_share = 4.0"), "tail_share"),
        (("tail_scale", "tail_slope"), "tail_slope"),
        (("[measured]", "[measured"), "point.toml"),
        (("people = 70", "people = 1"), "people"),
    ],
)
def test_an_operating_point_that_makes_no_sense_stops_the_service(
    tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    file = tmp_path / "point.toml"
    write(file, RECORD)
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(Mismatch, match=named):
        record(file)


def test_a_missing_operating_point_stops_the_service(tmp_path: Path) -> None:
    with pytest.raises(Mismatch, match="limen-calibrate"):
        record(tmp_path / "none.toml")
