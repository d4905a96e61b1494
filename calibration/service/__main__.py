"""`python -m calibration.service`: the service's figures, each with its trials and failures."""

import importlib
import logging
from typing import Annotated

import structlog
import typer
from rich.console import Console

from calibration.service.figure import Figure, table

TOPICS = (
    "access",
    "alerts",
    "attacks",
    "audit",
    "citizens",
    "clocks",
    "durability",
    "embedding",
    "failover",
    "four_eyes",
    "galleries",
    "holds",
    "identification",
    "images",
    "load",
    "lookalikes",
    "neutral",
    "outbox",
    "page_readers",
    "races",
    "restart",
    "retention",
    "search",
    "switchover",
    "timers",
)

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def figures(
    quick: Annotated[bool, typer.Option("--quick", help="a few of each, in minutes")] = False,
    topic: Annotated[list[str] | None, typer.Option(help=f"of {', '.join(TOPICS)}; all if not said")] = None,
) -> None:
    """Print every figure; end with 1 if anything failed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console, found = Console(width=200), list[Figure]()
    for one in topic or TOPICS:
        for figure in importlib.import_module(f"calibration.service.{one}").figures(quick):
            console.print(f"{figure.id} {figure.what}: {figure.failures:,} of {figure.trials:,} failed")
            found.append(figure)
    console.print(table(found))
    raise typer.Exit(1 if any(row.failures for row in found) else 0)


if __name__ == "__main__":
    app()
