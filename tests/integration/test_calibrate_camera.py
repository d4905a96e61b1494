"""`limen-calibrate` as a technician uses it: board, pictures, exposure, mounting, and Ctrl-C."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from calibration.camera.guide import STILL_FRAMES
from calibration.cli import app
from edge.eye.calibrated import load, read
from tests.unit.calibration.camera_pictures import BOARD, CORNERS, GOOD, LENS, TILTS, Held, picture, shot
from vision.faces import Pixels
from vision.optics import Mounting


def calibrate(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def photos(folder: Path, poses: Sequence[Held]) -> Path:
    folder.mkdir()
    for number, held in enumerate(poses):
        cv2.imwrite(str(folder / f"{number:02}.png"), picture(held))
    return folder


def clip(file: Path, pictures: Sequence[Pixels], frames_each: int, fps: float) -> str:
    video = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), fps, (LENS.width, LENS.height))
    assert video.isOpened()
    for pixels in pictures:
        for _ in range(frames_each):
            video.write(pixels)
    video.release()
    return f"clip:{file}"


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibrated")
    file = folder / "gate-1.toml"
    done = calibrate(
        "camera", "--photos", photos(folder / "photos", GOOD), "--name", "gate-1", "--by", "Ann", "--out", file
    )
    assert done.exit_code == 0, done.output
    return file


@pytest.fixture
def file(calibrated: Path, tmp_path: Path) -> Path:
    """A calibration of its own for each test."""
    copy = tmp_path / calibrated.name
    copy.write_bytes(calibrated.read_bytes())
    return copy


def test_the_board_is_written(tmp_path: Path) -> None:
    done = calibrate("board", "--out", tmp_path / "board.pdf", "--squares", "8x6", "--square-mm", 30, "--paper", "A4")
    assert done.exit_code == 0
    assert (tmp_path / "board.pdf").read_bytes().startswith(b"%PDF")


def test_the_edge_reads_what_calibration_wrote(calibrated: Path) -> None:
    found = read(calibrated, "gate-1", datetime.now(UTC))
    assert found.lens(960, 540).focal_px == pytest.approx(LENS.focal_px, rel=0.01)
    assert len(set(found.pictures)) == len(GOOD)
    assert (found.by, found.lens_section.rms_px < 0.3) == ("Ann", True)
    assert calibrated.with_suffix(".coverage.png").read_bytes().startswith(b"\x89PNG")


def test_a_poor_set_is_refused_with_the_missing_poses_and_nothing_is_written(tmp_path: Path) -> None:
    poor = photos(tmp_path / "photos", [Held(), CORNERS[0]])
    cv2.imwrite(str(poor / "again.png"), picture(Held()))
    (poor / "broken.jpg").write_bytes(b"no picture")
    out = tmp_path / "gate-1.toml"
    done = calibrate("camera", "--photos", poor, "--name", "gate-1", "--by", "Ann", "--out", out, "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["accepted"], out.exists()) == (1, False, False)
    assert said["skipped"]["broken.jpg"] == "not a readable picture, or too large"
    assert "the same picture again" in said["skipped"].values()
    assert "hold it in the upper right corner" in said["missing"]
    assert "hold it in the upper left corner" not in said["missing"]
    assert "  - tilt the board to the left" in done.stderr
    assert "2 usable pictures, at least 10 needed" in done.stderr


def test_pictures_of_two_cameras_are_refused(tmp_path: Path) -> None:
    mixed = photos(tmp_path / "photos", [Held()])
    cv2.imwrite(str(mixed / "zz.png"), np.zeros((480, 640, 3), np.uint8))
    done = calibrate("camera", "--photos", mixed, "--name", "g", "--by", "Ann", "--out", tmp_path / "g.toml")
    assert done.exit_code == 1
    assert "picture zz.png is 640 x 480, the ones before are 960 x 540" in done.stderr


def test_neither_or_both_sources_are_refused(tmp_path: Path) -> None:
    done = calibrate("camera", "--name", "g", "--by", "Ann", "--out", tmp_path / "g.toml")
    assert done.exit_code == 1
    assert "give either --camera ADDRESS or --photos FOLDER" in done.stderr


def test_a_camera_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = calibrate(
        "camera", "--camera", "v4l2:/dev/video99", "--name", "g", "--by", "A", "--out", tmp_path / "g.toml"
    )
    assert done.exit_code == 2
    assert "/dev/video99" in done.stderr


def test_live_frames_lead_to_a_calibration(tmp_path: Path) -> None:
    poses = [picture(held) for held in (Held(), *CORNERS, *TILTS, Held(0.35, 0.6, away_mm=520))]
    address, out = clip(tmp_path / "board.mp4", poses, STILL_FRAMES + 1, 120.0), tmp_path / "gate-1.toml"
    done = calibrate("camera", "--camera", address, "--name", "gate-1", "--by", "Ann", "--out", out)
    assert done.exit_code == 0, done.output
    assert load(out).lens(960, 540).focal_px == pytest.approx(LENS.focal_px, rel=0.02)


def opened(process: int, file: Path) -> bool:
    """Whether the process has this file open by now."""
    links = Path(f"/proc/{process}/fd").glob("*")
    with contextlib.suppress(FileNotFoundError):
        return any(link.readlink() == file for link in links)
    return False


def test_ctrl_c_stops_cleanly_and_writes_nothing(tmp_path: Path) -> None:
    address, out = clip(tmp_path / "wall.mp4", [np.full((540, 960, 3), 120, np.uint8)], 60, 30.0), tmp_path / "g.toml"
    words = ["camera", "--camera", address, "--name", "g", "--by", "Ann", "--out", str(out)]
    started = subprocess.Popen(
        [sys.executable, "-m", "calibration.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while started.poll() is None and not opened(started.pid, tmp_path / "wall.mp4"):
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "limen-calibrate camera: stopped; nothing was written" in said
    assert "Traceback" not in said
    assert not out.exists()


def test_a_good_mounting_is_drawn_and_written(file: Path) -> None:
    done = calibrate("mounting", file, "--height-m", 1.5, "--tilt-deg", 2)
    assert done.exit_code == 0, done.output
    assert load(file).mounting == Mounting(1.5, 2.0)
    assert "child, eyes at 0.95 m: seen from 2.30 to" in done.stdout
    assert file.with_suffix(".mounting.png").read_bytes().startswith(b"\x89PNG")


def test_a_bad_mounting_is_refused_with_what_to_change_unless_insisted_on(file: Path) -> None:
    done = calibrate("mounting", file, "--height-m", 2.2, "--tilt-deg", 0)
    assert done.exit_code == 1
    assert "lower the camera to" in done.stderr
    assert load(file).mounting is None
    assert calibrate("mounting", file, "--height-m", 2.2, "--tilt-deg", 0, "--anyway").exit_code == 0
    assert load(file).mounting == Mounting(2.2, 0.0)


def test_the_mounting_comes_from_a_picture_of_the_standing_board(file: Path, tmp_path: Path) -> None:
    tilt = np.radians(1.0)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    middle = np.array([BOARD.width_mm / 2, BOARD.height_mm / 2, 0])
    cv2.imwrite(str(tmp_path / "board.png"), shot(turn, turn @ (np.array([0.0, 150.0, 900.0]) - middle)))
    done = calibrate("mounting", file, "--photo", tmp_path / "board.png", "--board-height-m", 1.35)
    assert done.exit_code == 0, done.output
    found = load(file).mounting
    assert found is not None
    assert found.height_m == pytest.approx(1.5, abs=0.02)
    assert found.tilt_deg == pytest.approx(1.0, abs=0.7)
    wrong = calibrate("mounting", file, "--photo", tmp_path / "board.png", "--board-height-m", 1.35, "--height-m", 1.7)
    assert wrong.exit_code == 1
    assert "--height-m 1.70 but the picture says 1." in wrong.stderr


def test_a_clip_has_no_exposure_so_only_the_blur_limit_is_written(file: Path, tmp_path: Path) -> None:
    address = clip(tmp_path / "wall.mp4", [np.full((540, 960, 3), 120, np.uint8)], 60, 120.0)
    done = calibrate("exposure", file, "--camera", address, "--least-gain", 0, "--most-gain", 10)
    assert done.exit_code == 0, done.output
    assert "has no control of exposure and gain" in done.stdout
    found = load(file).exposure
    assert found is not None
    # the face's edge moves 742 * 0.1 * 1.4 / 0.35^2 = 848 px/s, 2 px in 2358 us
    assert found.most_us == pytest.approx(2358, rel=0.01)
    assert (found.least_us, found.least_gain, found.most_gain, found.target_luma) == (None, None, None, None)


def test_a_file_edited_by_hand_is_not_built_upon(file: Path) -> None:
    file.write_text(file.read_text().replace('by = "Ann"', 'by = "Bob"'))
    done = calibrate("mounting", file, "--height-m", 1.5, "--tilt-deg", 2)
    assert done.exit_code == 2
    assert "edited by hand" in done.stderr
