"""`python -m hardware`: serve the gate controller's model on a pseudo terminal."""

import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from hardware.gate.bench import Lane, Walker, serve, write_line
from hardware.gate.model import GateModel


def main(
    link: Annotated[Path, typer.Option(help="symbolic link to make to the terminal")],
    events: Annotated[Path, typer.Option(help="file for what the controller saw, one JSON object a line")],
    walker: Annotated[bool, typer.Option(help="let a person walk through every opening")] = True,
) -> None:
    """Serve a gate controller until SIGTERM or Ctrl-C."""
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _: stopped.append(n))
    epoch = time.time_ns() % 65535 + 1
    with events.open("w") as file:
        lane = Lane(GateModel(epoch=epoch, started_s=time.monotonic()), Walker() if walker else None, write_line(file))
        serve(lane, link, time.monotonic, lambda: bool(stopped))


if __name__ == "__main__":
    typer.run(main)
