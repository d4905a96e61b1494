"""One row of the table: what was tried how often on which implementation, and how often it failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from calibration.gate.safety.controllers import NAMES, Kind

DISCLAIMER = "Simulated gate on this machine, simulated people: no field hardware was tested."


@dataclass(frozen=True, slots=True)
class Figure:
    """bench: on this machine's own clock and processes, else in simulated time.  words: what was measured."""

    id: str
    what: str
    kind: Kind
    trials: int
    failures: int
    words: str
    bench: bool = False


def table(figures: Sequence[Figure]) -> Table:
    made = Table("id", "what", "controller", "time", "trials", "failures", "measured", caption=DISCLAIMER)
    for row in figures:
        clock = "this machine's" if row.bench else "simulated"
        failed = f"[red]{row.failures:,}[/red]" if row.failures else "0"
        made.add_row(row.id, row.what, NAMES[row.kind], clock, f"{row.trials:,}", failed, row.words)
    return made


def spread(values: Sequence[float], unit: str = "ms") -> str:
    """Median, 95th percentile and most."""
    ordered = sorted(values)
    if not ordered:
        return "nothing measured"
    middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    return f"p50 {middle:.0f}, p95 {high:.0f}, most {ordered[-1]:.0f} {unit}"
