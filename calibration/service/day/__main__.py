"""`python -m calibration.service.day`: 300 flights, 60,000 travellers, 120 gates; end with 1 if a record is missing."""

import asyncio
import logging
import tempfile
import time
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console

from calibration.service.day.accounts import accounted
from calibration.service.day.plan import Fate, plan
from calibration.service.day.run import lived
from calibration.service.figure import DISCLAIMER

app = typer.Typer(help=__doc__, pretty_exceptions_enable=False)


@app.command()
def day(
    flights: Annotated[int, typer.Option(min=1)] = 300,
    size: Annotated[int, typer.Option(min=1, help="travellers on each")] = 200,
    gates: Annotated[int, typer.Option(min=1)] = 120,
    root: Annotated[Path | None, typer.Option(help="where the service's files lie meanwhile")] = None,
) -> None:
    """Live through the day, then hold every record against what was planned."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console, began_s, planned = Console(width=160), time.monotonic(), plan(flights, size, gates)
    console.print(f"{flights} flights, {flights * size:,} travellers, {gates} gates. {DISCLAIMER}")
    with tempfile.TemporaryDirectory(prefix="limen-day-", dir=root) as folder:
        ended = asyncio.run(lived(planned, Path(folder), lambda words: console.print(words)))
    rows = accounted(planned, ended)
    for row in rows:
        style = "red" if row.expected != row.found else None
        console.print(f"{row.what}: {row.expected:,} planned, {row.found:,} found", style=style)
    for wrong in ended.books.wrong[:20]:
        console.print(f"went otherwise: {wrong}", style="red")
    fates = {fate: sum(one.fate is fate for flight in planned for one in flight.passengers) for fate in Fate}
    console.print({fate.value: count for fate, count in fates.items()})
    console.print(f"{time.monotonic() - began_s:,.0f} s")
    raise typer.Exit(1 if ended.books.wrong or any(row.expected != row.found for row in rows) else 0)


if __name__ == "__main__":
    app()
