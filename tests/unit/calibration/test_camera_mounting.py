"""Who is in the picture of a camera at this height and tilt: against values worked out by hand."""

import math
import re

import numpy as np
import pytest

from calibration.camera.board import Board, Finder, Sighting
from calibration.camera.mounting import (
    FACE_DOWN_M,
    FACE_UP_M,
    PEOPLE,
    complaints,
    heights,
    reach,
    reaches,
    standing,
    view,
    width_m,
)
from tests.unit.calibration.camera_pictures import BOARD, LENS, shot
from vision.faces import Box, Face
from vision.optics import INTER_EYE_M, Lens, Mounting, Volume, default_lens, place

SQUARE = Lens(1001, 1001, (500.5, 500.5), (500.0, 500.0))  # 45 degrees to every side
COMMON = default_lens(1920, 1080)
LOW, HIGH, TALL = (person.eyes_m for person in PEOPLE)


def test_half_angles_of_a_right_angled_lens() -> None:
    seen = view(SQUARE)
    assert [math.degrees(a) for a in (seen.up, seen.down, seen.left, seen.right)] == pytest.approx([45] * 4, abs=1e-6)


def test_a_level_camera_sees_as_high_up_as_far_away() -> None:
    span = heights(view(SQUARE), Mounting(1.5, 0), 1.0)
    assert span.highest_m == pytest.approx(2.5 - FACE_UP_M)
    assert span.lowest_m == pytest.approx(0.5 + FACE_DOWN_M)
    assert width_m(view(SQUARE), 1.0) == pytest.approx(2.0)


def test_a_tilt_turns_both_edges_down() -> None:
    span = heights(view(SQUARE), Mounting(1.5, 15), 1.0)
    assert span.highest_m == pytest.approx(1.5 + math.tan(math.radians(30)) - FACE_UP_M)
    assert span.lowest_m == pytest.approx(1.5 - math.tan(math.radians(60)) + FACE_DOWN_M)


@pytest.mark.parametrize("tilt_deg", [-12.0, 0.0, 8.0, 25.0])
@pytest.mark.parametrize("away_m", [0.35, 1.0, 2.3])
def test_optics_places_the_edges_of_the_picture_at_the_same_heights(tilt_deg: float, away_m: float) -> None:
    mounting, tilt = Mounting(1.5, tilt_deg), math.radians(tilt_deg)
    span = heights(view(COMMON), mounting, away_m)
    for row, expected_m in ((-0.5, span.highest_m + FACE_UP_M), (1079.5, span.lowest_m - FACE_DOWN_M)):
        y = (row - COMMON.centre_px[1]) / COMMON.focal_px[1]
        depth_m = away_m / (math.cos(tilt) - y * math.sin(tilt))
        half_px = COMMON.focal_px[0] * INTER_EYE_M / depth_m / 2
        xs = 960 - half_px, 960 + half_px, 960.0, 960 - half_px, 960 + half_px
        rows = row, row, row + half_px, row + 2 * half_px, row + 2 * half_px
        points = np.array(list(zip(xs, rows, strict=True)), np.float32)
        found = place(Face(Box(0, 0, 1, 1), points, 1.0), COMMON, mounting)
        assert found.away_m == pytest.approx(away_m, rel=1e-3)
        assert found.height_m == pytest.approx(expected_m, abs=2e-3)


def test_a_child_is_seen_until_its_chin_leaves_the_picture() -> None:
    # level at 1.5 m, 45 degrees down: the chin at 0.95 - 0.12 m is 0.67 m below, so it leaves at 0.67 m
    found = reach(view(SQUARE), Mounting(1.5, 0), Volume(), PEOPLE[0])
    assert found.until_m == pytest.approx(0.67, abs=0.011)
    assert found.stretch_m == pytest.approx(2.3 - 0.67, abs=0.011)


def test_everybody_is_seen_by_a_common_camera_well_mounted() -> None:
    assert complaints(view(COMMON), Mounting(1.5, 2), Volume()) == []


def test_too_much_tilt_loses_the_tall_and_says_how_far_to_tilt_back() -> None:
    said = complaints(view(COMMON), Mounting(1.5, 12), Volume())
    assert said[0] == "tall adult (eyes at 1.95 m): not in the picture at the far end"
    assert "tilt it to 2° down (--tilt-deg 2)" in said[-1]


def test_a_camera_too_high_loses_the_small_and_says_how_far_to_lower_it() -> None:
    said = complaints(view(COMMON), Mounting(2.2, 0), Volume())
    assert any(line.startswith("child (eyes at 0.95 m)") for line in said)
    assert "lower the camera to 1.45 m" in said[-1]


@pytest.mark.parametrize("mounting", [Mounting(1.5, 12), Mounting(2.2, 0), Mounting(0.9, 0), Mounting(2.1, 30)])
def test_what_is_advised_mends_it(mounting: Mounting) -> None:

    seen, advice = view(COMMON), complaints(view(COMMON), mounting, Volume())[-1]
    tilts, lifts = re.findall(r"--tilt-deg ([-\d.]+)", advice), re.findall(r"camera to ([\d.]+) m", advice)
    tilts += ["0"] if "level" in advice else []
    assert tilts or lifts
    alternatives = " or " in advice or not (tilts and lifts)
    tried = (
        [Mounting(mounting.height_m, float(t)) for t in tilts] + [Mounting(float(h), mounting.tilt_deg) for h in lifts]
        if alternatives
        else [Mounting(float(lifts[0]), float(tilts[0]))]
    )
    for better in tried:
        assert all(found.enough for found in reaches(seen, better, Volume())), better


def test_a_lens_too_narrow_is_told_so() -> None:
    narrow = view(Lens(1920, 1080, (3000.0, 3000.0), (959.5, 539.5)))
    assert "the lens sees only 20° of height: turn the camera upright" in complaints(narrow, Mounting(), Volume())[-1]


@pytest.mark.parametrize(("tilt_deg", "roll_deg"), [(8.0, 0.0), (0.0, 0.0), (-6.0, 2.0)])
def test_height_and_tilt_come_back_from_a_board_standing_upright(tilt_deg: float, roll_deg: float) -> None:
    # the camera at 1.50 m; the board's middle 0.9 m away along the floor, at 1.30 m
    tilt, roll = math.radians(tilt_deg), math.radians(roll_deg)
    looks_down = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    rolled = np.array([[math.cos(roll), math.sin(roll), 0], [-math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    turn = rolled @ looks_down
    middle = np.array([BOARD.width_mm / 2, BOARD.height_mm / 2, 0])
    picture = shot(turn, turn @ (np.array([0.0, 200.0, 900.0]) - middle))
    corners = Finder(BOARD).find(picture)
    assert corners is not None
    found = standing(Sighting("one", 960, 540, *corners, "0" * 64), LENS, Board(), 1.30)
    assert found.height_m == pytest.approx(1.50, abs=0.01)
    assert (found.tilt_deg, found.roll_deg) == pytest.approx((tilt_deg, roll_deg), abs=0.7)
