"""The commands for a camera's board and its lens."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from calibration import whole
from calibration.camera import board as boards
from calibration.camera import coverage, keep, live, photos, report, sheet
from calibration.camera.board import Board, Sighting
from calibration.camera.errors import PicturesUnfit
from calibration.camera.exits import told
from calibration.camera.keep import Whose
from calibration.camera.photos import Looked, Skipped
from calibration.camera.solve import LEAST_PICTURES, Solution, judge, solve

Squares = Annotated[str, typer.Option(help="columns x rows of the board")]
SquareMm = Annotated[float, typer.Option(help="side of one square as printed and measured, mm")]


def board(
    out: Annotated[Path, typer.Option(help="the PDF to write")],
    squares: Squares = "8x6",
    square_mm: SquareMm = 30.0,
    paper: Annotated[str, typer.Option(help=", ".join(sheet.PAPERS_MM))] = "A4",
) -> None:
    """Make the calibration board as a PDF at true scale."""
    with told("board"):
        sheet.write_pdf(boards.parse(squares, square_mm), paper, out)
    print(f"{out}: print at 100 % on {paper}, measure the 100 mm line, glue the sheet on a stiff flat plate")
    print("if the line is not 100 mm, give the measured square to `limen-calibrate camera --square-mm`")


def camera(
    name: Annotated[str, typer.Option(help="of the camera, as the appliance's settings have it")],
    by: Annotated[str, typer.Option(help="who calibrates")],
    out: Annotated[Path, typer.Option(help="the calibration file to write")],
    address: Annotated[str | None, typer.Option("--camera", help="live, e.g. v4l2:/dev/video0")] = None,
    photos_dir: Annotated[Path | None, typer.Option("--photos", help="a folder of pictures instead")] = None,
    squares: Squares = "8x6",
    square_mm: SquareMm = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Find the camera's lens from pictures of the board; refuse a poor set and say which poses are missing."""
    console = Console(stderr=as_json)
    with told("camera"):
        looked = _looked(address, photos_dir, boards.parse(squares, square_mm), console)
        seen = [each for each in looked if isinstance(each, Sighting)]
        solution = solve(seen) if len(seen) >= LEAST_PICTURES else None
        report.tell(console, seen, solution)
        verdict = judge(seen, solution)
        if as_json:
            print(json.dumps(report.plain(looked, solution, verdict), indent=2))
        _draw(console, seen, solution, out)
        if solution is None or verdict.reasons:
            report.refuse(verdict)
        whole.write(keep.calibration(Whose(name, by, datetime.now(UTC)), seen, solution), out)
    console.print(f"[green]accepted[/]: written to {out}", soft_wrap=True)


def _draw(console: Console, seen: list[Sighting], solution: Solution | None, out: Path) -> None:
    if seen:
        drawing = out.with_suffix(".coverage.png")
        coverage.write_png(seen, solution, f"{out.name}: {len(seen)} pictures", drawing)
        console.print(f"coverage and errors are drawn in {drawing}", soft_wrap=True)


def _looked(address: str | None, folder: Path | None, board: Board, console: Console) -> list[Looked]:
    match address, folder:
        case str(), None:
            return list(live.take(address, board, console))
        case None, Path():
            return _photographed(folder, board, console)
    raise PicturesUnfit("give either --camera ADDRESS or --photos FOLDER")


def _photographed(folder: Path, board: Board, console: Console) -> list[Looked]:
    files = photos.files_in(folder)
    with Progress(console=console) as progress:
        task = progress.add_task("looking for the board", total=len(files))

        def done(looked: Looked) -> None:
            if isinstance(looked, Skipped):
                console.print(f"[yellow]{looked.name}: {looked.why}[/]", soft_wrap=True)
            progress.advance(task)

        return photos.look(files, board, done)
