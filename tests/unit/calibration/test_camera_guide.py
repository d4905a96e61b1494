"""The guide asks for one pose after the other and takes a picture only when the board is still."""

from dataclasses import replace

import numpy as np

from calibration.camera.board import Sighting
from calibration.camera.guide import STILL_FRAMES, Guide, HoldSo, Show, Took
from calibration.camera.poses import Pose
from tests.unit.calibration.camera_pictures import CORNERS, GOOD, Held
from tests.unit.calibration.test_camera_lens import sighting


def hold(guide: Guide, seen: Sighting) -> Took | None:
    """Still until the guide takes it, at most twice as long as needed."""
    for _ in range(2 * STILL_FRAMES):
        if isinstance(advice := guide.see(seen), Took):
            return advice
    return None


def test_it_is_done_after_every_pose_and_enough_pictures() -> None:
    guide = Guide()
    for held in GOOD:
        hold(guide, sighting(held))
    assert (list(guide.wanted), guide.done, len(guide.taken)) == ([], False, 9)
    assert hold(guide, sighting(GOOD[-1])) is None  # the same again says nothing new
    assert hold(guide, sighting(Held(0.35, 0.6, away_mm=520))) == Took(())
    assert guide.done


def test_a_moving_board_is_not_taken() -> None:
    guide, seen = Guide(), sighting(Held())
    for step in range(60):
        moved = replace(seen, in_picture=seen.in_picture + np.float32(3 * step % 40))
        assert guide.see(moved) == HoldSo(True)
    assert guide.taken == []


def test_the_same_pose_is_taken_once() -> None:
    guide, seen = Guide(), sighting(CORNERS[0])
    taken = hold(guide, seen)
    assert taken is not None
    assert Pose.UPPER_LEFT in taken.poses
    assert hold(guide, seen) is None
    assert guide.see(seen) == HoldSo(False)


def test_a_board_that_vanished_must_be_still_anew() -> None:
    guide, seen = Guide(), sighting(Held())
    for _ in range(STILL_FRAMES):
        guide.see(seen)
    assert guide.see(None) == Show()
    assert guide.see(seen) == HoldSo(True)


def test_it_asks_for_the_middle_first_and_then_goes_on() -> None:
    guide = Guide()
    assert list(guide.wanted) == list(Pose)
    hold(guide, sighting(Held()))
    assert list(guide.wanted) == list(Pose)[1:]
