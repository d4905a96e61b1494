"""What a technician is told about a set of pictures: tables for eyes, the same as JSON, and the refusal."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table

from calibration.camera import coverage
from calibration.camera.board import Sighting
from calibration.camera.exits import REFUSED
from calibration.camera.photos import Looked, Skipped
from calibration.camera.solve import Solution, Verdict, odd_ones


def tell(console: Console, seen: Sequence[Sighting], solution: Solution | None) -> None:
    console.print(coverage.grid(seen))
    if solution is None:
        return
    table, odd = Table("picture", "corners", "error px", "board to the left / forward"), odd_ones(seen, solution)
    for each, error, leaning in zip(seen, solution.errors_px, solution.leans, strict=True):
        tilt = f"{leaning.left_deg:+.0f}° / {leaning.forward_deg:+.0f}°"
        style = "red" if each.name in odd else None
        table.add_row(each.name, str(len(each.in_picture)), f"{error:.2f}", tilt, style=style)
    console.print(table)
    (fx, fy), (cx, cy) = solution.lens.focal_px, solution.lens.centre_px
    console.print(
        f"rms {solution.rms_px:.3f} px; focal length {fx:.1f} x {fy:.1f} px (± {solution.focal_doubt:.2%}), "
        f"centre {cx:.1f}, {cy:.1f}"
    )


def plain(looked: Sequence[Looked], solution: Solution | None, verdict: Verdict) -> dict[str, object]:
    seen = [each for each in looked if isinstance(each, Sighting)]
    errors = {} if solution is None else dict(zip((s.name for s in seen), solution.errors_px, strict=True))
    return {
        "accepted": not verdict.reasons,
        "reasons": verdict.reasons,
        "missing": [pose.value for pose in verdict.missing],
        "rms_px": None if solution is None else solution.rms_px,
        "errors_px": errors,
        "skipped": {each.name: each.why for each in looked if isinstance(each, Skipped)},
        "coverage": coverage.counts(seen).tolist(),
    }


def refuse(verdict: Verdict) -> NoReturn:
    print(f"limen-calibrate camera: refused, nothing was written: {'; '.join(verdict.reasons)}", file=sys.stderr)
    for pose in verdict.missing:
        print(f"  - {pose.value}", file=sys.stderr)
    raise typer.Exit(REFUSED)
