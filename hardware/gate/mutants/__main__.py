"""`python -m hardware.gate.mutants [FILE]...`: change the controller one place at a time; recorded plays must notice.

Without files: all of the firmware's and of its twins'.  `coverage` tells which lines of the firmware no play reaches;
`sample COUNT SEED` tries a few changes with a few plays.
"""

import random
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hardware.gate.model import GateModel
from hardware.gate.mutants import compiled, plays, twins
from hardware.gate.mutants.change import Change
from hardware.gate.mutants.compiled import Outcome
from hardware.gate.mutants.tape import Tape, expected, packed
from hardware.gate.native import Native

SURVIVORS = Path(__file__).with_name("survivors.toml")
FILES = (*compiled.RULES, *compiled.PEOPLE, *twins.FILES)
_AT_ONCE = 2
Name = tuple[str, str, str, str, int]
Written = Sequence[tuple[Tape, tuple[bytes, ...]]]
_given: list[Written] = []  # to a child process, once
_noticed: Counter[int] = Counter()  # by the tapes of a child process


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of a set of changes.  tried: those that change the program; same: those that do not."""

    tried: int
    survived: tuple[Change, ...]
    same: int = 0


def explained() -> dict[Name, str]:
    """Why each known survivor is no defect of the plays."""
    entries = tomllib.loads(SURVIVORS.read_text()).get("survivor", []) if SURVIVORS.exists() else []
    return {(e["file"], e["function"], e["was"], e["becomes"], e.get("nth", 1)): e["why"] for e in entries}


# --- record ---------------------------------------------------------------------------------------------------------


def written(tapes: list[Tape], pool: ProcessPoolExecutor) -> Written:
    """What both the model and the firmware's code make of them.  Raises SystemExit if they differ."""
    of_model = list(pool.map(partial(expected, GateModel), tapes, chunksize=8))
    of_native = list(pool.map(partial(expected, Native), tapes, chunksize=8))
    if of_model != of_native:
        at = next(at for at, (one, other) in enumerate(zip(of_model, of_native, strict=True)) if one != other)
        raise SystemExit(f"mutants: model and firmware differ on tape {at} of {len(tapes)}: mend that first")
    return list(zip(tapes, of_model, strict=True))


def _kept(name: str, tapes: Written) -> Path:
    compiled.MADE.mkdir(parents=True, exist_ok=True)
    path = compiled.MADE / name
    path.write_bytes(packed(tapes))
    return path


# --- try ------------------------------------------------------------------------------------------------------------


def try_compiled(changes: Sequence[Change], tapes: dict[str, Path]) -> Verdict:
    shop = compiled.Shop.open(compiled.MADE, tapes)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(shop.outcome, changes))
    survived = [c for c, outcome in zip(changes, outcomes, strict=True) if outcome is Outcome.SURVIVED]
    tried = outcomes.count(Outcome.NOTICED) + len(survived)
    return Verdict(tried, tuple(survived), outcomes.count(Outcome.SAME))


def try_twins(changes: Sequence[Change], tapes: Written) -> Verdict:
    with ProcessPoolExecutor(_AT_ONCE, initializer=_given.append, initargs=(tapes,)) as pool:
        found = list(pool.map(_try_twin, changes))
    return Verdict(len(changes), tuple(c for c, survives in zip(changes, found, strict=True) if survives))


def _try_twin(change: Change) -> bool:
    return twins.survives(change, _given[0], _noticed)


# --- commands -------------------------------------------------------------------------------------------------------


def all_of(files: Sequence[str]) -> int:
    """1 if a change of them is not noticed and not explained, or explained but noticed."""
    with ProcessPoolExecutor(_AT_ONCE) as pool:
        rules = written(plays.rules(), pool) if {*files} - {*compiled.PEOPLE} else []
        people = written(plays.people(), pool) if {*files} & {*compiled.PEOPLE} else []
    paths = {file: _kept("people.tape", people) for file in compiled.PEOPLE if file in files}
    paths |= {file: _kept("rules.tape", rules) for file in compiled.RULES if file in files}
    verdicts = [try_compiled(list(compiled.changes(list(paths))), paths)] if paths else []
    if changed := list(twins.changes([file for file in twins.FILES if file in files])):
        verdicts.append(try_twins(changed, rules))
    return report(verdicts, files)


def report(verdicts: Sequence[Verdict], files: Sequence[str]) -> int:
    """files: those of which every change was tried, so that a stale explanation can be told."""
    survived = [change for verdict in verdicts for change in verdict.survived]
    why, names = explained(), {change.name for change in survived}
    unexplained = [change for change in survived if change.name not in why]
    stale = [name for name in why if name[0] in files and name not in names]
    for change in unexplained:
        print(f"unnoticed: {change.file} {change.function} ({change.nth}): {change.was}  =>  {change.becomes}")
    for file, function, was, becomes, nth in stale:
        print(f"explained but noticed or gone: {file} {function} ({nth}): {was}  =>  {becomes}")
    tried = sum(verdict.tried for verdict in verdicts)
    print(
        f"{tried} mutants, {tried - len(survived)} killed, {len(survived) - len(unexplained)} explained survivors,"
        f" {len(unexplained)} unexplained, {len(stale)} stale explanations;"
        f" {sum(verdict.same for verdict in verdicts)} more are the same machine code"
    )
    return 1 if unexplained or stale else 0


def sample(count: int, seed: int, files: Sequence[str] = compiled.RULES) -> Verdict:
    """A few changes of the firmware's code, played a few plays, as recorded of it unchanged."""
    chosen = random.Random(seed).sample(list(compiled.changes(files)), count)
    path = _kept(f"sample-{seed}.tape", [(tape, expected(Native, tape)) for tape in plays.record(plays.QUICK)])
    return try_compiled(chosen, dict.fromkeys(files, path))


def coverage() -> list[str]:
    """Lines of the firmware's controller that no play reaches."""
    tapes = [(tape, expected(Native, tape)) for tape in plays.record(plays.COVERING)]
    return compiled.uncovered([_kept("coverage.tape", tapes)])


def main(words: Sequence[str]) -> int:
    match words:
        case []:
            return all_of(FILES)
        case ["coverage"]:
            missed = coverage()
            print("\n".join(missed) or "every line of the firmware's controller is reached")
            return 1 if missed else 0
        case ["sample", count, seed]:
            verdict = sample(int(count), int(seed))
            return report([verdict], ())
        case _ if {*words} <= {*FILES}:
            return all_of(words)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
