"""One row of the table: what was tried how often on which store, and how often it failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

DISCLAIMER = "Measured on this machine with simulated travellers: it says nothing about the field."


@dataclass(frozen=True, slots=True)
class Figure:
    """store: sqlcipher, postgresql, or "" where it does not matter.  words: what was measured."""

    id: str
    what: str
    store: str
    trials: int
    failures: int
    words: str


def table(figures: Sequence[Figure]) -> Table:
    made = Table("id", "what", "store", "trials", "failures", "measured", caption=DISCLAIMER)
    for row in figures:
        failed = f"[red]{row.failures:,}[/red]" if row.failures else "0"
        made.add_row(row.id, row.what, row.store, f"{row.trials:,}", failed, row.words)
    return made
