"""GS-01: random walks under the observer, on any implementation, and the proof that it would see a fault."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from calibration.gate.safety.controllers import LATE_MS, Differs, Kind, beginner
from calibration.gate.safety.figure import Figure
from calibration.gate.safety.moves import settings, walk
from calibration.gate.safety.seeded import SEEDED, Seeded, library
from calibration.gate.safety.terms import Violation
from calibration.gate.safety.world import World

WALK_STEPS = 500  # then another gate
MOST_WALKS = 80  # for a seeded fault to be seen


@dataclass
class Walked:
    steps: int = 0
    ms: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def walked(kind: Kind, steps: int, seed: int, built: Path | None = None) -> Iterator[Walked]:
    """What was seen so far, after each walk; one seed is always the same walks.  A violation names the command that
    walks its walk alone."""
    so_far, number = Walked(), seed
    while so_far.steps < steps:
        rng = random.Random(number)
        setting = settings(rng, LATE_MS if kind is Kind.FIRMWARE else 0)
        world, length = World(beginner(kind, built), setting), min(WALK_STEPS, steps - so_far.steps)
        again = f"soak --kind {kind} --seed {number} --steps {length}"
        try:
            walk(world, rng, length)
        except Differs as difference:
            so_far.violations.append(f"{again}: {difference}")
        so_far.violations += [f"{again}: {violation}" for violation in world.observer.violations]
        so_far.steps += world.steps
        so_far.ms += world.now_ms
        so_far.seen += Counter(world.observer.seen)
        world.close()
        number += 1
        yield so_far


def figure(kind: Kind, steps: int, seed: int) -> Figure:
    *_, last = walked(kind, steps, seed)
    grants, at_gate = last.seen["opened by a grant"], last.seen["opened by emergency or release"]
    words = f"violations in {last.ms / 1000:,.0f} s, {grants} openings by grants, {at_gate} by emergency or release"
    words += "".join(f"; {violation}" for violation in last.violations[:3])
    return Figure("GS-01", "G1-G8, G15 in random steps", kind, last.steps, len(last.violations), words)


def first_violation(seeded: Seeded) -> tuple[int, Violation] | None:
    """Steps until the observer sees this fault, and what it says; None if it never does."""
    begin, steps = beginner(Kind.NATIVE, library(seeded)), 0
    for seed in range(MOST_WALKS):
        rng = random.Random(seed)
        world = World(begin, settings(rng))
        while world.steps < WALK_STEPS and not world.observer.violations:
            walk(world, rng, 20)
        steps += world.steps
        if world.observer.violations:
            return steps, world.observer.violations[0]
    return None


def seeded_figure() -> Figure:
    found = {seeded.name: first_violation(seeded) for seeded in SEEDED}
    missed = [seeded.name for seeded in SEEDED if not caught(seeded, found[seeded.name])]
    words = f"not caught: {', '.join(missed) or 'none'}"
    return Figure("GS-01", "seeded faults caught by the observer", Kind.NATIVE, len(SEEDED), len(missed), words)


def caught(seeded: Seeded, found: tuple[int, Violation] | None) -> bool:
    """As a violation of the rule it breaks."""
    return found is not None and found[1].rule in seeded.rules
