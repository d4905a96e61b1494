"""`limen-calibrate identify` on real faces, through the whole path from files to a report."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from backend.operating_point import record
from calibration.cli import app
from calibration.rates.acquire import Acquirer, Refusal
from calibration.rehearsal.cast import portrait
from vision.detect import Detector
from vision.embed import template_version
from vision.errors import ImageRefused
from vision.faces import Pixels
from vision.portrait import subject_of

CAST = {
    "anna": ("anna-live", "anna-on-file"),
    "ben": ("ben-live", "ben-live-evening", "ben-on-file-1", "ben-on-file-2"),
    "carla": ("carla-live", "carla-on-file"),
    "stranger": ("stranger-live",),
    "companion": ("companion-live",),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rehearsal's people, by links, with what a folder of photos may also hold."""
    root = tmp_path_factory.mktemp("people")
    for person, names in CAST.items():
        (root / person).mkdir()
        for name in names:
            (root / person / f"{name}.jpg").symlink_to(portrait(name))
    (root / "anna" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (root / "ben" / "gone.png").symlink_to(root / "nowhere.png")
    cv2.imwrite(str(root / "carla" / "wall.png"), np.full((300, 200, 3), 120, np.uint8))
    return root


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["identify", *options])


def test_the_report_is_one_json_object_and_progress_is_elsewhere(folder: Path) -> None:
    result = run("--people", str(folder), "--gallery-size", "3", "--trials", "5", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["gallery_size"] == 3
    assert told["fpir_target"] == 0.001
    assert (told["fnir"], told["fpir"], told["rank1"]) == (0.0, 0.0, 1.0)
    assert told["fnir_ci"][0] == 0.0 < told["fnir_ci"][1]
    assert told["threshold_from"] == "service", "five people are too few to fit a threshold"
    assert told["threshold"] >= told["service"]["threshold"]
    assert (told["people"], told["photos"]) == (5, 13)
    assert told["fta"] == pytest.approx(3 / 13)
    assert told["refused"] == {why.value: 1 for why in Refusal}
    assert told["mated_trials"] >= 5 * 3
    for name in CAST:
        assert name not in result.output


def test_more_photos_than_anybody_has_and_too_large_a_gallery_are_refused(folder: Path) -> None:
    many = run("--people", str(folder), "--photos-on-file", "3", "--probes", "3")
    assert many.exit_code == 1
    assert "no person has k + p photos" in many.stderr
    large = run("--people", str(folder), "--gallery-size", "50")
    assert large.exit_code == 1
    assert "from 1 to 4" in large.stderr
    few = run("--people", str(folder), "--write", str(folder / "point.toml"))
    assert few.exit_code == 1
    assert "at least 20" in few.stderr
    assert not (folder / "point.toml").exists()


def test_photos_may_have_a_role_by_their_name(folder: Path) -> None:
    result = run("--people", str(folder), "--file-photos", "*-on-file*", "--trials", "3", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["gallery_size"] == 3, "the two without a photo on file are the strangers"
    assert told["nonmated_samples"] == 2


def crowd(root: Path) -> Path:
    """Twenty-four made-up people from four real ones, mirrored and squeezed: enough to fit, good for nothing else."""
    for name in ("anna-live", "ben-live", "carla-live", "stranger-live"):
        pixels = cv2.resize(np.asarray(cv2.imread(str(portrait(name)))), (320, 400))
        for kind in range(6):
            person = root / f"{name}{kind}"
            person.mkdir(parents=True)
            squeezed = cv2.resize(pixels, (320 - 25 * (kind % 3), 400 - 25 * (kind % 2)))
            seen = cv2.flip(squeezed, 1) if kind > 2 else squeezed
            for light in (0.8, 1.0):
                cv2.imwrite(str(person / f"{light}.jpg"), (seen * light).astype(np.uint8))
    return root


def test_a_fitted_operating_point_is_one_the_service_reads_and_a_curve_is_drawn(tmp_path: Path) -> None:
    people, point, picture = crowd(tmp_path / "people"), tmp_path / "point.toml", tmp_path / "det.png"
    options = ("--people", str(people), "--trials", "3", "--det", str(picture), "--write", str(point), "--gain")
    result = run(*options, "--name", "made up")
    assert result.exit_code == 0, result.stderr
    held = record(point)
    assert held.template_version == template_version()
    assert (held.measured.name, held.measured.people, held.measured.photos) == ("made up", 24, 48)
    assert picture.stat().st_size > 1000
    assert "FNIR" in result.stdout


def test_an_interrupt_ends_the_work_at_once() -> None:
    seen: list[None] = []

    def advance() -> None:
        seen.append(None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Acquirer().acquire([portrait("anna-live")] * 500, advance)
    assert len(seen) == 1


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def read(name: str, height: int = 600) -> Pixels:
    pixels = np.asarray(cv2.imread(str(portrait(name))), np.uint8)
    return np.asarray(cv2.resize(pixels, (round(pixels.shape[1] * height / pixels.shape[0]), height)), np.uint8)


def beside(large: Pixels, small: Pixels, width: int) -> Pixels:
    """The first picture with the second in its lower right corner."""
    picture = np.full((600, large.shape[1] + width, 3), 120, np.uint8)
    picture[:, : large.shape[1]] = large
    height = round(small.shape[0] * width / small.shape[1])
    picture[-height:, -width:] = cv2.resize(small, (width, height))
    return picture


def test_a_bystander_is_not_the_subject_and_two_alike_are_refused_on_file(detector: Detector) -> None:
    anna, ben = read("anna-live"), read("ben-live")
    alone = subject_of(anna, detector)
    with_bystander = beside(anna, ben, ben.shape[1] // 3)
    assert subject_of(with_bystander, detector, alone=True).box.overlap(alone.box) > 0.8
    equals = np.asarray(np.hstack([anna, ben]), np.uint8)
    assert subject_of(equals, detector).box.area > 0
    with pytest.raises(ImageRefused, match="more than one face"):
        subject_of(equals, detector, alone=True)


@pytest.mark.parametrize("side_px", [64, 112, 900, 2600])
def test_a_face_that_fills_its_photo_is_found(detector: Detector, side_px: int) -> None:
    pixels = read("carla-live")
    whole = subject_of(pixels, detector)
    x, y, width, height = (round(v) for v in whole.box)
    cut = pixels[max(0, y) : y + height, max(0, x) : x + width]
    scale = side_px / width
    tight = np.asarray(cv2.resize(cut, (side_px, round(cut.shape[0] * scale))), np.uint8)
    found = subject_of(tight, detector)
    wanted = (whole.points - [max(0, x), max(0, y)]) * scale
    assert float(np.abs(found.points - wanted).max()) < 0.08 * side_px


def test_a_wall_has_no_subject(detector: Detector) -> None:
    with pytest.raises(ImageRefused, match="no face"):
        subject_of(np.full((200, 3000, 3), 90, np.uint8), detector)
