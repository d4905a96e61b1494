"""A run as a picture: how its times are spread, how travel changed, and one cycle in full."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from calibration.gate.cycle import Cycle
from calibration.gate.figures import each
from calibration.gate.judge import MOVES_MOST_MS, Finding
from calibration.gate.measure import Measured
from hardware.door import Position
from hardware.gate.limits import CHANGE_MS, Flag
from hardware.gate.supervision import since

_OPENING, _CLOSING, _LIMIT = "tab:blue", "tab:orange", "tab:red"


def write_png(found: Measured, wrong: Sequence[Finding], file: Path) -> None:
    """Raises OSError."""
    figure = Figure(figsize=(12, 8.5), layout="constrained")
    names = ", ".join(dict.fromkeys(finding.name for finding in wrong))
    figure.suptitle(
        f"gate {found.welcome.gate}, {len(found.cycles)} cycles: {names or 'nothing wrong was found'}",
        color=_LIMIT if wrong else "tab:green",
    )
    grid = figure.add_gridspec(3, 3, height_ratios=(1, 0.9, 1.1))
    _travel(figure.add_subplot(grid[0, 0]), found)
    _moves(figure.add_subplot(grid[0, 1]), found)
    _answers(figure.add_subplot(grid[0, 2]), found)
    _over_cycles(figure.add_subplot(grid[1, :]), found)
    _timeline(figure.add_subplot(grid[2, :]), slowest(found.cycles))
    figure.savefig(file, dpi=110, format="png")


def slowest(cycles: Sequence[Cycle]) -> Cycle:
    """The one that took longest to open."""
    return max(cycles, key=lambda cycle: cycle.opening_ms or 0.0)


def _travel(axes: Axes, found: Measured) -> None:
    opens = each(found, lambda cycle: cycle.opens_ms)
    closes = each(found, lambda cycle: cycle.closes_ms)
    provisioned = found.welcome.travel_cs * 10
    _histogram(axes, {"to open": (opens, _OPENING), "to closed": (closes, _CLOSING)}, CHANGE_MS / 2)
    _limit(axes, provisioned, f"provisioned {provisioned} ms")
    axes.set(title="travel of the leaf", xlabel="ms, the controller's clock", ylabel="cycles")
    _legend(axes)


def _moves(axes: Axes, found: Measured) -> None:
    moves = each(found, lambda cycle: cycle.moves_ms)
    _histogram(axes, {"movement": (moves, _OPENING)}, CHANGE_MS / 2)
    _limit(axes, MOVES_MOST_MS, f"at most {MOVES_MOST_MS} ms")
    axes.set(title="command to movement", xlabel="ms, the controller's clock", ylabel="cycles", xlim=(0, None))
    _legend(axes)


def _answers(axes: Axes, found: Measured) -> None:
    _histogram(axes, {"answers": (found.line.answers_ms, "tab:gray")}, 0.5)
    axes.set(title=f"answer of the line, {found.line.missed} missed", xlabel="ms, the host's clock", ylabel="answers")
    axes.set(xlim=(0, None))


def _histogram(axes: Axes, named: dict[str, tuple[Sequence[float], str]], width_ms: float) -> None:
    """Bars of one width for all, at most 60 of them."""
    every = [value for values, _ in named.values() for value in values]
    if not every:
        return
    low, high = min(every), max(every)
    width_ms = max(width_ms, (high - low) / 60)
    edges = np.arange(low - width_ms, high + 2 * width_ms, width_ms)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    for name, (values, colour) in named.items():
        axes.hist(values, bins=edges.tolist(), color=colour, alpha=0.6, label=name, edgecolor=colour)


def _legend(axes: Axes) -> None:
    """Above the bars, not on them."""
    axes.set_ylim(0, axes.get_ylim()[1] * 1.4)
    axes.legend(fontsize=8, loc="upper center", ncols=3, columnspacing=1.0, handlelength=1.5)


def _limit(axes: Axes, at_ms: float, words: str) -> None:
    axes.axvline(at_ms, color=_LIMIT, linestyle="--", label=words)


def _over_cycles(axes: Axes, found: Measured) -> None:
    numbers = [cycle.number for cycle in found.cycles]
    opens = [np.nan if cycle.opens_ms is None else cycle.opens_ms for cycle in found.cycles]
    closes = [np.nan if cycle.closes_ms is None else cycle.closes_ms for cycle in found.cycles]
    axes.plot(numbers, opens, "o-", color=_OPENING, markersize=4, label="to open")
    axes.plot(numbers, closes, "s-", color=_CLOSING, markersize=4, label="to closed")
    provisioned = found.welcome.travel_cs * 10
    axes.axhline(provisioned, color=_LIMIT, linestyle="--", label=f"provisioned {provisioned} ms")
    highest = max(provisioned, *each(found, lambda cycle: cycle.opens_ms), *each(found, lambda cycle: cycle.closes_ms))
    axes.set(title="travel from the first cycle to the last", xlabel="cycle", ylabel="ms", ylim=(0, highest * 1.15))
    axes.legend(fontsize=8, loc="lower right", ncols=3)


def _timeline(axes: Axes, cycle: Cycle) -> None:
    """Milliseconds of the controller's clock since it took the grant."""
    statuses = [each.status for each in cycle.said]
    taken = next((status for status in statuses if status.flags & Flag.GRANTED), statuses[0])
    kept = statuses[statuses.index(taken) :]
    at_ms = [since(status.uptime_ms, taken.uptime_ms) for status in kept]
    axes.step(at_ms, [status.position for status in kept], where="post", color="black", linewidth=2)
    for row, flag, colour, words in (
        (3.0, Flag.GRANTED, "tab:green", "granted"),
        (3.6, Flag.PRESENCE, _LIMIT, "sensed"),
    ):
        spans = _spans(at_ms, [bool(status.flags & flag) for status in kept])
        axes.broken_barh(spans, (row - 0.2, 0.4), color=colour, alpha=0.7)
        axes.text(-0.01, row, words, transform=axes.get_yaxis_transform(), ha="right", va="center", color=colour)
    names = [position.name.lower() for position in Position]
    axes.set_yticks([int(position) for position in Position], names)
    axes.set(title=f"cycle {cycle.number}, the slowest to open", xlabel="ms since the grant was taken", ylim=(-0.3, 4))
    axes.grid(axis="x", alpha=0.3)


def _spans(at_ms: Sequence[int], on: Sequence[bool]) -> list[tuple[float, float]]:
    """(start, width) of each stretch that is on."""
    spans, start = list[tuple[float, float]](), None
    for at, is_on in zip(at_ms, on, strict=True):
        if is_on and start is None:
            start = at
        elif not is_on and start is not None:
            spans.append((start, at - start))
            start = None
    return spans if start is None else [*spans, (start, at_ms[-1] - start)]
