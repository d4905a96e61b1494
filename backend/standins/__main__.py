"""`python -m backend.standins`: run a stand-in for a system around the service."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from backend.standins import photos as photo_sources
from backend.standins import records as record_systems

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def stand_in() -> None:
    """One command for each."""


@app.command()
def photos(
    folder: Annotated[Path, typer.Option(help="a sub-folder for each travel document, as `limen-tvs photo-key` names")],
    port: Annotated[int, typer.Option(help="on 127.0.0.1")],
    country: Annotated[str, typer.Option(help="whose passports State knows")] = "USA",
) -> None:
    """IDENT, State and visa: /ident, /state, /visa; told how to behave at /behave."""
    uvicorn.run(photo_sources.app(folder, country), port=port, log_level="warning")


@app.command()
def records(
    folder: Annotated[Path, typer.Option(help="where what they did is kept, a file for each")],
    port: Annotated[int, typer.Option(help="on 127.0.0.1")],
) -> None:
    """Systems of record: /ident, /tecs, /adis; told how to behave at /behave, asked what they did at /state."""
    uvicorn.run(record_systems.app(folder), port=port, log_level="critical")


if __name__ == "__main__":
    app()
