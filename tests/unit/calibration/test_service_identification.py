"""What a folder of people can show about false positive identification, and what it cannot."""

from pathlib import Path

import numpy as np
import pytest

from backend.matching.threshold import accept
from backend.operating_point import read_operating_point
from backend.settings import Rules
from calibration.rates.errors import FolderUnfit
from calibration.rates.measure import proportion
from calibration.rates.tail import Tail
from calibration.service import lookalikes
from calibration.service.identification import Faces, expected, figures, misses, needed, read, strangers
from calibration.service.journeys import vectors

PEOPLE = 40


def crowd() -> Faces:
    on_file = vectors(np.random.default_rng(3), PEOPLE)
    probes = on_file + 0.05 * vectors(np.random.default_rng(4), PEOPLE)
    return Faces(on_file, np.asarray(probes / np.linalg.norm(probes, axis=1, keepdims=True), np.float32))


def test_bi01_so_many_strangers_without_an_error_prove_the_bar_and_one_fewer_do_not() -> None:
    assert proportion(0.0, needed(), needed()).high <= 0.001 < proportion(0.0, needed() - 1, needed() - 1).high


def test_bi01_every_stranger_and_every_miss_is_counted() -> None:
    faces = crowd()
    assert strangers(faces, 20, 0.9, 3).rate == misses(faces, 0.9).rate == 0.0
    twins = Faces(np.concatenate([faces.on_file, faces.on_file]), np.concatenate([faces.probes, faces.probes]))
    assert strangers(twins, 2 * PEOPLE - 1, 0.9, 1).rate == 1.0, "the twin is in the gallery"
    assert misses(faces, 1.1).rate == 1.0


def test_bi01_the_interval_is_of_the_people_not_of_the_draws() -> None:
    few, many = (strangers(crowd(), 20, 0.9, draws) for draws in (1, 5))
    assert (few.high, few.trials * 5) == (many.high, many.trials)


@pytest.mark.parametrize("size", [50, 420, 5000])
def test_bi01_the_expected_rate_is_the_one_the_threshold_was_made_for(size: int) -> None:
    point = read_operating_point()
    fit = Tail(point.tail_share, point.tail_from, point.tail_scale, 0.0, 70, 2415)
    assert expected(fit, size, accept(point, size, 0.001)) == pytest.approx(0.001, rel=1e-6)


def test_bi01_a_folder_that_cannot_show_it_is_refused_and_without_one_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(FolderUnfit, match="no folder"):
        read(tmp_path, "neutral", "smiling")
    for name in ("neutral", "smiling"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").touch()
    with pytest.raises(FolderUnfit, match="1 people"):
        read(tmp_path, "neutral", "smiling")
    assert list(figures(True)) == []


def test_bi02_nobody_is_taken_for_a_lookalike_inside_the_margin() -> None:
    found = lookalikes.tally(1500, Rules())
    assert found.inside == 0
    assert found.accepted > 100 < found.ambiguous
    careless = lookalikes.tally(1500, Rules(margin=1e-6))
    assert careless.accepted > found.accepted, "the margin is what held these back"
