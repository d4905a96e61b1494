import numpy as np
import pytest

from backend.hygiene import BLOCK, Bar, Hygiene, Kind, OnFile, Sample, look_alikes, report
from backend.matching.gallery import Gallery, Vector, fuse
from tests.make import unit

BAR = Bar(accept=0.7, margin=0.05, grey=0.28)


def near(seed: int, other: int, share: float) -> Vector:
    """A unit vector between two."""
    return fuse([unit(seed) * (1 - share), unit(other) * share])


def sample(traveler: str, vector: Vector, quality: int = 80, photo: str = "") -> Sample:
    return Sample(traveler, vector, quality, photo or f"{traveler}{float(vector[0])}")


def said(samples: list[Sample], *on_file: OnFile) -> Hygiene:
    travelers = on_file or tuple(OnFile(one, ()) for one in sorted({s.traveler for s in samples}))
    return report("J", travelers, samples, BAR)


def kinds(found: Hygiene) -> set[tuple[Kind, tuple[str, ...]]]:
    return {(defect.kind, defect.travelers) for defect in found.defects}


def test_strangers_with_good_photos_have_no_defects() -> None:
    found = said([sample("a", unit(1)), sample("b", unit(2)), sample("c", unit(3))])
    assert found.defects == ()
    assert found.ceiling < BAR.grey


def test_a_traveler_without_a_sample_is_told_with_the_reason() -> None:
    found = said([sample("a", unit(1))], OnFile("a", ()), OnFile("b", ("no photo on file",)))
    assert kinds(found) == {(Kind.NO_PHOTO, ("b",))}
    assert found.defects[0].detail == "no photo on file"
    assert (found.travelers, found.searchable) == (2, 1)


def test_refused_and_poor_photos_are_told() -> None:
    one_refused = OnFile("a", ("ident: no face found in the photo",))
    found = said([sample("a", unit(1)), sample("b", unit(2), quality=12)], one_refused, OnFile("b", ()))
    assert kinds(found) == {(Kind.POOR_PHOTOS, ("a",)), (Kind.POOR_PHOTOS, ("b",))}


def test_the_same_photo_under_two_travelers_is_a_duplicate_and_under_one_is_not() -> None:
    same = [sample("a", unit(1), photo="p"), sample("b", unit(9), photo="p"), sample("a", unit(1), photo="p")]
    assert (Kind.DUPLICATE, ("a", "b")) in kinds(said(same))
    assert (Kind.DUPLICATE, ("a", "b")) not in kinds(said([same[0], same[2]]))


def test_look_alikes_begin_a_margin_below_the_threshold() -> None:
    for share in np.linspace(0.05, 0.6, 12):
        other = near(1, 2, float(share))
        score = float(unit(1) @ other)
        listed = (Kind.LOOK_ALIKE, ("a", "b")) in kinds(said([sample("a", unit(1)), sample("b", other)]))
        assert listed == (score >= BAR.accept - BAR.margin)


def test_photos_of_one_traveler_that_show_two_people_are_a_mismatch() -> None:
    assert (Kind.MISMATCH, ("a",)) in kinds(said([sample("a", unit(1)), sample("a", unit(2))]))
    assert not said([sample("a", unit(1)), sample("a", near(1, 2, 0.2))]).defects


def test_a_template_that_is_no_number_is_refused_rather_than_fine() -> None:
    with pytest.raises(ValueError, match="not finite"):
        said([sample("a", unit(1)), sample("b", unit(2) * np.float32(np.nan))])


def test_pairs_across_blocks_are_found_and_nobody_is_his_own_look_alike() -> None:
    size = BLOCK + 40
    vectors = np.array([unit(seed) for seed in range(size)], np.float32)
    vectors[3] = vectors[BLOCK + 7]
    gallery = Gallery(tuple(f"t{n:05}" for n in range(size)), vectors)
    ceiling, pairs = look_alikes(gallery, 0.9)
    assert [pair[:2] for pair in pairs] == [("t00003", f"t{BLOCK + 7:05}")]
    assert abs(ceiling - 1) < 1e-5


def test_an_empty_gallery_and_one_of_one_have_no_ceiling() -> None:
    assert said([]).ceiling == -1.0
    assert said([sample("a", unit(1))]).ceiling == -1.0
