"""What the eye makes of whole frames: whose face it is, who is left alone, and what of it leaves the eye."""

import itertools
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import pytest

from calibration.rehearsal.cast import portrait
from calibration.rehearsal.clips import Actor, Scene, frames, still, times_s
from calibration.rehearsal.motion import APPROACH_S
from edge.eye.frame import Frame
from edge.eye.look import LONG_SIDE_PX, Candidate, Look, Nobody, NotYet, Sight
from vision.align import align
from vision.crop import ABOVE, BELOW, INTER_EYE_PX, WIDTH
from vision.cues import Cue
from vision.detect import Detector
from vision.embed import Embedder, Template
from vision.faces import Pixels

STANDING_S, PERIOD_S = APPROACH_S + 0.2, 1 / 30
VISITS_S = itertools.count(10.0, 30.0)  # each begins long after the last one ended
DETECTOR, EMBEDDER = Detector(), Embedder()


@pytest.fixture(scope="module")
def look() -> Iterator[Look]:
    look = Look()
    yield look
    look.close()


def read(name: str) -> Pixels:
    return np.asarray(cv2.imread(str(portrait(name))), np.uint8)


def pasted(name: str, width: int, light: float = 1.0) -> Pixels:
    """A portrait `width` pixels wide in a grey 1080p frame."""
    pixels = read(name)
    height = round(width * pixels.shape[0] / pixels.shape[1])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)[:1000]
    picture = np.full((1080, 1920, 3), 120, np.uint8)
    picture[40 : 40 + small.shape[0], 700 : 700 + width] = small
    return (picture * light).astype(np.uint8)


def standing(*actors: Actor) -> Pixels:
    return still(Scene(actors[0].portrait.stem if actors else "hall", actors, busy=True), STANDING_S)


def seen(look: Look, pictures: Iterable[Pixels], period_s: float = PERIOD_S) -> list[Sight]:
    """One visit."""
    start_s = next(VISITS_S)
    return [look(Frame(i, round((start_s + i * period_s) * 1e9), pixels)) for i, pixels in enumerate(pictures, 1)]


def sent(candidate: Candidate) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(candidate.crop.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def template(name: str) -> Template:
    pixels = read(name)
    return EMBEDDER.embed(align(pixels, DETECTOR.find(pixels)[0].points))


def is_of(candidate: Candidate, name: str) -> bool:
    return float(EMBEDDER.embed(align(sent(candidate), candidate.crop.points)) @ template(name)) > 0.5


def test_look_gives_a_candidate_a_cue_or_nobody() -> None:
    look = Look()
    try:
        assert look(Frame(1, 33_000_000, np.full((1080, 1920, 3), 120, np.uint8))) == Nobody()
        far, near = (standing(Actor(portrait("carla-live"), nearest_m=away_m)) for away_m in (2.9, 2.8))
        assert look(Frame(2, 66_000_000, far)) == NotYet(1, Cue.COME_CLOSER)
        assert look(Frame(3, 99_000_000, near)) == NotYet(1, Cue.COME_CLOSER), "the same person, a little nearer"
        good = look(Frame(40, 1_320_000_000, pasted("carla-live", 500)))
        assert isinstance(good, Candidate)
        assert good.cue is Cue.MOMENT, "one frame is no evidence of a live face"
        assert good.live == 0
        assert abs(good.quality.pose.yaw_deg) < 15 if good.quality.pose else False
        assert good.policy
        dark = look(Frame(80, 2_640_000_000, pasted("carla-live", 500, light=0.12)))
        assert isinstance(dark, Candidate)
        assert dark.cue is Cue.MORE_LIGHT
    finally:
        look.close()


def test_in_an_empty_hall_there_is_nobody(look: Look) -> None:
    assert seen(look, [standing()] * 3) == [Nobody()] * 3


def test_a_bystander_is_neither_cropped_nor_embedded(look: Look) -> None:
    subject = Actor(portrait("anna-live"), side=-100)
    behind = Actor(portrait("carla-live"), side=330, nearest_m=1.7)
    picture = standing(subject, behind)
    assert len(DETECTOR.find(picture)) == 2, "both are to be seen"
    for sight in seen(look, [picture] * 3):
        assert isinstance(sight, Candidate)
        (only,) = DETECTOR.find(sent(sight))
        assert np.allclose(only.points, sight.crop.points, atol=0.2 * INTER_EYE_PX)
        assert is_of(sight, "anna-live")
        assert not is_of(sight, "carla-live")
    known = look._tracker._face
    assert known is not None
    assert float(known @ template("anna-live")) > 0.5 > float(known @ template("carla-live"))


def test_who_stands_aside_is_nobody_and_has_no_template(look: Look) -> None:
    picture = standing(Actor(portrait("carla-live"), side=800, nearest_m=1.3))
    assert len(DETECTOR.find(picture)) == 1, "a face is to be seen"
    assert seen(look, [np.zeros_like(picture), *[picture] * 3]) == [Nobody()] * 4
    assert look._tracker._face is None


def test_another_face_in_the_same_place_is_another_subject(look: Look) -> None:
    before, after = (standing(Actor(portrait(name))) for name in ("anna-live", "ben-live"))
    sights = seen(look, [before] * 8 + [after] * 24)
    assert all(isinstance(sight, Candidate) for sight in sights)
    candidates = [sight for sight in sights if isinstance(sight, Candidate)]
    first, numbers = candidates[0].subject, [candidate.subject for candidate in candidates]
    assert numbers[:8] == [first] * 8
    swapped = numbers.index(first + 1)
    assert (swapped - 8) * PERIOD_S <= 0.6
    assert numbers[swapped:] == [first + 1] * (len(numbers) - swapped), "the first one's number is not used again"
    assert candidates[swapped].evidence.frames <= 1, "nothing seen of the one speaks for the other"
    assert is_of(candidates[0], "anna-live")
    assert all(is_of(candidate, "ben-live") for candidate in (candidates[swapped], candidates[-1]))


def test_a_family_that_passes_one_by_one_is_no_crowd(look: Look) -> None:
    mother = Actor(portrait("carla-live"), passes=True)
    child = Actor(portrait("ben-live"), nearest_m=1.0, lower_m=0.3, follows_s=2.5)
    scene = Scene("family", (mother, child), fps=10)
    wanted = [t > 1.4 for t in times_s(scene)]  # before, both are far
    sights = seen(look, itertools.compress(frames(scene), wanted), 1 / scene.fps)
    assert NotYet(None, Cue.ONE_PERSON) not in sights
    candidates = [sight for sight in sights if isinstance(sight, Candidate)]
    numbers = [candidate.subject for candidate in candidates]
    assert numbers == sorted(numbers), "whose turn is over does not come back"
    assert is_of(candidates[0], "carla-live")
    assert is_of(candidates[-1], "ben-live")
    for one in (candidates[0], candidates[-1]):
        assert any(c.subject == one.subject and c.cue is None for c in candidates), "each gets an acceptable frame"


@pytest.mark.parametrize(("lower_m", "away_m"), [(0.35, 1.0), (0.5, 1.7)], ids=["wheelchair", "child"])
def test_eyes_far_below_an_adults_give_candidates(look: Look, lower_m: float, away_m: float) -> None:
    picture = standing(Actor(portrait("ben-live"), nearest_m=away_m, lower_m=lower_m))
    assert all(isinstance(sight, Candidate) for sight in seen(look, [picture] * 3))


def test_a_crop_has_the_margins_of_a_portrait_and_64_px_between_the_eyes(look: Look) -> None:
    (sight,) = seen(look, [pasted("carla-live", 620)])
    assert isinstance(sight, Candidate)
    assert sent(sight).shape == (round((ABOVE + BELOW) * INTER_EYE_PX), round(WIDTH * INTER_EYE_PX), 3)
    eyes = sight.crop.points[:2]
    assert np.allclose(eyes.mean(axis=0), (WIDTH / 2 * INTER_EYE_PX, ABOVE * INTER_EYE_PX), atol=1)
    assert float(np.hypot(*(eyes[1] - eyes[0]))) == pytest.approx(64, abs=2)
    assert len(sight.crop.jpeg) < 120_000


def test_a_crop_is_black_where_the_frame_ends(look: Look) -> None:
    (sight,) = seen(look, [np.ascontiguousarray(pasted("carla-live", 620)[150:])])
    assert isinstance(sight, Candidate)
    assert sent(sight)[:4].max() < 16
    assert sent(sight)[100:200].mean() > 40


def test_the_crop_that_is_sent_gives_the_template_of_the_frame(look: Look) -> None:
    """Scaling and JPEG cost less than 0.02 of similarity."""
    picture = pasted("carla-live", 620)
    (sight,) = seen(look, [picture])
    assert isinstance(sight, Candidate)
    face = DETECTOR.refine(picture, DETECTOR.find(picture, long_side_px=LONG_SIDE_PX)[0])
    direct = EMBEDDER.embed(align(picture, face.points))
    assert float(EMBEDDER.embed(align(sent(sight), sight.crop.points)) @ direct) > 0.98
