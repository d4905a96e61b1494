"""Error rates of presentation attack detection, on counts that can be worked out by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from calibration.pad.clip import Shot, heard
from calibration.pad.folders import BONA_FIDE, Collection, Species
from calibration.pad.measure import rates
from calibration.pad.show import Report, as_json, kind_of_frames
from calibration.pad.verdict import Heard, Silence, Verdict
from calibration.rates.errors import FolderUnfit
from vision.pad.witness import Evidence

NAN = float("nan")
BROKEN, NOBODY = Silence.UNREADABLE, Silence.NO_RESPONSE


def evidence(passive: float = 1.0, edges: float = NAN) -> Evidence:
    return Evidence(passive, NAN, edges, NAN, NAN, NAN, 1)


def live(value: float, passive: float = 1.0) -> Heard:
    return Heard(value, value, evidence(passive))


Presented = Mapping[str, Sequence[Verdict]]


def collected(presented: Presented) -> tuple[Collection, dict[Path, Verdict]]:
    species = [
        Species(name, tuple(Path(name) / f"{n}.jpg" for n in range(len(found)))) for name, found in presented.items()
    ]
    verdicts = {file: verdict for one in species for file, verdict in zip(one.files, presented[one.name], strict=True)}
    genuine = next(one for one in species if one.name == BONA_FIDE)
    return Collection(genuine, tuple(one for one in species if one is not genuine)), verdicts


def told(presented: Presented, threshold: float = 0.5) -> dict[str, object]:
    return as_json(Report(rates(*collected(presented), threshold), {}, "single", synthetic=False))


def test_rates_are_shares_of_what_the_standard_says() -> None:
    found = told(
        {
            BONA_FIDE: [live(0.9), live(0.5), live(0.49), live(0.99), NOBODY, BROKEN],
            "print": [live(0.1), NOBODY, NOBODY, live(0.8), BROKEN],
            "tablet": [live(0.0)] * 9 + [live(0.5)],
        }
    )
    assert found["bpcer"] == 0.25, "one of four with a response"
    assert found["apcer"] == {"print": 0.25, "tablet": 0.1}, "silent attacks count as not accepted"
    assert (found["apcer_worst"], found["apcer_worst_species"]) == (0.25, "print")
    assert found["attacks"] == {"print": 4, "tablet": 10}
    assert found["bona_fide"] == 5
    assert found["non_response"] == {BONA_FIDE: 1, "print": 2, "tablet": 0}
    assert found["unreadable"] == {BONA_FIDE: 1, "print": 1, "tablet": 0}


def test_intervals_are_exact() -> None:
    found = told({BONA_FIDE: [live(0.9)] * 20, "print": [live(0.0)] * 9 + [live(0.9)]})
    assert found["bpcer_ci"] == [0.0, pytest.approx(1 - 0.025 ** (1 / 20))]
    assert found["apcer_ci"] == {"print": [pytest.approx(0.00253, abs=1e-5), pytest.approx(0.44502, abs=1e-5)]}


def test_the_worst_species_comes_first_and_of_equal_ones_the_less_tested() -> None:
    collection, verdicts = collected(
        {BONA_FIDE: [live(1.0)], "a": [live(0.0)] * 30, "b": [live(0.0)] * 3, "c": [live(0.0), live(1.0)]}
    )
    assert [tally.name for tally, _ in rates(collection, verdicts, 0.5).attacks] == ["c", "b", "a"]


@pytest.mark.parametrize(("threshold", "apcer", "bpcer"), [(0.0, 1.0, 0.0), (0.6, 0.5, 0.0), (0.95, 0.0, 0.5)])
def test_the_threshold_trades_one_error_for_the_other(threshold: float, apcer: float, bpcer: float) -> None:
    found = told({BONA_FIDE: [live(0.94), live(0.96)], "print": [live(0.3), live(0.7)]}, threshold)
    assert (found["apcer_worst"], found["bpcer"]) == (apcer, bpcer)


def test_liveness_that_is_no_number_is_never_accepted() -> None:
    found = told({BONA_FIDE: [live(NAN), live(0.9)], "print": [live(NAN)]})
    assert (found["apcer_worst"], found["bpcer"]) == (0.0, 0.5)


def test_evidence_is_the_median_of_presentations_that_have_it() -> None:
    edges = Heard(0.1, 0.1, evidence(-5.0, edges=4.0))
    found = told({BONA_FIDE: [live(0.9)], "print": [live(0.1, -3.0), live(0.1, -1.0), edges]})
    medians = found["evidence_median"]
    assert isinstance(medians, dict)
    assert medians["print"] == {"passive": -3.0, "edges": 4.0, "frames": 1.0}


@pytest.mark.parametrize(
    ("genuine", "attack", "says"),
    [
        ([live(0.9)], [BROKEN, BROKEN], "none of the 2 file.s. of print"),
        ([BROKEN], [live(0.1)], "none of the 1 file.s. of bona_fide"),
        ([NOBODY, BROKEN], [live(0.1)], "no face in any of 1 bona fide"),
    ],
)
def test_what_was_never_presented_has_no_rate(genuine: list[Verdict], attack: list[Verdict], says: str) -> None:
    with pytest.raises(FolderUnfit, match=says):
        rates(*collected({BONA_FIDE: genuine, "print": attack}), 0.5)


def test_attacks_that_nobody_answers_are_counted_not_accepted() -> None:
    found = told({BONA_FIDE: [live(0.9)], "print": [NOBODY, NOBODY]})
    assert found["apcer"] == {"print": 0.0}
    medians = found["live_median"]
    assert isinstance(medians, dict)
    assert medians["print"] is None


def shot(live: float, rank: float, acceptable: bool) -> Shot:
    return Shot(acceptable, live, rank, evidence(rank))


def test_an_acceptable_shot_counts_before_a_better_one_that_is_not() -> None:
    found = heard([shot(0.9, 5.0, False), shot(0.6, 1.0, True), shot(0.7, 0.5, True)])
    assert (found.live, found.median, found.evidence.passive) == (0.7, 0.7, 0.5)


def test_without_an_acceptable_shot_the_best_ranked_counts() -> None:
    found = heard([shot(0.4, 1.0, False), shot(0.1, 2.0, False), shot(0.3, 0.0, False)])
    assert (found.live, found.median, found.evidence.passive) == (0.1, 0.3, 2.0)


@pytest.mark.parametrize(
    ("names", "kind"), [(["a.jpg"], "single"), (["a.MP4", "b.mov"], "clips"), (["a.png", "b.mkv"], "mixed")]
)
def test_pictures_and_clips_are_told_apart(names: list[str], kind: str) -> None:
    assert kind_of_frames([Path(name) for name in names]) == kind
