"""`limen-calibrate liveness` on rendered people and attacks, through the whole path from files to a report."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from calibration.cli import app
from calibration.pad.work import judged_pictures
from calibration.rehearsal.cast import portrait
from calibration.rehearsal.clips import render
from calibration.rehearsal.scenes import Actor, Print, Scene
from vision.faces import Pixels
from vision.pad.fusion import fusion

FPS = 5
SPECIES = {"dots", "wall"}


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["liveness", *options])


def judged(genuine: Path, attacks: Path, *options: str) -> Result:
    return run("--bona-fide", str(genuine), "--attacks", str(attacks), *options)


def photographed_again(pixels: Pixels) -> Pixels:
    """Small in a plain picture, pale, unsharp and under a grid of dots."""
    small = cv2.GaussianBlur(cv2.resize(pixels, (300, 300 * pixels.shape[0] // pixels.shape[1])), (0, 0), 2.0)
    across = np.arange(small.shape[1])[None, :, None], np.arange(small.shape[0])[:, None, None]
    dots = 30 * np.cos(2 * np.pi * across[0] / 4) * np.cos(2 * np.pi * across[1] / 4)
    card = np.clip(0.6 * small + 60 + dots, 0, 255).astype(np.uint8)
    return np.asarray(cv2.copyMakeBorder(card, 90, 90, 120, 120, cv2.BORDER_CONSTANT, value=(200, 200, 200)), np.uint8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Portraits, the same pictured again, and what such folders may also hold."""
    root = tmp_path_factory.mktemp("pictures")
    genuine, attacks = root / "live", root / "attacks"
    for folder in (genuine / "somebody", attacks / "dots" / "deeper", attacks / "wall"):
        folder.mkdir(parents=True)
    for name in ("anna-live", "ben-live", "carla-live"):
        (genuine / "somebody" / f"{name}.jpg").symlink_to(portrait(name))
        again = photographed_again(np.asarray(cv2.imread(str(portrait(name))), np.uint8))
        cv2.imwrite(str(attacks / "dots" / "deeper" / f"{name}.png"), again)
    (genuine / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (genuine / "gone.png").symlink_to(root / "nowhere.png")
    cv2.imwrite(str(attacks / "wall" / "wall.png"), np.full((300, 200, 3), 120, np.uint8))
    return genuine, attacks


def test_pictures_become_one_json_object_that_names_no_file(pictures: tuple[Path, Path]) -> None:
    result = judged(*pictures, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["attacks"] == {"dots": 3, "wall": 1}
    assert set(told["apcer"]) == set(told["apcer_ci"]) == SPECIES
    assert told["bona_fide"] == 3
    assert told["non_response"] == {"bona_fide": 0, "dots": 0, "wall": 1}
    assert told["unreadable"] == {"bona_fide": 2, "dots": 0, "wall": 0}
    assert (told["frames"], told["threshold"], told["fusion"]) == ("single", 0.5, fusion().version)
    assert told["synthetic"] is False
    assert told["apcer_worst"] == max(told["apcer"].values())
    seen = told["evidence_median"]
    assert seen["dots"]["grid"] > seen["bona_fide"]["grid"] + 0.2, "the dots are seen"
    assert "edges" not in seen["dots"], "a single picture has no time"
    assert told["live_median"]["dots"] < 0.5 < told["live_median"]["bona_fide"]
    assert told["apcer"] == {"dots": 0.0, "wall": 0.0}
    for name in ("anna", "ben", "carla", "somebody"):
        assert name not in result.output


def test_a_threshold_moves_the_rates(pictures: tuple[Path, Path]) -> None:
    told = json.loads(judged(*pictures, "--json", "--threshold", "0").stdout)
    assert told["apcer"] == {"dots": 1.0, "wall": 0.0}, "everything with a face is accepted"
    told = json.loads(judged(*pictures, "--json", "--threshold", "1").stdout)
    assert told["bpcer"] == 1.0, "nothing is surely live"


def test_the_report_says_what_was_not_tested(pictures: tuple[Path, Path]) -> None:
    result = judged(*pictures, "--bare")
    assert result.exit_code == 0, result.stderr
    for expected in ("APCER", "BPCER", "three dimensions", "injected", "fusion.toml", "bare", "could not be read: 2"):
        assert expected in result.stdout
    assert "SYNTHETIC" not in result.stdout


def filmed(species: str, name: str) -> Scene:
    attack = Print() if species == "print" else None
    return Scene(f"{species}-{name}", (Actor(portrait(name)),), attack=attack, fps=FPS)


def test_clips_are_judged_as_approaches(tmp_path: Path) -> None:
    scenes, folders = (filmed("live", "anna-live"), filmed("print", "anna-live")), (tmp_path / "live", tmp_path / "no")
    live, printed = map(render, scenes, folders)
    (tmp_path / "no" / "torn.mkv").write_bytes(live.read_bytes()[:5000])
    result = judged(live.parent, printed.parent, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["frames"] == "clips"
    assert told["attacks"] == {"no": 1}
    assert told["unreadable"] == {"bona_fide": 0, "no": 1}
    assert (told["bpcer"], told["apcer_worst"]) == (0.0, 0.0)
    assert set(told["evidence_median"]["bona_fide"]) >= {"passive", "grid", "edges", "depth", "flicker", "blinked"}
    assert told["evidence_median"]["bona_fide"]["depth"] > told["evidence_median"]["no"]["depth"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "or --rehearsal alone"),
        (("--bona-fide", "."), "give both"),
        (("--rehearsal", "--attacks", "."), "or --rehearsal alone"),
        (("--bona-fide", "/nowhere/live", "--attacks", "."), "/nowhere/live does not exist"),
    ],
)
def test_a_refusal_is_one_line_without_a_traceback(options: tuple[str, ...], says: str) -> None:
    result = run(*options)
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_folder_in_which_everything_is_broken_is_refused(tmp_path: Path, pictures: tuple[Path, Path]) -> None:
    (tmp_path / "print").mkdir()
    (tmp_path / "print" / "empty.jpg").touch()
    (tmp_path / "print" / "text.mp4").write_text("no clip")
    result = judged(pictures[0], tmp_path)
    assert result.exit_code == 1
    assert "none of the 2 file(s) of print can be read" in result.stderr


def test_an_interrupt_drops_the_pictures_that_wait() -> None:
    verdicts = judged_pictures([portrait("anna-live")] * 500)
    next(verdicts)
    began_s = time.process_time()
    verdicts.close()
    assert time.process_time() - began_s < 60, "hundreds were not judged"
    with pytest.raises(StopIteration):
        next(verdicts)


def runs(process: str) -> bool:
    """A process that has ended may still wait to be counted off."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_interrupted_command_ends_with_130_and_leaves_no_process(tmp_path: Path) -> None:
    clip = tmp_path / "short.avi"
    video = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for _ in range(20):
        video.write(np.full((240, 320, 3), 90, np.uint8))
    video.release()
    for folder in (tmp_path / "live", tmp_path / "attacks"):
        folder.mkdir()
        for number in range(500):
            (folder / f"{number}.avi").symlink_to(clip)
    command = [sys.executable, "-m", "calibration.cli", "liveness"]
    command += ["--bona-fide", str(tmp_path / "live"), "--attacks", str(tmp_path / "attacks")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as child:
        tree = Path(f"/proc/{child.pid}/task/{child.pid}/children")
        while len(workers := tree.read_text().split()) < 2:
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert b"stopped" in said
    assert b"Traceback" not in said
    until_s = time.monotonic() + 20
    while any(map(runs, workers)) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not any(map(runs, workers))
