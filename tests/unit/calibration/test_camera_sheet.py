"""The printed board is true to scale and is the board the detector looks for."""

import re
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.camera.board import Board, Finder, parse
from calibration.camera.errors import BoardUnfit
from calibration.camera.sheet import PAPERS_MM, RULER_MM, draw, write_pdf

PT_PER_MM = 72 / 25.4


def shapes_mm(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of every filled black shape on the page."""
    pages = [zlib.decompress(s) for s in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S) if s[:1] == b"x"]
    page = max(pages, key=lambda text: text.count(b" l\n"))
    found = []
    for shape in re.split(rb"\nf\n", page)[:-1]:
        points = [(float(x), float(y)) for x, y in re.findall(rb"^([-\d.]+) ([-\d.]+) [ml]$", shape, re.M)]
        if points:
            span = np.ptp(np.array(points), axis=0) / PT_PER_MM
            found.append((float(span[0]), float(span[1])))
    return found


@pytest.mark.parametrize(("paper", "board"), [("A4", Board()), ("A3", Board(10, 7, 36.5))])
def test_the_pdf_is_true_to_scale(paper: str, board: Board, tmp_path: Path) -> None:
    write_pdf(board, paper, tmp_path / "board.pdf")
    pdf = (tmp_path / "board.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", pdf)
    assert box is not None
    assert [float(x) / PT_PER_MM for x in box.groups()] == pytest.approx(PAPERS_MM[paper], abs=0.01)
    widths = [width for width, _ in shapes_mm(pdf)]
    assert any(width == pytest.approx(board.width_mm, abs=0.01) for width in widths)
    assert any(width == pytest.approx(RULER_MM, abs=0.01) for width in widths)


@pytest.mark.parametrize("board", [Board(), Board(5, 7, 22.0), Board(7, 5, 30.0)])
def test_the_detector_finds_every_corner_of_the_sheet_where_it_should_be(board: Board) -> None:
    sheet, dpi = draw(board, "A4"), 120
    png = BytesIO()
    sheet.savefig(png, format="png", dpi=dpi)
    picture = cv2.imdecode(np.frombuffer(png.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    found = Finder(board).find(np.asarray(picture, np.uint8))
    assert found is not None
    on_board, in_picture = found
    assert len(on_board) == (board.columns - 1) * (board.rows - 1)
    off_mm = in_picture * 25.4 / dpi - on_board[:, :2]
    assert np.ptp(off_mm, axis=0).max() < 0.15  # less than a pixel


def test_a_board_too_large_for_its_paper_is_refused_with_the_largest_square() -> None:
    with pytest.raises(BoardUnfit, match=r"320 x 240 mm; A4 has room for 281 x 180 mm: use --square-mm 30"):
        draw(Board(8, 6, 40.0), "A4")


def test_an_unknown_paper_is_refused() -> None:
    with pytest.raises(BoardUnfit, match="paper 'B5': expected one of A4, A3"):
        draw(Board(), "B5")


@pytest.mark.parametrize("squares", ["8", "8x", "axb", "3x6", "8x99", "8x6x2", ""])
def test_squares_that_make_no_board_are_refused(squares: str) -> None:
    with pytest.raises(BoardUnfit):
        parse(squares, 30.0)
