"""`python -m calibration.service.identification --data DIR`: BI-01, false positive identification by gallery size.

DIR has a folder of photos that lie on file and one of live probes, one photo of each person in each, of the same name.
What strangers in the folder can show is counted, with the exact interval of so many people; what they are too few to
show is computed from a tail fitted to them, with how far the fit moves when other people are drawn, and is no proof.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from backend.matching.gallery import Best, build, search
from backend.matching.threshold import OperatingPoint, accept
from backend.operating_point import read_operating_point
from backend.settings import Rules
from calibration.rates import tail
from calibration.rates.acquire import Acquirer
from calibration.rates.errors import FolderUnfit, TooFew
from calibration.rates.exits import told
from calibration.rates.measure import Proportion, proportion
from calibration.service.figure import Figure, table
from vision.image import SUFFIXES

SIZES = (50, 100, 420, 1000, 2000, 5000)
BAR = 0.001
DRAWS, RESAMPLED = 100, 1000
SEED = 11
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """on_file, probes: (n, 128), row by row the same person."""

    on_file: Scores
    probes: Scores


def needed(bar: float = BAR) -> int:
    """Strangers searched for without one false positive, for the exact 97.5 % bound to be at the bar."""
    return math.ceil(math.log(0.025) / math.log1p(-bar))


def read(data: Path, on_file: str, probes: str) -> Faces:
    """People who have a usable photo in both folders.  Raises FolderUnfit."""
    folders = [data / name for name in (on_file, probes)]
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise FolderUnfit(f"{missing[0]} is no folder; give one of photos on file and one of probes")
    files = [{file.stem: file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES} for folder in folders]
    both = sorted(files[0].keys() & files[1].keys())
    if len(both) < tail.LEAST_PEOPLE:
        raise FolderUnfit(f"{len(both)} people have a photo in both folders, at least {tail.LEAST_PEOPLE} are needed")
    acquirer = Acquirer()
    found = [acquirer.acquire([of[name] for name in both], lambda: None) for of in files]
    rows = [
        (a, b) for a, b in zip(found[0].rows, found[1].rows, strict=True) if isinstance(a, int) and isinstance(b, int)
    ]
    picked = np.array(rows, np.intp)
    return Faces(found[0].vectors[picked[:, 0]], found[1].vectors[picked[:, 1]])


def figures(
    quick: bool, data: Path | None = None, on_file: str = "neutral", probes: str = "smiling"
) -> Iterator[Figure]:
    """None without a folder of faces: none come with the project."""
    if data is None:
        return
    faces, point, fpir = read(data, on_file, probes), read_operating_point(), Rules().fpir
    people = len(faces.on_file)
    draws, resampled = (5, 50) if quick else (DRAWS, RESAMPLED)
    for size in sorted({size for size in SIZES if size < people} | {people - 1}):
        yield _counted(faces, size, accept(point, size, fpir), draws)
    fits = refitted(faces, resampled)
    for size in SIZES:
        yield _computed(faces, size, point, fits)


def _counted(faces: Faces, size: int, threshold: float, draws: int) -> Figure:
    false, missed = strangers(faces, size, threshold, draws), misses(faces, threshold)
    words = f"N = {size}, threshold {threshold:.4f}: FPIR {_said(false)}; FNIR {_said(missed)}"
    words += f"; {len(faces.probes)} strangers, {needed():,} without an error would be needed to prove {BAR:.1%}"
    proven = "proven" if false.high <= BAR else "NOT PROVEN"
    return Figure(
        "BI-01", f"FPIR counted at {size}: {proven}", "", false.trials, round(false.rate * false.trials), words
    )


def _computed(faces: Faces, size: int, point: OperatingPoint, fits: list[tail.Tail]) -> Figure:
    threshold = accept(point, size, BAR)
    rates = np.array([expected(fit, size, threshold) for fit in fits])
    low, middle, high = np.percentile(rates, (2.5, 50, 97.5))
    words = f"N = {size}, threshold {threshold:.4f}: FPIR {middle:.3%} ({low:.3%} to {high:.3%} over {len(fits):,} "
    words += f"resamplings of the people); FNIR {_said(misses(faces, threshold))}"
    return Figure("BI-01", f"FPIR extrapolated to {size}: NOT PROVEN", "", len(fits), 0, words)


def strangers(faces: Faces, size: int, threshold: float, draws: int) -> Proportion:
    """Everybody's probe, in `draws` galleries of `size` others.  The interval is that of the people, not the draws."""
    random, people = np.random.default_rng([SEED, size]), len(faces.on_file)
    accepted = trials = 0
    for person in range(people):
        others = np.delete(np.arange(people), person)
        for _ in range(1 if size == people - 1 else draws):
            drawn = random.choice(others, size, replace=False)
            found = search(build((f"{row:05}", faces.on_file[row]) for row in drawn), faces.probes[person])
            accepted += isinstance(found, Best) and found.score >= threshold
            trials += 1
    return proportion(accepted / trials, people, trials)


def misses(faces: Faces, threshold: float) -> Proportion:
    """Own photo on file below the threshold: a person who is in the gallery and is not identified."""
    own = np.einsum("nd,nd->n", faces.on_file, faces.probes)
    return proportion(float((own < threshold).mean()), len(own), len(own))


def refitted(faces: Faces, times: int) -> list[tail.Tail]:
    """The tail of impostor similarities, of as many people drawn with replacement each time."""
    random, people = np.random.default_rng(SEED), len(faces.on_file)
    similarity, found = faces.probes @ faces.on_file.T, []
    for _ in range(times):
        drawn = random.integers(0, people, people)
        different = drawn[:, None] != drawn[None, :]
        try:
            found.append(tail.fit(similarity[np.ix_(drawn, drawn)][different], people))
        except TooFew:  # no exponential: such people are counted as a fit that promises nothing
            found.append(tail.Tail(1.0, 1.0, 1.0, 0.0, people, 0))
    return found


def expected(fit: tail.Tail, size: int, threshold: float) -> float:
    """FPIR of `size` independent comparisons whose tail is this."""
    fmr = min(1.0, fit.share * math.exp(-(threshold - fit.start) / fit.scale))
    return -math.expm1(size * math.log1p(-fmr)) if fmr < 1 else 1.0


def _said(found: Proportion) -> str:
    return f"{found.rate:.3%} (exact 95 %: {found.low:.3%} to {found.high:.3%})"


def main(
    data: Annotated[Path, typer.Option(help="a folder with one folder of photos on file and one of probes")],
    on_file: Annotated[str, typer.Option(help="the folder of photos on file")] = "neutral",
    probes: Annotated[str, typer.Option(help="the folder of live probes")] = "smiling",
    quick: Annotated[bool, typer.Option("--quick", help="fewer draws")] = False,
) -> None:
    """False positive and false negative identification, counted and extrapolated."""
    with told(Console(stderr=True)):
        Console(width=220).print(table(list(figures(quick, data, on_file, probes))))


if __name__ == "__main__":
    typer.run(main)
