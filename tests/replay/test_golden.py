"""What a model gives for known pixels must not move: a swapped channel or a changed alignment shows here."""

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from calibration.rehearsal.cast import portrait
from tests import make
from vision import models
from vision.align import align
from vision.detect import Detector
from vision.embed import Embedder, Template
from vision.faces import Pixels
from vision.models import manifest, models_dir
from vision.portrait import subject_of

# The embedding of `make.chip()` in ten-thousandths, written down when preprocessing was checked against OpenCV.
# fmt: off
CHIP = np.array([
    176, 878, -51, 680, -1160, -34, -883, -2, 172, -968, -293, -1689, 892, -826, 602, -1681, 1030, 242, 451, 300,
    -1092, -844, 322, 269, 20, 1638, -966, 2119, 291, -382, -445, -357, -1197, -572, -287, 56, 536, 954, 134, 1918,
    -472, 6, 1229, -87, -1551, 1528, -219, -1100, 1320, -2192, 360, 107, -101, 296, -265, 2315, -2067, 1477, 40, -280,
    -592, 32, -614, -397, -359, -252, 264, 1435, 262, -487, -207, -821, -863, -1287, 671, 396, 574, 920, 545, 1934,
    511, 207, 251, -713, 16, 788, 651, -563, 1471, -959, 399, 238, -133, 2140, -167, -151, -1351, -317, 837, -121,
    997, -20, 1108, -644, 670, -207, -570, 195, 64, 333, -649, -685, 2155, -94, -723, 512, 1306, -605, -998, 260, 571,
    -191, -649, 513, 893, -1206, 384, -925,
])
# fmt: on


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def read(name: str) -> Pixels:
    return np.asarray(cv2.imread(str(portrait(name))), np.uint8)


def template(embedder: Embedder, name: str) -> Template:
    pixels = read(name)
    return embedder.embed(align(pixels, Detector().find(pixels)[0].points))


@pytest.fixture(scope="module")
def opencv() -> cv2.FaceRecognizerSF:
    """OpenCV's own alignment and engine on the same weights, not folded; it refuses inputs nobody feeds."""
    model = onnx.load_from_string(models.read("embedder"))
    fed = {name for node in model.graph.node for name in node.input} - {w.name for w in model.graph.initializer}
    live = [one for one in model.graph.input if one.name in fed]
    del model.graph.input[:]
    model.graph.input.extend(live)
    content = np.frombuffer(model.SerializeToString(), np.uint8)
    return cv2.FaceRecognizerSF.create("onnx", content, np.zeros(0, np.uint8))


def cosine(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    a, b = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_embedding_of_a_seeded_chip_is_pinned(embedder: Embedder) -> None:
    assert len(CHIP) == 128
    assert cosine(embedder.embed(make.chip()), CHIP) >= 0.9999
    swapped = embedder.embed(np.ascontiguousarray(make.chip()[:, :, ::-1]))
    assert cosine(swapped, CHIP) < 0.99, "channels must matter"


def test_our_embedding_of_a_chip_is_opencvs(embedder: Embedder, opencv: cv2.FaceRecognizerSF) -> None:
    for seed in (7, 8, 9):
        chip = make.chip(seed)
        assert cosine(embedder.embed(chip), np.asarray(opencv.feature(chip))) >= 0.9999


@pytest.mark.parametrize("name", ["carla-live", "ben-live", "anna-live", "ben-on-file-1", "stranger-live"])
def test_our_template_of_a_portrait_is_opencvs(embedder: Embedder, opencv: cv2.FaceRecognizerSF, name: str) -> None:
    """Alignment, channel order, folded weights: OpenCV aligns and embeds by itself from the same points."""
    pixels = read(name)
    face = subject_of(pixels, Detector())
    found = np.concatenate([np.array(face.box), face.points.ravel(), [face.score]]).astype(np.float32)
    theirs = np.asarray(opencv.alignCrop(pixels, found[None]), np.uint8)
    ours = align(pixels, face.points)
    assert int(np.abs(theirs.astype(np.int16) - ours).max()) <= 1
    assert cosine(embedder.embed(ours), np.asarray(opencv.feature(theirs))) >= 0.9999


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
