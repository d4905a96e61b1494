"""The command for a gate's timing."""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from calibration import whole
from calibration.gate import draw, keep, report
from calibration.gate.errors import MeasurementStopped
from calibration.gate.figures import Figures, figures
from calibration.gate.judge import findings
from calibration.gate.keep import Whose
from calibration.gate.measure import Bench, Measured, Plan
from calibration.gate.session import Time
from calibration.gate.tap import Tap
from edge.gate_timing import LEAST_CYCLES, Timing
from hardware.errors import HardwareError, LinkSilent
from hardware.gate import keys
from hardware.gate.driver import LEASE_MS, Gate
from hardware.gate.mac import Key
from hardware.port import SerialPort

REFUSED, BROKEN, STOPPED = 1, 2, 130


def gate(
    port: Annotated[str, typer.Argument(help="of the gate's controller, best a link under /dev/serial/by-path")],
    key: Annotated[Path, typer.Option(help="the gate's key file")],
    gate_id: Annotated[int, typer.Option("--id", min=0, max=65535, help="the gate's id")],
    out: Annotated[Path, typer.Option(help="the timing file to write")],
    cycles: Annotated[int, typer.Option(min=LEAST_CYCLES, max=10_000, help="how often it opens and closes")] = 30,
    walk: Annotated[bool, typer.Option("--walk", help="walk through each opening, as the prompts say")] = False,
    plot: Annotated[Path | None, typer.Option(help="a PNG to draw")] = None,
    by: Annotated[str | None, typer.Option(help="who measures")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="write the file in spite of what was found")] = False,
) -> None:
    """Measure how fast a gate answers, opens and closes; name what is slow, loose or swapped."""
    console, plan = Console(), Plan(cycles, walk)
    with _told(port):
        _check_folders(out, plot)
        found = _measured(port, keys.read(key), gate_id, plan, lambda found: _tell(console, found, plot))
        seen = figures(found)
        wrong = findings(found, seen)
        if not _fit(seen, walk) or (wrong and not anyway):
            _refuse(f"{len(wrong)} finding{'s' if len(wrong) > 1 else ''}; nothing was written", REFUSED)
        whose = Whose(port, keep.adapter(port), by, datetime.now(UTC))
        _keep(console, keep.timing(whose, found, seen), out)


def _measured(port: str, secret: Key, gate_id: int, plan: Plan, tell: Callable[[Measured], None]) -> Measured:
    """tell: also of the cycles before the run was stopped.  Raises MeasurementStopped, HardwareError,
    KeyboardInterrupt: each after the gate was shut."""
    tap = Tap(SerialPort(port), secret, gate_id, time.monotonic)
    door = Gate(tap, secret, gate_id, time.monotonic(), lambda: secrets.randbits(64))
    with Progress() as progress:
        task = progress.add_task(f"gate {gate_id}", total=plan.cycles)
        bench = Bench(door, tap, Time(time.monotonic, time.sleep), progress.console.print)
        try:
            return bench.run(plan, lambda _: progress.advance(task))
        finally:
            door.close()
            progress.stop()
            _tell_shut(bench.shut)
            if bench.so_far:
                tell(bench.so_far)


def _tell(console: Console, found: Measured, plot: Path | None) -> None:
    seen = figures(found)
    wrong = findings(found, seen)
    report.tell(console, found, seen)
    if plot:
        draw.write_png(found, wrong, plot)
        console.print(f"drawn in {plot}", soft_wrap=True)
    report.tell_findings(console, wrong)


def _keep(console: Console, found: Timing, out: Path) -> None:
    whole.write(found, out)
    console.print(
        f"[green]written to {out}[/]: a grant that opens nothing within {found.open_s:.2f} s is a fault of the gate",
        soft_wrap=True,
        highlight=False,
    )


def _tell_shut(shut: bool | None) -> None:
    if shut is False:
        print(
            f"the gate was told to shut and was not observed closed: it closes by itself {LEASE_MS} ms later when "
            "nobody is sensed; look at it before you leave",
            file=sys.stderr,
        )
    elif shut:
        print("the gate is shut", file=sys.stderr)


def _fit(seen: Figures, walk: bool) -> bool:
    """Whether every time was measured at least once."""
    return all(value is not None for name, value in asdict(seen).items() if walk or name != "lane")


def _check_folders(*files: Path | None) -> None:
    """Before the technician walks thirty times."""
    for file in files:
        if file is not None and not file.parent.is_dir():
            _refuse(f"{file}: its folder {file.parent} does not exist; make it, or name another file", BROKEN)


def _refuse(why: str, code: int) -> NoReturn:
    print(f"limen-calibrate gate: {why}", file=sys.stderr)
    raise typer.Exit(code)


@contextmanager
def _told(port: str) -> Iterator[None]:
    try:
        yield
    except MeasurementStopped as error:
        _refuse(f"{port}: stopped: {error}; nothing was written", REFUSED)
    except LinkSilent as error:
        _refuse(f"{port}: {error}; then start again", BROKEN)
    except (HardwareError, OSError) as error:
        _refuse(str(error), BROKEN)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        _refuse(f"{wrong}; nothing was written", BROKEN)
    except KeyboardInterrupt:
        _refuse("stopped; nothing was written", STOPPED)
