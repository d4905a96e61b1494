"""What a model gives for known pixels must not move: a swapped channel or a changed alignment shows here."""

import cv2
import numpy as np
import pytest

from calibration.rehearsal.cast import portrait
from edge.eye.frame import Frame
from edge.eye.look import Candidate, Look, Nobody, NotYet
from tests import make
from vision.align import align
from vision.cues import Cue
from vision.detect import Detector
from vision.embed import Embedder, Template
from vision.faces import Pixels
from vision.models import manifest, models_dir

# First eight numbers of the embedding of `make.chip()`, written down when preprocessing was checked against OpenCV.
CHIP_START = (0.017642, 0.087762, -0.005074, 0.068021, -0.115994, -0.003354, -0.088348, -0.000212)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def read(name: str) -> Pixels:
    return np.asarray(cv2.imread(str(portrait(name))), np.uint8)


def template(embedder: Embedder, name: str) -> Template:
    pixels = read(name)
    return embedder.embed(align(pixels, Detector().find(pixels)[0].points))


def test_the_embedding_of_a_seeded_chip_is_pinned(embedder: Embedder) -> None:
    start = embedder.embed(make.chip())[:8]
    golden = np.array(CHIP_START, np.float32)
    cosine = float(start @ golden / np.linalg.norm(start) / np.linalg.norm(golden))
    assert cosine >= 0.9999
    swapped = embedder.embed(np.ascontiguousarray(make.chip()[:, :, ::-1]))[:8]
    assert float(swapped @ golden / np.linalg.norm(swapped) / np.linalg.norm(golden)) < 0.99, "channels must matter"


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [("anna-live", "anna-on-file", 0.6), ("carla-live", "carla-on-file", 0.74), ("ben-live", "ben-on-file-1", 0.7)],
)
def test_two_photos_of_one_person_are_alike(embedder: Embedder, one: str, other: str, least: float) -> None:
    assert float(template(embedder, one) @ template(embedder, other)) > least


def test_photos_of_different_people_are_not(embedder: Embedder) -> None:
    people = [template(embedder, name) for name in ("anna-live", "carla-live", "ben-live", "stranger-live")]
    similarity = np.array(people) @ np.array(people).T
    assert similarity[~np.eye(4, dtype=bool)].max() < 0.3


def test_our_detector_finds_what_opencvs_finds() -> None:
    """OpenCV runs the same file through its own engine and decoding."""
    path = models_dir() / manifest()["detector"].file
    for name in ("carla-live", "ben-on-file-1", "stranger-live"):
        pixels = cv2.resize(read(name), (640, 640))
        theirs = cv2.FaceDetectorYN.create(str(path), "", (640, 640), 0.7, 0.3).detect(pixels)[1]
        assert theirs is not None
        (ours,) = Detector().find(np.asarray(pixels, np.uint8))
        assert np.allclose(ours.box, theirs[0, :4], atol=1.5)
        assert np.allclose(ours.points.ravel(), theirs[0, 4:14], atol=1.5)


def frame(pixels: Pixels, number: int = 1) -> Frame:
    return Frame(number, number * 33_000_000, pixels)


def scene(name: str, width: int, light: float = 1.0) -> Pixels:
    """A portrait `width` pixels wide in a grey 1080p frame."""
    portrait_pixels = read(name)
    height = round(width * portrait_pixels.shape[0] / portrait_pixels.shape[1])
    small = cv2.resize(portrait_pixels, (width, height), interpolation=cv2.INTER_AREA)[:1000]
    picture = np.full((1080, 1920, 3), 120, np.uint8)
    picture[40 : 40 + small.shape[0], 700 : 700 + width] = small
    return (picture * light).astype(np.uint8)


def test_look_gives_a_candidate_a_cue_or_nobody() -> None:
    look = Look()
    try:
        assert look(frame(np.full((1080, 1920, 3), 120, np.uint8))) == Nobody()
        assert look(frame(scene("carla-live", 150), 2)) == NotYet(1, Cue.COME_CLOSER)
        near = look(frame(scene("carla-live", 160), 3))
        assert isinstance(near, NotYet)
        assert near.subject == 1, "the same person, a little nearer"
        good = look(frame(scene("carla-live", 500), 40))
        assert isinstance(good, Candidate)
        assert good.cue is None
        assert abs(good.quality.pose.yaw_deg) < 15 if good.quality.pose else False
        assert 0 <= good.live <= 1
        assert len(good.crop.jpeg) < 120_000
        dark = look(frame(scene("carla-live", 500, light=0.12), 80))
        assert isinstance(dark, Candidate)
        assert dark.cue is Cue.MORE_LIGHT
    finally:
        look.close()


def test_the_crop_that_is_sent_gives_the_template_of_the_frame(embedder: Embedder) -> None:
    """Scaling and JPEG cost less than 0.02 of similarity."""
    look, picture = Look(), scene("carla-live", 620)
    try:
        sight = look(frame(picture))
    finally:
        look.close()
    assert isinstance(sight, Candidate)
    sent = np.asarray(cv2.imdecode(np.frombuffer(sight.crop.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    direct = embedder.embed(align(picture, Detector().find(picture)[0].points))
    assert float(embedder.embed(align(sent, sight.crop.points)) @ direct) > 0.98
