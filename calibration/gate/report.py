"""What a technician is told about a gate's timing: a table, the findings."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from calibration.gate.figures import Figures
from calibration.gate.judge import MOVES_MOST_MS, Finding
from calibration.gate.measure import Measured
from edge.gate_timing import Spread
from hardware.gate.driver import SLOW_S
from hardware.gate.limits import CHANGE_MS


def tell(console: Console, found: Measured, seen: Figures) -> None:
    """Milliseconds."""
    travel = f"{found.welcome.travel_cs * 10}"
    table = Table("time, ms", "N", "p50", "p95", "p99", "max", "limit", title=f"gate {found.welcome.gate}")
    for column in table.columns[1:]:
        column.justify = "right"
    _row(table, "command to open, at the host", seen.opening, "")
    _row(table, "command to movement", seen.moves, str(MOVES_MOST_MS))
    _row(table, "travel to open", seen.opens, travel)
    _row(table, "travel to closed", seen.closes, travel)
    _row(table, "open to closed again", seen.stays, "")
    if found.plan.walk:
        _row(table, "somebody sensed in the lane", seen.lane, "")
    _row(table, "answer of the line", seen.answer, f"{SLOW_S * 1000:.0f}")
    _row(table, "jitter of the Statuses", seen.jitter, "")
    console.print(table)
    console.print(
        f"movement, travel and open to closed are of the controller's clock and up to {CHANGE_MS} ms uncertain; with "
        "fewer than 100 values p99 is the largest",
        soft_wrap=True,
    )
    if found.plan.walk and found.cycles:
        counts = [sum(each) for each in zip(*((c.forward, c.reverse, c.doubtful) for c in found.cycles), strict=True)]
        console.print("passages: {} forward, {} reverse, {} doubtful".format(*counts))
    console.print(f"Wants not answered: {found.line.missed} of {found.line.missed + len(found.line.answers_ms)}")


def _row(table: Table, name: str, found: Spread | None, limit: str) -> None:
    if found is None:
        table.add_row(name, "0", "", "", "", "", limit)
        return
    values = (found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms)
    table.add_row(name, str(found.n), *(f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in values), limit)


def tell_findings(console: Console, found: Sequence[Finding]) -> None:
    for finding in found:
        console.print(f"[bold red]{finding.name}[/]: {finding.says}", soft_wrap=True, highlight=False)
