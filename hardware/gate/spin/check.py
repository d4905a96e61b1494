"""Search the model of the gate line: `python -m hardware.gate.spin.check [--quick]`."""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hardware.gate.spin.cases import FULL, MUTANTS, QUICK, WITNESSES, Case

MODEL = Path(__file__).with_name("gate.pml")
LARGEST_LEAST = 10_000_000  # GS-01: stored states of the largest exhaustive search
WORKERS = 2
MEMORY_MOST_MB = 9000  # of one search
TIME_MOST_S = 1800.0
TRUNCATED = ("max search depth too small", "out of memory", "Search not completed", "hash table full", "VECTORSZ")
COMMON = (
    "-DSAFETY",
    "-DNOREDUCE",
    "-DBFS",
    f"-DMEMLIM={MEMORY_MOST_MB}",
)  # breadth first: every state, shortest errors


class NoFigures(Exception):
    """A search that ended without the figures of a complete one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one search said; `violated` is the first assertion that failed, if any."""

    stored: int
    transitions: int
    depth: int
    memory_mb: float
    elapsed_s: float
    violated: str


def parse(case: Case, output: str) -> Found:
    """Read the figures of pan.  Raises NoFigures if one is missing or the search was cut short without an error."""
    violated = re.search(r"assertion violated (\w+)", output)
    cut = [words for words in TRUNCATED if words in output and not violated]
    if cut:
        raise NoFigures(f"{case.name}: search truncated ({', '.join(cut)}); raise the limit or make the case smaller")
    found = Found(
        stored=int(_figure(case, output, r"([\d.e+]+) states, stored")),
        transitions=int(_figure(case, output, r"([\d.e+]+) transitions")),
        depth=int(_figure(case, output, r"depth reached (\d+)")),
        memory_mb=_figure(case, output, r"([\d.]+)\s+total actual memory usage"),
        elapsed_s=_figure(case, output, r"elapsed time ([\d.e+-]+)"),
        violated=violated.group(1) if violated else "",
    )
    if _figure(case, output, r"errors: (\d+)") and not violated:
        raise NoFigures(f"{case.name}: an error that is no assertion: {output[:200]!r}")
    return found


def _figure(case: Case, output: str, pattern: str) -> float:
    match = re.search(pattern, output)
    if match is None:
        raise NoFigures(f"{case.name}: no {pattern!r} in what the search printed: {output[-300:]!r}")
    return float(match.group(1))


def _run(command: Sequence[str], work_dir: Path) -> str:
    done = subprocess.run(command, cwd=work_dir, capture_output=True, text=True, timeout=TIME_MOST_S, check=False)
    if done.returncode:
        raise NoFigures(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-500:]!r}")
    return done.stdout + done.stderr


def search(work_dir: Path, effort: str, hash_bits: int, case: Case) -> Found:
    """Generate, compile and run one search in a folder of its own.  Raises NoFigures."""
    place = work_dir.resolve() / re.sub(r"\W+", "_", f"{case.name} {case.flags}")
    place.mkdir(parents=True, exist_ok=True)
    _run(("spin", *(f"-D{flag}" for flag in case.flags.split()), "-a", str(MODEL)), place)
    _run(("gcc", effort, "-w", *COMMON, "-o", "pan", "pan.c"), place)
    return parse(case, _run(("./pan", f"-w{hash_bits}"), place))


def judge(case: Case, found: Found) -> str:
    """What is wrong with a search, empty if nothing."""
    if found.violated == case.caught_by:
        return ""
    if not case.caught_by:
        return f"{case.name}: {found.violated} violated"
    return f"{case.name}: wanted {case.caught_by}, " + (f"{found.violated} failed" if found.violated else "survived")


def _each(pool: ThreadPoolExecutor, cases: Sequence[Case], one: Callable[[Case], Found]) -> tuple[list[int], list[str]]:
    """Search every case and print a line for each: the states stored by each, and what is wrong."""
    stored, wrong = [], []
    for case, found in zip(cases, pool.map(one, cases), strict=True):
        verdict = judge(case, found)
        print(_line(case, found, verdict), flush=True)
        stored.append(found.stored)
        wrong += [verdict] if verdict else []
    return stored, wrong


def _line(case: Case, found: Found, verdict: str) -> str:
    figures = f"{found.stored:>12,} {found.transitions:>14,} {found.depth:>6} {found.memory_mb:>8.0f}"
    figures += f" {found.elapsed_s:>8.1f}"
    return f"{case.name:<52}{figures}  {found.violated or '-':<7} {'NOT AS REQUIRED' if verdict else 'ok'}"


def check(work_dir: Path, *, quick: bool) -> list[str]:
    """Everything, as a table; what is not as required."""
    thorough, brief = partial(search, work_dir, "-O2", 24 if quick else 26), partial(search, work_dir, "-O0", 20)
    print(f"{'configuration':<52}{'stored':>12} {'transitions':>14} {'depth':>6} {'MB':>8} {'seconds':>8}  error")
    with ThreadPoolExecutor(WORKERS) as pool:
        stored, wrong = _each(pool, QUICK if quick else FULL, thorough)
        print(f"{len(stored)} searches, {sum(stored):,} states in all, {max(stored):,} in the largest")
        if not quick and max(stored) < LARGEST_LEAST:
            wrong.append(f"the largest search stored {max(stored):,} states, at least {LARGEST_LEAST:,} are wanted")
        _, missed = _each(pool, MUTANTS, brief)
        print(f"mutants caught: {len(MUTANTS) - len(missed)} of {len(MUTANTS)}")
        _, unseen = _each(pool, WITNESSES, brief)
        print(f"things that must be possible, seen: {len(WITNESSES) - len(unseen)} of {len(WITNESSES)}")
    return wrong + missed + unseen


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller searches, under a minute")
    parser.add_argument("--work", type=Path, default=Path("var/spin"), help="where the searches are compiled")
    args = parser.parse_args(argv)
    try:
        wrong = check(args.work, quick=args.quick)
    except (NoFigures, OSError, subprocess.TimeoutExpired) as error:
        wrong = [str(error)]
    print("\n".join(wrong) or "all as required")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
