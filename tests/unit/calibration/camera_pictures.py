"""Pictures of the board through a known lens: every pixel's ray meets the board's plane."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.board import Board, charuco
from calibration.camera.poses import camera_matrix
from vision.faces import Pixels
from vision.optics import Lens

LENS = Lens(960, 540, (742.0, 738.0), (489.0, 262.0), (-0.21, 0.06, 0.0008, -0.0005, 0.0), True)
BOARD = Board()
_PX_PER_MM, _WALL = 2, 130


@dataclass(frozen=True, slots=True)
class Held:
    """x, y: of the board's middle, shares of the picture.  left_deg, forward_deg: as `poses.Lean`."""

    x: float = 0.5
    y: float = 0.5
    left_deg: float = 0.0
    forward_deg: float = 0.0
    away_mm: float = 420.0


CORNERS = tuple(Held(x, y, away_mm=480) for x, y in ((0.22, 0.25), (0.78, 0.25), (0.22, 0.75), (0.78, 0.75)))
EDGES = tuple(Held(x, y) for x, y in ((0.5, 0.25), (0.5, 0.75), (0.24, 0.5), (0.76, 0.5)))
TILTS = tuple(Held(left_deg=a, forward_deg=b) for a, b in ((40, 0), (-40, 0), (0, 40), (0, -40)))
GOOD = (Held(), *CORNERS, *EDGES, *TILTS)


@lru_cache(maxsize=4)
def _rays(lens: Lens) -> NDArray[np.float32]:
    """(height, width, 2): x and y of each pixel's ray at depth 1."""
    grid = np.indices((lens.height, lens.width), np.float32)[::-1].reshape(2, -1).T
    rays = cv2.undistortPoints(np.ascontiguousarray(grid), camera_matrix(lens), np.array(lens.distortion))
    return np.array(rays, np.float32).reshape(lens.height, lens.width, 2)


@lru_cache(maxsize=4)
def _sheet(board: Board) -> Pixels:
    """The board with a white border of one square."""
    border = round(board.square_mm * _PX_PER_MM)
    size = round(board.width_mm * _PX_PER_MM) + 2 * border, round(board.height_mm * _PX_PER_MM) + 2 * border
    return np.array(charuco(board).generateImage(size, marginSize=border), np.uint8)


def turned(held: Held) -> NDArray[np.float64]:
    """From the board to the camera: turned about the picture's upright axis, then about its level one."""
    upright = cv2.Rodrigues(np.array([0, np.radians(-held.left_deg), 0]))[0]
    level = cv2.Rodrigues(np.array([np.radians(held.forward_deg), 0, 0]))[0]
    return np.array(level @ upright, np.float64)


def place_mm(held: Held, lens: Lens, board: Board) -> NDArray[np.float64]:
    """Of the board's upper left corner, such that its middle is seen at x, y."""
    at = np.array([[held.x * lens.width, held.y * lens.height]], np.float32)
    ray = np.array(cv2.undistortPoints(at, camera_matrix(lens), np.array(lens.distortion))).ravel()
    middle = np.array([board.width_mm / 2, board.height_mm / 2, 0])
    return np.asarray(np.array([*ray, 1.0]) * held.away_mm - turned(held) @ middle, np.float64)


def picture(held: Held, lens: Lens = LENS, board: Board = BOARD) -> Pixels:
    return shot(turned(held), place_mm(held, lens, board), lens, board)


def shot(turn: NDArray[np.float64], at_mm: NDArray[np.float64], lens: Lens = LENS, board: Board = BOARD) -> Pixels:
    """(height, width, 3): the board turned and moved by `turn` and `at_mm` before a grey wall."""
    from_ray = np.linalg.inv(np.column_stack([turn[:, 0], turn[:, 1], at_mm]))
    rays = _rays(lens)
    on_plane = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=2) @ from_ray.T.astype(np.float32)
    on_sheet = (on_plane[..., :2] / on_plane[..., 2:] + board.square_mm) * _PX_PER_MM - 0.5
    x, y = (np.ascontiguousarray(on_sheet[..., i], np.float32) for i in (0, 1))
    grey = cv2.remap(_sheet(board), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_WALL)
    return np.array(cv2.cvtColor(cv2.GaussianBlur(grey, (3, 3), 0), cv2.COLOR_GRAY2BGR), np.uint8)


def pictures(poses: Sequence[Held] = GOOD) -> list[Pixels]:
    return [picture(held) for held in poses]
