"""The rehearsal's synthetic people: they must look to our models like the people and poses they claim to be."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.rehearsal import face_points as at
from calibration.rehearsal.cast import portrait
from calibration.rehearsal.clips import (
    Actor,
    Attack,
    Cutout,
    Print,
    Replay,
    Scene,
    Screen,
    frames,
    lens,
    lit,
    render,
    stances,
    still,
    times_s,
)
from calibration.rehearsal.motion import APPROACH_S, STAND_S, Stance
from calibration.rehearsal.person import person, posed
from calibration.rehearsal.surface import projected
from vision.align import align
from vision.detect import Detector
from vision.embed import Embedder
from vision.faces import Face, Pixels
from vision.landmarks import Landmarker, Landmarks
from vision.optics import INTER_EYE_M

ANNA = Scene("anna", (Actor(portrait("anna-live")),))
STANDING = APPROACH_S + 0.2
DETECTOR, EMBEDDER = Detector(), Embedder()


@pytest.fixture(scope="module")
def landmarker() -> Iterator[Landmarker]:
    landmarker = Landmarker()
    yield landmarker
    landmarker.close()


def nearest(picture: Pixels) -> Face:
    return max(DETECTOR.find(picture), key=lambda face: face.box.area)


def likeness(picture: Pixels, name: str) -> float:
    source = np.asarray(cv2.imread(str(portrait(name))), np.uint8)
    seen, known = (EMBEDDER.embed(align(p, nearest(p).points)) for p in (picture, source))
    return float(seen @ known)


def marks(landmarker: Landmarker, picture: Pixels) -> Landmarks:
    found = landmarker.find(picture, nearest(picture))
    assert found is not None
    return found


def test_a_scene_gives_the_same_frames_every_time() -> None:
    scene = replace(ANNA, approach=False)
    first, again = (list(islice(frames(scene), 2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])


@pytest.mark.parametrize("t", [1.0, 1.8, 2.4, STANDING])
def test_a_face_is_as_large_as_its_distance_says(t: float) -> None:
    (stance,) = stances(ANNA, t)
    expected = lens().focal_px[0] * INTER_EYE_M / stance.away_m
    assert nearest(still(ANNA, t)).inter_eye_px == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(
    ("name", "turn_deg", "least"),
    [("anna-live", 0, 0.8), ("anna-live", 20, 0.6), ("carla-live", 0, 0.8), ("carla-live", -20, 0.6)],
)
def test_somebody_rendered_is_still_that_person(name: str, turn_deg: float, least: float) -> None:
    scene = Scene("turned", (Actor(portrait(name)),), turn_deg=turn_deg)
    assert likeness(still(scene, STANDING), name) >= least


@pytest.mark.parametrize(("turn_deg", "nod_deg"), [(20, 0), (-20, 0), (0, 12), (0, -12)])
def test_the_head_turns_as_far_as_the_scene_says(landmarker: Landmarker, turn_deg: float, nod_deg: float) -> None:
    straight = Scene("straight", (Actor(portrait("ben-live")),))
    turned = replace(straight, turn_deg=turn_deg, nod_deg=nod_deg)
    before, after = (marks(landmarker, still(scene, STANDING)).pose for scene in (straight, turned))
    assert after.yaw_deg - before.yaw_deg == pytest.approx(turn_deg, abs=7)
    assert after.pitch_deg - before.pitch_deg == pytest.approx(nod_deg, abs=7)


def test_lids_close_on_a_person_and_never_on_a_print(landmarker: Landmarker) -> None:
    standing = [t for t in times_s(ANNA) if t >= APPROACH_S]
    shut = max(standing, key=lambda t: stances(ANNA, t)[0].lids)
    open_ = min(standing, key=lambda t: stances(ANNA, t)[0].lids)
    printed = replace(ANNA, attack=Print())
    closes = {
        scene.attack: _opening(marks(landmarker, still(scene, shut))) / _opening(marks(landmarker, still(scene, open_)))
        for scene in (ANNA, printed)
    }
    assert closes[None] < 0.8
    assert closes[Print()] > 0.85


def _opening(seen: Landmarks) -> float:
    upper, lower = seen.points[list(at.UPPER_LIDS)], seen.points[list(at.LOWER_LIDS)]
    return float(np.linalg.norm(upper - lower, axis=1).mean())


def test_perspective_makes_a_near_face_broader_in_the_middle() -> None:
    anna = person(portrait("anna-live"))

    def share(away_m: float) -> float:
        flat = projected(posed(anna, Stance(0, 0, away_m)).points, lens())
        eyes, sides = (abs(float(flat[a, 0] - flat[b, 0])) for a, b in ((33, 263), (at.RIGHT_EDGE, at.LEFT_EDGE)))
        return eyes / sides

    assert share(0.6) > share(4.0) * 1.04


def test_the_end_of_a_clip_can_be_shown_again_and_again_and_blinks() -> None:
    tail = [t for t in times_s(ANNA) if t >= APPROACH_S]
    assert max(stances(ANNA, t)[0].lids for t in tail) == 1.0
    for t in tail:
        now, later = stances(ANNA, t)[0], stances(ANNA, t + STAND_S)[0]
        assert (now.yaw_deg, now.right_m, now.lids) == pytest.approx(
            (later.yaw_deg, later.right_m, later.lids), abs=0.1
        )


@pytest.mark.parametrize(
    "attack", [Print(), Replay(), Replay(Screen.PHONE), Cutout(), Cutout(eye_holes=True, curved=True)], ids=repr
)
def test_an_attack_shows_one_face_and_it_is_the_victims(attack: Attack) -> None:
    near_m = 0.42 if attack == Replay(Screen.PHONE) else 0.75
    picture = still(Scene("attack", (Actor(portrait("anna-live"), nearest_m=near_m),), attack=attack), STANDING)
    assert len(DETECTOR.find(picture)) == 1
    assert likeness(picture, "anna-live") >= 0.5  # well above SFace's 0.363: only liveness can stop it


def test_light_is_dark_or_from_behind_and_lit_again() -> None:
    dark, backlit = replace(ANNA, light=0.16), replace(ANNA, backlit=True)
    luma = [_face_luma(still(scene, STANDING)) for scene in (dark, backlit, ANNA, lit(dark, "relit"))]
    assert max(luma[:2]) < 0.45 * luma[2]
    assert luma[3] == pytest.approx(luma[2], rel=0.05)


def _face_luma(picture: Pixels) -> float:
    x, y = (int(v) for v in projected(np.array([[0, 0.03, 0.75]], np.float32), lens())[0])
    return float(picture[y - 60 : y + 60, x - 60 : x + 60].mean())


def test_a_clip_is_a_1080p_video_at_the_scenes_rate(tmp_path: Path) -> None:
    scene = Scene("slow", approach=False, fps=15)
    video = cv2.VideoCapture(str(render(scene, tmp_path)), cv2.CAP_FFMPEG)
    properties = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_COUNT)
    assert [video.get(p) for p in properties] == [1920, 1080, 15, 30]
