"""A portrait laid out in metres: upright, eyes at the origin, the body below, cut from what is behind it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.rehearsal.face_points import CHIN, LEFT_IRIS, OVAL, RIGHT_IRIS, TOP, Points3, face_points
from vision.faces import Pixels
from vision.optics import INTER_EYE_M

PX_PER_M = 1900.0  # as a camera of 70 degrees sees a face at 0.72 m
LEFT_M, TOP_M, WIDTH_M, HEIGHT_M = 0.45, 0.34, 0.90, 1.98  # of the canvas, around the middle between the eyes
MATTE_SCALE = 0.2  # of the copy on which the person is cut out
# Half the width a person may fill, by metres below the eyes.
BODY = np.array(
    [[-0.34, 0.0], [-0.22, 0.13], [-0.1, 0.17], [0.1, 0.18], [0.2, 0.25], [0.3, 0.29], [0.9, 0.26], [1, 0.2]]
)
HIPS_M, FLOOR_M, LEG_M, STANCE_M = 0.86, 1.6, 0.085, 0.1
LONGEST_M = 0.75  # below the eyes, of what is used of a portrait
ARM_M = 0.235  # from the middle to the outside of an arm
ALIKE = 45.0  # grey levels between colours of one head of hair
ORIGIN = np.array([LEFT_M, TOP_M]) * PX_PER_M
SIZE = (round(WIDTH_M * PX_PER_M), round(HEIGHT_M * PX_PER_M))


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """picture and alpha at PX_PER_M, eyes at ORIGIN.  points (478, 3): metres from the middle between the eyes, right,
    down, away."""

    picture: Pixels
    alpha: NDArray[np.uint8]
    points: Points3

    def pixels(self, *numbers: int) -> NDArray[np.int32]:
        """(n, 2): where face points lie on the canvas."""
        return np.asarray(np.round(self.points[list(numbers), :2] * PX_PER_M + ORIGIN), np.int32)


def lay_out(portrait: Path) -> Canvas:
    """Raises OSError if the portrait cannot be read."""
    read = cv2.imread(str(portrait))
    if read is None:
        raise OSError(f"{portrait}: not a readable picture; `make portraits` fetches the rehearsal's")
    picture = np.asarray(read, np.uint8)
    points = face_points(picture)
    right, left = points[RIGHT_IRIS], points[LEFT_IRIS]
    scale = INTER_EYE_M * PX_PER_M / float(np.linalg.norm(left - right))
    across, down = (left - right)[:2]
    upright = scale * np.array([[across, down], [-down, across]]) / np.hypot(across, down)
    eyes = (right + left) / 2
    view = np.column_stack([upright, ORIGIN - upright @ eyes[:2]])
    flat = (points[:, :2] - eyes[:2]) @ upright.T
    metres = np.column_stack([flat, (points[:, 2] - eyes[2]) * scale]) / PX_PER_M
    laid = cv2.warpAffine(picture, view, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    held = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), view, SIZE)
    last = min(_last_row(np.asarray(held, np.uint8)), round((TOP_M + LONGEST_M) * PX_PER_M))
    alpha = _matte(np.asarray(laid, np.uint8), np.asarray(held[:last], np.uint8), metres.astype(np.float32))
    return Canvas(_clothed(np.asarray(laid, np.uint8), alpha, last), alpha, metres.astype(np.float32))


def _matte(laid: Pixels, held: NDArray[np.uint8], points: Points3) -> NDArray[np.uint8]:
    """The person's alpha: cut out of the portrait, carried on below its lower edge.  held: the rows used of the
    portrait, 255 inside it."""
    last = len(held)
    size = (round(SIZE[0] * MATTE_SCALE), round(last * MATTE_SCALE))
    copy = np.asarray(cv2.resize(laid[:last], size, interpolation=cv2.INTER_AREA), np.uint8)
    inside = cv2.resize(held, size, interpolation=cv2.INTER_AREA) > 250
    mask = _guess(copy, inside, points)
    cv2.setRNGSeed(1)
    cv2.grabCut(copy, mask, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    person = _largest(np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8))
    alpha = np.zeros(SIZE[::-1], np.uint8)
    alpha[:last] = cv2.resize(person * 255, (SIZE[0], last), interpolation=cv2.INTER_CUBIC)
    _shoulders(alpha, held)
    _trunk(alpha, last)
    soft = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 3.5), np.uint8)
    return np.clip((soft.astype(np.int16) - 90) * 2, 0, 255).astype(np.uint8)  # a little inside the edge: no halo


def _last_row(held: NDArray[np.uint8]) -> int:
    """The lowest row that holds the portrait all across the chest."""
    chest = held[:, int(ORIGIN[0]) - round(0.1 * PX_PER_M) : int(ORIGIN[0]) + round(0.1 * PX_PER_M)]
    return int(np.flatnonzero(chest.min(axis=1) > 0)[-1]) - 4


def _guess(copy: Pixels, inside: NDArray[np.bool_], points: Points3) -> NDArray[np.uint8]:
    """What is surely and what is probably person, for the cut."""

    size = (copy.shape[1], copy.shape[0])
    template = cv2.resize(_widest(round(size[1] / MATTE_SCALE)), size, interpolation=cv2.INTER_AREA)
    mask = np.where((template > 0) & inside, np.uint8(cv2.GC_PR_BGD), np.uint8(cv2.GC_BGD))
    oval = points[list(OVAL), :2]
    if not _long_hair(copy, points):
        chin = float(points[CHIN, 1])
        for side in (-1, 1):
            away = np.array([[0.1, 0.03], [0.3, 0.03], [0.3, chin - 0.02], [0.12, chin], [0.075, chin + 0.005]])
            beside = away * [side, 1]
            cv2.fillPoly(mask, [small(beside.astype(np.float32))], cv2.GC_BGD)
    wide = small(
        (oval - oval.mean(0)) * np.array([1.35, 1.3], np.float32) + oval.mean(0) - np.array([0, 0.03], np.float32)
    )
    cv2.fillPoly(mask, [wide], cv2.GC_PR_FGD)
    chin = float(points[CHIN, 1])
    right = np.array([[chin, 0.04], [chin + 0.07, 0.075], [chin + 0.11, 0.16], [1, 0.16]])[:, ::-1]
    chest = np.vstack([right, (right * [-1, 1])[::-1]])
    shoulders = chest * np.array([1.4, 1])
    cv2.fillPoly(mask, [small(shoulders.astype(np.float32))], cv2.GC_PR_FGD)
    cv2.fillPoly(mask, [small(chest.astype(np.float32))], cv2.GC_FGD)
    cv2.fillPoly(mask, [small(oval)], cv2.GC_FGD)
    mask[~inside] = cv2.GC_BGD
    return mask.astype(np.uint8)


def small(metres: NDArray[np.float32]) -> NDArray[np.int32]:
    """Pixels of the small copy."""
    return np.asarray(np.round((metres * PX_PER_M + ORIGIN) * MATTE_SCALE), np.int32)


def _long_hair(copy: Pixels, points: Points3) -> bool:
    """Whether both sides of the chin have the colour of the hair above the forehead."""
    top = points[TOP, :2] - np.array([0, 0.035], np.float32)
    chin = float(points[CHIN, 1])
    spots = [small(np.array(p, np.float32)) for p in (top, (-0.1, chin), (0.1, chin))]
    hair, *sides = (np.median(copy[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3), axis=0) for x, y in spots)
    return all(float(np.abs(side - hair).max()) < ALIKE for side in sides)


def _shoulders(alpha: NDArray[np.uint8], held: NDArray[np.uint8]) -> None:
    """Where the portrait's side cuts a shoulder off, it goes on downwards to the arm."""
    columns = np.flatnonzero((held[round(len(held) * 0.7) :] > 0).all(axis=0))
    arm = round(ARM_M * PX_PER_M)
    for edge, step in ((int(columns[0]) + 20, -1), (int(columns[-1]) - 20, 1)):
        rows = np.flatnonzero(alpha[: len(held), edge] > 128)
        end = int(ORIGIN[0]) + step * arm
        if len(rows) < len(held) * 0.04 or (end - edge) * step <= 0:
            continue
        reach = abs(end - edge)
        line = [(edge + step * dx, int(rows[0] + 0.45 * dx + 0.9 * dx**3 / reach**2)) for dx in range(0, reach, 4)]
        outline = [*line, (end, len(held)), (edge - 30 * step, len(held)), (edge - 30 * step, line[0][1] + 8)]
        cv2.fillPoly(alpha[: len(held)], [np.array(outline, np.int32)], 255)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest connected part, without holes."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 1, -1)
    return np.asarray(cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)


def _widest(last: int) -> NDArray[np.uint8]:
    """The widest outline a standing person may fill down to row `last`."""
    outline = np.vstack([BODY, (BODY * [1, -1])[::-1]])[:, ::-1]
    mask = np.zeros((last, SIZE[0]), np.uint8)
    cv2.fillPoly(mask, [np.asarray(np.round(outline * PX_PER_M + ORIGIN), np.int32)], 255)
    return mask


def _trunk(alpha: NDArray[np.uint8], last: int) -> None:
    """Below the portrait: shoulders out to the arms, a coat, legs."""
    middle, arm = int(ORIGIN[0]), round(ARM_M * PX_PER_M)
    row = np.flatnonzero(alpha[last - 1] > 128)
    hips, floor = (round((TOP_M + y) * PX_PER_M) for y in (HIPS_M, FLOOR_M))
    dy = np.arange(0, hips - last, 4)
    out = 1 - np.clip(1 - dy / (0.1 * PX_PER_M), 0, 1) ** 2
    left = np.column_stack([row[0] + (min(row[0], middle - arm) - row[0]) * out, last + dy])
    right = np.column_stack([row[-1] + (max(row[-1], middle + arm) - row[-1]) * out, last + dy])
    cv2.fillPoly(alpha, [np.vstack([left, right[::-1]]).astype(np.int32)], 255)
    for leg in (-STANCE_M, STANCE_M):
        start, end = (middle + round((leg + side * LEG_M) * PX_PER_M) for side in (-1, 1))
        alpha[hips - 4 : floor, start:end] = 255


def _clothed(laid: Pixels, alpha: NDArray[np.uint8], last: int) -> Pixels:
    """Below the portrait its last row goes on, softened, as a coat and darker trousers."""
    hips = round((TOP_M + HIPS_M) * PX_PER_M)
    person = np.flatnonzero(alpha[last - 1] > 250)
    nearest = np.clip(np.arange(SIZE[0]), person[0] + 12, person[-1] - 12)
    row = laid[last - 40 : last, nearest].mean(0, keepdims=True)
    ramp = np.linspace(1, 0.8, SIZE[1] - last, dtype=np.float32)[:, None, None]
    blend = np.clip(np.arange(SIZE[1] - last) / 90, 0, 1).astype(np.float32)[:, None, None]
    below = cv2.blur(row, (61, 1)) * (1 - blend) + cv2.blur(row, (601, 1)) * blend
    laid[last:] = (below * ramp).astype(np.uint8)
    laid[hips:] = (laid[hips:] * 0.35 + 12).astype(np.uint8)
    return laid
