"""The board on paper: a PDF at true scale with a ruler to check the print."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from calibration.camera.board import DICTIONARY, DICTIONARY_NAME, MODULES, Board, charuco
from calibration.camera.errors import BoardUnfit

PAPERS_MM: Mapping[str, tuple[float, float]] = {  # landscape
    "A4": (297.0, 210.0),
    "A3": (420.0, 297.0),
    "A2": (594.0, 420.0),
    "A1": (841.0, 594.0),
    "letter": (279.4, 215.9),
}
MARGIN_MM, FOOT_MM = 8.0, 22.0  # a white border the detector needs; room for the ruler and the words
RULER_MM = 100
MM_PER_INCH = 25.4


def write_pdf(board: Board, paper: str, file: Path) -> None:
    """Raises BoardUnfit if it does not fit the paper, OSError."""
    draw(board, paper).savefig(file, format="pdf", metadata={"Title": title(board), "CreationDate": None})


def title(board: Board) -> str:
    return f"Limen calibration board {board.columns}x{board.rows}, squares {board.square_mm:g} mm"


def draw(board: Board, paper: str) -> Figure:
    """A sheet whose axes are millimetres from its upper left corner."""
    width_mm, height_mm = _size_mm(board, paper)
    sheet = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
    axes = sheet.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width_mm)
    axes.set_ylim(height_mm, 0)
    axes.set_axis_off()
    left, top = (width_mm - board.width_mm) / 2, (height_mm - FOOT_MM - board.height_mm) / 2 + MARGIN_MM / 2
    axes.add_patch(_fill([(x + left, y + top, w, h) for x, y, w, h in black(board)]))
    foot = height_mm - FOOT_MM + 4
    ruler_left = width_mm - MARGIN_MM - 4 - RULER_MM
    axes.add_patch(_fill(list(_ruler(ruler_left, foot))))
    axes.text(ruler_left, foot + 9.5, f"this line must measure {RULER_MM} mm", fontsize=8, va="top")
    axes.text(MARGIN_MM + 4, foot, _words(board), fontsize=8, va="top", linespacing=1.4)
    return sheet


def _size_mm(board: Board, paper: str) -> tuple[float, float]:
    if paper not in PAPERS_MM:
        raise BoardUnfit(f"paper {paper!r}: expected one of {', '.join(PAPERS_MM)}")
    width_mm, height_mm = PAPERS_MM[paper]
    room_mm = width_mm - 2 * MARGIN_MM, height_mm - MARGIN_MM - FOOT_MM
    if board.width_mm > room_mm[0] or board.height_mm > room_mm[1]:
        largest = int(min(room_mm[0] / board.columns, room_mm[1] / board.rows))
        raise BoardUnfit(
            f"board {board.columns}x{board.rows} of {board.square_mm:g} mm squares is {board.width_mm:g} x "
            f"{board.height_mm:g} mm; {paper} has room for {room_mm[0]:g} x {room_mm[1]:g} mm: "
            f"use --square-mm {largest} or a larger --paper"
        )
    return width_mm, height_mm


Box = tuple[float, float, float, float]  # x, y, width, height; mm, y down


def black(board: Board) -> Iterator[Box]:
    """The black parts of the board, as the detector's own board has them."""
    side = board.square_mm
    markers = [np.array(corners)[0, :2] for corners in charuco(board).getObjPoints()]  # each one's upper left corner
    white = {(int(x // side), int(y // side)) for x, y in markers}
    for column in range(board.columns):
        for row in range(board.rows):
            if (column, row) not in white:
                yield column * side, row * side, side, side
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    module = board.marker_mm / MODULES
    for number, (x, y) in zip(np.array(charuco(board).getIds()).ravel().tolist(), markers, strict=True):
        picture = cv2.aruco.generateImageMarker(dictionary, number, MODULES)
        for row, line in enumerate(np.asarray(picture) == 0):
            for start, end in _runs(line.tolist()):
                yield float(x) + start * module, float(y) + row * module, (end - start) * module, module


def _runs(line: list[bool]) -> Iterator[tuple[int, int]]:
    """Where it is true: starts and ends."""
    start: int | None = None
    for place, on in enumerate([*line, False]):
        if on and start is None:
            start = place
        elif not on and start is not None:
            yield start, place
            start = None


def _ruler(left: float, top: float) -> Iterator[Box]:
    """A line with a tick every 10 mm; the outer edges of the first and the last are RULER_MM apart."""
    yield left, top + 4, RULER_MM, 0.3
    for at in range(0, RULER_MM + 1, 10):
        tall = 5.0 if at % 50 == 0 else 3.0
        yield left + at * (RULER_MM - 0.2) / RULER_MM, top + 6.5 - tall, 0.2, tall


def _fill(boxes: list[Box]) -> PathPatch:
    """One shape, so that no viewer shows seams between neighbours."""
    outlines = [Outline([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], closed=True) for x, y, w, h in boxes]
    return PathPatch(Outline.make_compound_path(*outlines), facecolor="black", edgecolor="none", linewidth=0)


def _words(board: Board) -> str:
    return (
        f"Limen calibration board: ChArUco, {board.columns} x {board.rows} squares of {board.square_mm:g} mm, "
        f"markers {board.marker_mm:g} mm, {DICTIONARY_NAME}\n"
        f"Print at 100 % (no “fit to page”), glue it flat on a stiff plate, keep the white border.\n"
        f"limen-calibrate camera --squares {board.columns}x{board.rows} --square-mm {board.square_mm:g}"
    )
