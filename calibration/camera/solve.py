"""From the board's corners to the lens, and whether the pictures suffice for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from calibration.camera.board import Sighting
from calibration.camera.errors import PicturesUnfit
from calibration.camera.poses import LEAST_TILT_DEG, Lean, Pose, guess_lean, lean, missing, serves
from vision.optics import Lens

LEAST_PICTURES = 10
MOST_RMS_SHARE = 0.0005  # of the picture's width: 0.96 px at 1920
MOST_FOCAL_DOUBT = 0.005  # standard deviation of the focal length, as a share of it
ODD_ONE = 2.5  # a picture's error over the median of all: blurred, or the board was bent


@dataclass(frozen=True, slots=True)
class Solution:
    """errors_px: rms of each picture.  leans: the board's in each.  focal_doubt: standard deviation over focal length,
    the worse of x and y."""

    lens: Lens
    rms_px: float
    errors_px: tuple[float, ...]
    leans: tuple[Lean, ...]
    focal_doubt: float


def solve(seen: Sequence[Sighting]) -> Solution:
    """Raises PicturesUnfit if no lens explains the pictures."""
    size = seen[0].width, seen[0].height
    on_board, in_picture = [s.on_board for s in seen], [s.in_picture for s in seen]
    try:
        rms, matrix, distortion, turns, _, doubts, _, errors = cv2.calibrateCameraExtended(
            on_board, in_picture, size, np.eye(3), np.zeros(5)
        )
    except cv2.error as error:
        raise PicturesUnfit(f"{len(seen)} pictures: no lens explains them ({error.err}); take new ones") from error
    k, spread = np.array(matrix, np.float64), np.array(doubts, np.float64).ravel()
    lens = Lens(*size, (float(k[0, 0]), float(k[1, 1])), (float(k[0, 2]), float(k[1, 2])), _five(distortion), True)
    leans = tuple(lean(np.array(cv2.Rodrigues(turn)[0], np.float64)) for turn in turns)
    doubt = float(max(spread[0] / k[0, 0], spread[1] / k[1, 1]))
    return Solution(lens, float(rms), tuple(np.array(errors, np.float64).ravel().tolist()), leans, doubt)


def _five(distortion: cv2.typing.MatLike) -> tuple[float, ...]:
    return tuple(np.array(distortion, np.float64).ravel()[:5].tolist())


@dataclass(frozen=True, slots=True)
class Verdict:
    """reasons: why the set is refused, none if it is good.  missing: poses still to take."""

    reasons: tuple[str, ...]
    missing: tuple[Pose, ...]


def judge(seen: Sequence[Sighting], solution: Solution | None) -> Verdict:
    """solution: None while there are too few pictures for one."""
    leans = [guess_lean(s) for s in seen] if solution is None else solution.leans
    wanted = missing(serves(s, leaning, LEAST_TILT_DEG) for s, leaning in zip(seen, leans, strict=True))
    reasons = [] if len(seen) >= LEAST_PICTURES else [f"{len(seen)} usable pictures, at least {LEAST_PICTURES} needed"]
    reasons += [f"{len(wanted)} poses are missing"] if wanted else []
    return Verdict((*reasons, *(() if solution is None else _doubts(seen, solution))), tuple(wanted))


def _doubts(seen: Sequence[Sighting], solution: Solution) -> list[str]:
    found, most_px = [], MOST_RMS_SHARE * solution.lens.width
    if not solution.rms_px <= most_px:
        odd = (
            ", ".join(odd_ones(seen, solution)) or "all alike: is the board flat, and --squares and --square-mm right?"
        )
        found.append(f"rms {solution.rms_px:.2f} px, at most {most_px:.2f} px; take again: {odd}")
    if not solution.focal_doubt <= MOST_FOCAL_DOUBT:
        found.append(
            f"focal length uncertain by {solution.focal_doubt:.1%}, at most {MOST_FOCAL_DOUBT:.1%}; "
            "add pictures with the board near and strongly tilted"
        )
    return found


def odd_ones(seen: Sequence[Sighting], solution: Solution) -> list[str]:
    """Names of the pictures that fit far worse than the others."""
    typical = float(np.median(solution.errors_px))
    return [s.name for s, error in zip(seen, solution.errors_px, strict=True) if error > ODD_ONE * typical]
