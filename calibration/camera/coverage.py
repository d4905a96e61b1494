"""Where in the picture the board's corners were seen: a small grid on the terminal, a picture beside the file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from rich.text import Text

from calibration.camera.board import Sighting
from calibration.camera.poses import EDGE_SHARE
from calibration.camera.solve import ODD_ONE, Solution

COLUMNS, ROWS = 16, 9
STYLES = ((1, "··", "red"), (3, "░░", "yellow"), (8, "▒▒", "green"), (20, "▓▓", "green"))  # below so many corners


def counts(seen: Sequence[Sighting]) -> NDArray[np.int64]:
    """(ROWS, COLUMNS): corners in each cell of the picture."""
    held = np.zeros((ROWS, COLUMNS), np.int64)
    for sighting in seen:
        shares = sighting.in_picture / np.array([sighting.width, sighting.height])
        cells = np.clip((shares * (COLUMNS, ROWS)).astype(int), 0, (COLUMNS - 1, ROWS - 1))
        np.add.at(held, (cells[:, 1], cells[:, 0]), 1)
    return held


def grid(seen: Sequence[Sighting]) -> Text:
    """`··` where no corner was seen, the darker the more."""
    drawn = Text()
    for line in counts(seen).tolist():
        for count in line:
            drawn.append(*next(((mark, style) for below, mark, style in STYLES if count < below), ("██", "bold green")))
        drawn.append("\n")
    return drawn


def write_png(seen: Sequence[Sighting], solution: Solution | None, title: str, file: Path) -> None:
    """Raises OSError."""
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    figure.suptitle(title)
    over, errors = figure.subplots(1, 2, width_ratios=(3, 2))
    width, height = seen[0].width, seen[0].height
    shown = np.ma.masked_equal(counts(seen), 0)
    heat = over.imshow(shown, extent=(0, width, height, 0), cmap="YlGn", vmin=0, aspect="equal")
    points = np.concatenate([s.in_picture for s in seen])
    over.plot(points[:, 0], points[:, 1], ".", color="black", markersize=1.5)
    inner = (width * EDGE_SHARE, height * EDGE_SHARE), width * (1 - 2 * EDGE_SHARE), height * (1 - 2 * EDGE_SHARE)
    over.add_patch(Rectangle(*inner, fill=False, linestyle="--", linewidth=1, edgecolor="tab:red"))
    over.set(title="corners seen (outside the dashed line: the edges)", xlabel="px", ylabel="px")
    over.set_facecolor("mistyrose")
    figure.colorbar(heat, ax=over, label="corners per cell", shrink=0.8)
    _errors(errors, seen, solution)
    figure.savefig(file, dpi=110)


def _errors(axes: Axes, seen: Sequence[Sighting], solution: Solution | None) -> None:
    if solution is None:
        axes.text(0.5, 0.5, "too few pictures for a lens", ha="center")
        axes.set_axis_off()
    else:
        limit = ODD_ONE * float(np.median(solution.errors_px))
        colours = ["tab:red" if error > limit else "tab:blue" for error in solution.errors_px]
        axes.barh(range(len(seen)), solution.errors_px, color=colours)
        axes.set_yticks(range(len(seen)), [s.name for s in seen], fontsize=7)
        axes.invert_yaxis()
        axes.set(title=f"error of each picture, rms {solution.rms_px:.2f} px", xlabel="px")
