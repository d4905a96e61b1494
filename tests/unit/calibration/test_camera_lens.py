"""The lens comes back from pictures of the board; a poor set is refused with the poses it lacks."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import pytest

from calibration.camera.board import Finder, Sighting
from calibration.camera.poses import Lean, Pose, camera_matrix, guess_lean, missing, serves
from calibration.camera.solve import Solution, judge, odd_ones, solve
from tests.unit.calibration.camera_pictures import (
    BOARD,
    CORNERS,
    EDGES,
    GOOD,
    LENS,
    TILTS,
    Held,
    picture,
    place_mm,
    turned,
)


@lru_cache(maxsize=64)
def sighting(held: Held) -> Sighting:
    found = Finder(BOARD).find(picture(held))
    assert found is not None, held
    return Sighting(str(held), LENS.width, LENS.height, *found, "0" * 64)


def sightings(poses: Sequence[Held]) -> list[Sighting]:
    return [sighting(held) for held in poses]


@lru_cache(maxsize=1)
def good() -> Solution:
    return solve(sightings(GOOD))


def test_the_intrinsics_come_back_within_one_percent() -> None:
    lens = good().lens
    assert lens.focal_px == pytest.approx(LENS.focal_px, rel=0.01)
    assert lens.centre_px == pytest.approx(LENS.centre_px, rel=0.01)
    assert lens.distortion[:2] == pytest.approx(LENS.distortion[:2], abs=0.03)
    assert (lens.width, lens.height, lens.calibrated) == (960, 540, True)


def test_a_good_set_is_accepted() -> None:
    verdict = judge(sightings(GOOD), good())
    assert (verdict.reasons, verdict.missing) == ((), ())


def test_the_tilts_come_back_with_their_signs() -> None:
    leans = good().leans[-len(TILTS) :]
    for held, found in zip(TILTS, leans, strict=True):
        assert (found.left_deg, found.forward_deg) == pytest.approx((held.left_deg, held.forward_deg), abs=1.5)


def test_without_the_lens_a_tilt_is_still_told_from_its_opposite() -> None:
    found = guess_lean(sighting(Held(left_deg=40)))
    assert found is not None
    assert 25 < found.left_deg < 55
    assert abs(found.forward_deg) < 10


def test_a_one_sided_set_is_refused_naming_the_missing_poses() -> None:
    left = [Held(0.24, 0.5, a, b, 420 + 10 * i) for i, (a, b) in enumerate([(20, 0), (25, 5), (30, 0), (35, 5)] * 3)]
    seen = sightings([*left, CORNERS[0], CORNERS[2]])
    verdict = judge(seen, solve(seen))
    assert verdict.reasons
    wanted = {Pose.UPPER_RIGHT, Pose.LOWER_RIGHT, Pose.RIGHT, Pose.TILT_RIGHT, Pose.TILT_FORWARD, Pose.TILT_BACK}
    assert wanted <= set(verdict.missing)
    assert not {Pose.UPPER_LEFT, Pose.LOWER_LEFT, Pose.LEFT, Pose.TILT_LEFT} & set(verdict.missing)


def test_a_set_without_tilts_is_refused_naming_all_four() -> None:
    seen = sightings([Held(), *CORNERS, *EDGES, Held(0.4, 0.4)])
    verdict = judge(seen, solve(seen))
    assert verdict.missing == (Pose.TILT_LEFT, Pose.TILT_RIGHT, Pose.TILT_FORWARD, Pose.TILT_BACK)


def test_too_few_pictures_are_refused_with_their_number() -> None:
    verdict = judge(sightings(GOOD[:4]), None)
    assert verdict.reasons[0] == "4 usable pictures, at least 10 needed"
    assert Pose.TILT_LEFT in verdict.missing


def test_a_bent_board_is_refused_and_the_picture_named() -> None:
    seen = sightings(GOOD)
    bad, push = seen[3], np.float32(12) * np.sin(np.arange(len(seen[3].in_picture), dtype=np.float32))
    bent = bad.in_picture + np.stack([push, push[::-1]], axis=1)
    seen[3] = Sighting("bent.png", bad.width, bad.height, bad.on_board, bent, bad.sha256)
    solution = solve(seen)
    assert odd_ones(seen, solution) == ["bent.png"]
    reasons = judge(seen, solution).reasons
    assert any("px, at most 0.48 px; take again: bent.png" in reason for reason in reasons)


def test_nothing_is_found_where_no_board_is() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (540, 960, 3), np.uint8)
    assert Finder(BOARD).find(noise) is None


@pytest.mark.parametrize("held", [Held(), CORNERS[1], TILTS[0], TILTS[3]])
def test_every_corner_is_found_within_half_a_pixel_of_its_true_place(held: Held) -> None:
    seen, turn = sighting(held), cv2.Rodrigues(turned(held))[0]
    at = place_mm(held, LENS, BOARD)
    true, _ = cv2.projectPoints(seen.on_board, turn, at, camera_matrix(LENS), np.array(LENS.distortion))
    assert np.abs(np.array(true).reshape(-1, 2) - seen.in_picture).max() < 0.5


@pytest.mark.parametrize(
    ("leaning", "poses"),
    [
        (Lean(20, 0), {Pose.TILT_LEFT}),
        (Lean(-20, 16), {Pose.TILT_RIGHT, Pose.TILT_FORWARD}),
        (Lean(0, -15), {Pose.TILT_BACK}),
        (Lean(14, 14), set()),
        (Lean(float("nan"), float("nan")), set()),
        (None, set()),
    ],
)
def test_a_lean_counts_from_fifteen_degrees(leaning: Lean | None, poses: set[Pose]) -> None:
    assert serves(sighting(Held()), leaning, 15.0) == {Pose.MIDDLE} | poses


def test_all_poses_are_missing_without_a_picture() -> None:
    assert missing([]) == list(Pose)
