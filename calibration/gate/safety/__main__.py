"""`python -m calibration.gate.safety`: the gate's safety figures, and a soak of random steps."""

import logging
import random
import time
from typing import Annotated

import structlog
import typer
from rich.console import Console

from calibration.gate.safety import attacks, doors, line, silence, walks
from calibration.gate.safety.controllers import NAMES, Kind
from calibration.gate.safety.figure import DISCLAIMER, Figure, table

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
Seed = Annotated[int, typer.Option(help="the same seed gives the same run")]
# steps, replays, fuzzed frames, noises, host ends, silences, of each door fault
FULL = {
    Kind.NATIVE: (100_000, 100_000, 1_000_000, 2_000, 1_000, 500, 100),
    Kind.FIRMWARE: (10_000, 4_000, 20_000, 200, 60, 60, 5),
    Kind.MODEL: (20_000, 10_000, 20_000, 200, 60, 60, 10),
    Kind.BOTH: (100_000, 5_000, 10_000, 100, 20, 20, 5),
}
QUICK = (2_000, 2_000, 5_000, 50, 10, 10, 2)


def rows(kind: Kind, counts: tuple[int, ...], seed: int) -> list[Figure]:
    steps, replays, fuzzed, noises, ends, silences, broken = counts
    rng = random.Random(seed)
    return [
        walks.figure(kind, steps, seed),
        attacks.replays(kind, replays, rng),
        silence.bounded_opening(kind, ends, rng),
        silence.dead_man(kind, silences, rng),
        *doors.faults(kind, broken, rng),
        silence.movement(kind, broken * 2, rng),
        attacks.fuzz(kind, fuzzed, rng),
        attacks.resync(kind, noises, rng),
        attacks.install_mode(kind, noises, rng),
    ]


def benches(quick: bool, rng: random.Random) -> list[Figure]:
    """On this machine's clock: a busy machine shows in them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return [
        line.unplugged(5 if quick else 100, rng),
        line.processes(3 if quick else 20, rng),
        line.movement(Kind.NATIVE, 20 if quick else 200),
        line.movement(Kind.FIRMWARE, 20 if quick else 200),
    ]


@app.command()
def figures(
    quick: Annotated[bool, typer.Option("--quick", help="a few of each, in minutes")] = False,
    kind: Annotated[list[Kind] | None, typer.Option(help="controller; native and firmware if not said")] = None,
    seed: Seed = 1,
) -> None:
    """Print every figure with its trials and failures; end with 1 if anything failed."""
    found: list[Figure] = []
    for one in kind or [Kind.NATIVE, Kind.FIRMWARE]:
        found += rows(one, QUICK if quick else FULL[one], seed)
    found.append(walks.seeded_figure())
    found += benches(quick, random.Random(seed))
    console = Console(width=200)
    console.print(table(found))
    raise typer.Exit(1 if any(row.failures for row in found) else 0)


@app.command()
def soak(
    steps: Annotated[int, typer.Option(min=1)] = 1_000_000,
    kind: Kind = Kind.NATIVE,
    seed: Seed = 1,
) -> None:
    """Walk at random until so many steps are done, and print what was seen on the way."""
    console, began_s, told = Console(), time.monotonic(), 0
    console.print(f"{NAMES[kind]}, seed {seed}. {DISCLAIMER}")
    so_far = walks.Walked()
    for so_far in walks.walked(kind, steps, seed):
        if so_far.steps >= told + 20_000 or so_far.steps >= steps:
            told = so_far.steps
            pace = so_far.steps / (time.monotonic() - began_s)
            console.print(f"{so_far.steps:,} steps, {len(so_far.violations)} violations, {pace:,.0f} steps/s")
    for violation in so_far.violations[:20]:
        console.print(violation, style="red")
    console.print({what: so_far.seen[what] for what in sorted(so_far.seen)})
    raise typer.Exit(1 if so_far.violations else 0)


if __name__ == "__main__":
    app()
