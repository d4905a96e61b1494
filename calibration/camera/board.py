"""The ChArUco board: what is printed, and where its corners are in a picture."""

import re
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.camera.errors import BoardUnfit
from vision.faces import Pixels

Points = NDArray[np.float32]
DICTIONARY = cv2.aruco.DICT_5X5_100
DICTIONARY_NAME, MODULES, MARKERS = "DICT_5X5_100", 7, 100  # modules: with the black frame, along one side
MARKER_SHARE = 0.75  # of a square's side
LEAST_CORNERS = 8  # fewer say little about the lens


@dataclass(frozen=True, slots=True)
class Board:
    """columns x rows squares, each square_mm wide."""

    columns: int = 8
    rows: int = 6
    square_mm: float = 30.0

    def __post_init__(self) -> None:
        if not (4 <= self.columns <= 14 and 4 <= self.rows <= 14):
            raise BoardUnfit(f"board {self.columns}x{self.rows}: a side must have 4 to 14 squares, e.g. --squares 8x6")
        if not 5 <= self.square_mm <= 200:
            raise BoardUnfit(f"square of {self.square_mm} mm: must be 5 to 200 mm, e.g. --square-mm 30")

    @property
    def width_mm(self) -> float:
        return self.columns * self.square_mm

    @property
    def height_mm(self) -> float:
        return self.rows * self.square_mm

    @property
    def marker_mm(self) -> float:
        return self.square_mm * MARKER_SHARE


def parse(squares: str, square_mm: float) -> Board:
    """`8x6`.  Raises BoardUnfit."""
    if not (found := re.fullmatch(r"(\d{1,3})[x×](\d{1,3})", squares.strip())):
        raise BoardUnfit(f"squares {squares!r}: expected COLUMNSxROWS, e.g. 8x6")
    return Board(int(found[1]), int(found[2]), square_mm)


@lru_cache(maxsize=4)
def charuco(board: Board) -> cv2.aruco.CharucoBoard:
    """In millimetres; x right, y down, from the board's upper left corner."""
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    return cv2.aruco.CharucoBoard((board.columns, board.rows), board.square_mm, board.marker_mm, dictionary)


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One picture's board.  on_board: (n, 3) mm.  in_picture: (n, 2) px.  sha256: of the picture."""

    name: str
    width: int
    height: int
    on_board: Points
    in_picture: Points
    sha256: str


class Finder:
    """Finds the board's corners in pictures."""

    def __init__(self, board: Board) -> None:
        self._charuco = charuco(board)
        self._detector = cv2.aruco.CharucoDetector(self._charuco)

    def find(self, picture: Pixels) -> tuple[Points, Points] | None:
        """(n, 3) mm on the board and (n, 2) px in the picture; None if fewer than LEAST_CORNERS corners are seen, or
        all of them on one line."""
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
        corners, ids, _, _ = self._detector.detectBoard(grey)
        if corners is None or ids is None or len(ids) < LEAST_CORNERS:
            return None
        on_board = np.array(self._charuco.getChessboardCorners(), np.float32)[np.array(ids).ravel()]
        if min(len(set(on_board[:, 0].tolist())), len(set(on_board[:, 1].tolist()))) < 2:
            return None
        in_picture = np.array(corners, np.float32).reshape(-1, 1, 2)
        return on_board, _refined(grey, in_picture).reshape(-1, 2)


def _refined(grey: cv2.typing.MatLike, corners: Points) -> Points:
    """The detector leaves a third of a pixel; this less.  The window stays inside the smallest square."""
    steps = np.linalg.norm(np.diff(corners[:, 0], axis=0), axis=1)
    half = int(np.clip(float(steps.min()) / 8, 2, 7))
    enough = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 0.005)
    return np.array(cv2.cornerSubPix(grey, corners, (half, half), (-1, -1), enough), np.float32)
