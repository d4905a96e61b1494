import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from vision.align import TARGET, align, similarity
from vision.cues import Cue
from vision.faces import Box
from vision.landmarks import Pose
from vision.quality import Limits, Quality, measure, obstacle, rank
from vision.subject import choose
from vision.track import LOST_NS, Tracker

NAN = float("nan")


@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_similarity_undoes_any_turn_scale_and_shift(scale: float, turn: float, x: float, y: float) -> None:
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = TARGET @ rotation.T + [x, y]
    view = similarity(moved.astype(np.float32))
    assert np.allclose(moved @ view[:, :2].T + view[:, 2], TARGET, atol=0.05)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), NAN), np.full((5, 2), np.inf)])
def test_points_that_are_no_face_are_refused(points: np.ndarray) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="coincide or are not finite"):
        align(np.zeros((10, 10, 3), np.uint8), points.astype(np.float32))


@pytest.mark.parametrize(
    ("quality", "cue"),
    [
        (Quality(60, 500, 0.5), None),
        (Quality(20, 500, 0.5), Cue.COME_CLOSER),
        (Quality(300, 500, 0.5), Cue.STEP_BACK),
        (Quality(60, 500, 0.05), Cue.MORE_LIGHT),
        (Quality(60, 500, 0.97), Cue.MORE_LIGHT),
        (Quality(60, 5, 0.5), Cue.HOLD_STILL),
        (Quality(60, 500, 0.5, Pose(40, 0, 0)), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, Pose(0, -30, 0)), Cue.LOOK_HERE),
        (Quality(20, 5, 0.05), Cue.COME_CLOSER),
        (Quality(NAN, 500, 0.5), Cue.COME_CLOSER),
        (Quality(60, NAN, 0.5), Cue.HOLD_STILL),
        (Quality(60, 500, NAN), Cue.MORE_LIGHT),
        (Quality(60, 500, 0.5, Pose(NAN, 0, 0)), Cue.LOOK_HERE),
    ],
)
def test_the_first_thing_to_change_is_asked_for(quality: Quality, cue: Cue | None) -> None:
    assert obstacle(quality, Limits()) is cue


def test_a_straight_sharp_face_ranks_above_a_turned_one() -> None:
    assert rank(Quality(60, 600, 0.5, Pose(2, 1, 0))) > rank(Quality(90, 600, 0.5, Pose(20, 10, 0)))
    assert rank(Quality(60, NAN, 0.5)) == 0.0


def test_blur_lowers_sharpness_and_dark_lowers_exposure() -> None:
    chip = make.chip()
    dark = (chip * 0.2).astype(np.uint8)
    assert measure(dark, 60).exposure < 0.3 * measure(chip, 60).exposure
    assert measure(np.full_like(chip, 128), 60).sharpness == 0


def test_bys1_a_bystander_far_behind_is_not_processed() -> None:
    near, behind = make.face(inter_eye_px=60), make.face(x=800, width=40, inter_eye_px=20)
    assert choose([behind, near]) is near


def test_two_side_by_side_are_asked_to_part() -> None:
    assert choose([make.face(), make.face(x=300)]) is Cue.ONE_PERSON


def test_nobody_near_is_nobody() -> None:
    assert choose([make.face(width=20, inter_eye_px=9)]) is None
    assert choose([]) is None


def test_a_subject_keeps_its_number_while_it_moves_and_loses_it_after_a_gap_or_a_jump() -> None:
    tracker = Tracker()
    first = tracker.follow(Box(0, 0, 100, 100), 0)
    assert tracker.follow(Box(10, 5, 104, 104), 33_000_000) == first
    jumped = tracker.follow(Box(700, 0, 100, 100), 66_000_000)
    assert jumped != first
    assert tracker.follow(Box(700, 0, 100, 100), 66_000_000 + LOST_NS + 1) not in (first, jumped)
