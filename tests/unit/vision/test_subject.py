"""Who is addressed, and that it stays the same person."""

import numpy as np
import pytest

from tests import make
from vision.cues import Cue
from vision.embed import Template
from vision.faces import Box, Face
from vision.optics import INTER_EYE_M, Mounting, Volume, default_lens, place
from vision.subject import Crowd, Subject, View, choose
from vision.track import CHECK_NS, GAP_NS, LOST_NS, Tracker

LENS = default_lens(1920, 1080)
VIEW = View(LENS)
FRAME_NS = 33_000_000


def at(away_m: float, right_m: float = 0.0, height_m: float = 1.5) -> Face:
    """An adult's face at a place before the default camera, 1.5 m above the floor."""
    focal = LENS.focal_px[0]
    inter_eye = focal * INTER_EYE_M / away_m
    x = LENS.centre_px[0] + focal * right_m / away_m
    y = LENS.centre_px[1] + focal * (1.5 - height_m) / away_m
    return make.face_at(x, y, inter_eye)


def test_a_face_is_placed_in_metres() -> None:
    where = place(at(1.2, 0.3, 1.7), LENS, Mounting())
    assert where == pytest.approx((0.3, 1.7, 1.2), abs=0.01)


def test_a_tilted_camera_places_the_same_face_lower() -> None:
    """On the axis of a camera 2 m up that looks 30 degrees down, 1 m away along it."""
    where = place(at(1.0), LENS, Mounting(2.0, 30.0))
    assert where == pytest.approx((0, 2.0 - 0.5, np.cos(np.radians(30))), abs=0.01)


@pytest.mark.parametrize(
    ("away_m", "cue"), [(3.0, Cue.COME_CLOSER), (2.5, Cue.COME_CLOSER), (2.0, None), (0.5, None), (0.3, Cue.STEP_BACK)]
)
def test_the_distance_says_what_brings_a_face_into_the_volume(away_m: float, cue: Cue | None) -> None:
    chosen = choose([at(away_m)], VIEW)
    assert isinstance(chosen, Subject)
    assert chosen.cue is cue


@pytest.mark.parametrize("height_m", [0.95, 1.15, 1.95], ids=["child", "wheelchair", "tall"])
def test_dig3_children_wheelchair_users_and_tall_people_are_inside(height_m: float) -> None:
    chosen = choose([at(1.2, height_m=height_m)], VIEW)
    assert isinstance(chosen, Subject)
    assert chosen.cue is None


def test_bys1_who_stands_aside_above_or_far_away_is_not_there() -> None:
    assert choose([at(1.5, right_m=0.9), at(1.5, height_m=2.4), at(5.0)], VIEW) is None


def test_bys1_a_bystander_behind_is_not_chosen() -> None:
    near = at(1.0)
    chosen = choose([at(2.0, 0.2), near, at(1.9, -0.2)], VIEW)
    assert isinstance(chosen, Subject)
    assert chosen.face is near


def test_two_in_the_volume_side_by_side_are_asked_to_part() -> None:
    assert isinstance(choose([at(1.0), at(1.2, 0.4)], VIEW), Crowd)


def test_dig3_a_family_in_a_line_is_not_a_crowd() -> None:
    chosen = choose([at(0.8), at(1.4, height_m=1.0), at(2.0)], VIEW)
    assert isinstance(chosen, Subject)


def test_a_turned_face_is_asked_to_look() -> None:
    turned = make.face_at(960, 540, 30.0, nose_aside=0.8, tall=60.0)
    chosen = choose([turned], VIEW)
    assert isinstance(chosen, Subject)
    assert chosen.cue is Cue.LOOK_HERE


def test_g10_nobody_behind_is_taken_while_the_nearest_looks_aside() -> None:
    aside = make.face_at(960, 540, 60.0, nose_aside=0.8, tall=110.0)
    chosen = choose([at(1.5), aside], VIEW)
    assert isinstance(chosen, Subject)
    assert chosen.face is aside
    assert chosen.cue is Cue.LOOK_HERE


def test_the_volume_is_the_gates_own() -> None:
    narrow = View(LENS, volume=Volume(half_width_m=0.1))
    assert choose([at(1.0, 0.2)], narrow) is None


def _face(seed: int) -> Template:
    return make.unit(seed)


def test_a_subject_keeps_its_number_while_it_moves() -> None:
    tracker = Tracker()
    first, _ = tracker.follow(Box(0, 0, 100, 100), 0)
    assert tracker.follow(Box(10, 5, 104, 104), FRAME_NS) == (first, False)


def test_without_its_face_a_jump_or_a_gap_is_a_new_person() -> None:
    tracker = Tracker()
    first, _ = tracker.follow(Box(0, 0, 100, 100), 0)
    jumped, _ = tracker.follow(Box(700, 0, 100, 100), FRAME_NS)
    late, _ = tracker.follow(Box(700, 0, 100, 100), 2 * FRAME_NS + GAP_NS)
    assert len({first, jumped, late}) == 3


def test_with_its_face_a_person_keeps_the_number_over_a_short_gap() -> None:
    tracker = Tracker()
    first, looked = tracker.follow(Box(0, 0, 100, 100), 0, lambda: _face(1))
    assert looked
    assert tracker.follow(Box(400, 0, 100, 100), GAP_NS * 3, lambda: _face(1)) == (first, True)
    assert tracker.follow(Box(400, 0, 100, 100), GAP_NS * 3 + LOST_NS + 1, lambda: _face(1))[0] != first


def test_another_face_in_the_same_place_is_another_person_within_half_a_second() -> None:
    tracker = Tracker()
    first, _ = tracker.follow(Box(0, 0, 100, 100), 0, lambda: _face(1))
    numbers = [tracker.follow(Box(0, 0, 100, 100), i * FRAME_NS, lambda: _face(2))[0] for i in range(1, 20)]
    changed = next(i for i, number in enumerate(numbers, 1) if number != first)
    assert changed * FRAME_NS <= CHECK_NS + FRAME_NS
    assert len(set(numbers[changed - 1 :])) == 1, "and then the new one stays"


def test_a_face_that_pushes_in_front_is_looked_at_at_once() -> None:
    tracker = Tracker()
    first, _ = tracker.follow(Box(0, 0, 100, 100), 0, lambda: _face(1))
    assert tracker.follow(Box(-30, -30, 170, 170), FRAME_NS, lambda: _face(2)) == (first + 1, True)


def test_a_picture_held_up_between_two_looks_is_not_confirmed() -> None:
    tracker = Tracker()
    first, _ = tracker.follow(Box(0, 0, 100, 100), 0, lambda: _face(1))
    assert tracker.confirm(_face(1), FRAME_NS)
    assert not tracker.confirm(_face(2), 2 * FRAME_NS)
    assert tracker.number == first + 1


def test_what_was_forgotten_is_not_recognised() -> None:
    tracker = Tracker()
    first, _ = tracker.follow(Box(0, 0, 100, 100), 0, lambda: _face(1))
    tracker.forget()
    assert tracker.follow(Box(0, 0, 100, 100), FRAME_NS, lambda: _face(1))[0] != first
