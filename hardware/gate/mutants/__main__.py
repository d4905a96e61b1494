"""`python -m hardware.gate.mutants`: change the controller one place at a time; recorded plays must notice.

`coverage` tells which lines of the firmware no play reaches; `sample COUNT SEED` tries a few changes with a few plays.
"""

import random
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hardware.gate.model import GateModel
from hardware.gate.mutants import compiled, plays, twins
from hardware.gate.mutants.change import Change
from hardware.gate.mutants.tape import Tape, expected, packed
from hardware.gate.native import Native

SURVIVORS = Path(__file__).with_name("survivors.toml")
_AT_ONCE = 2
Name = tuple[str, str, str, str, int]
Written = Sequence[tuple[Tape, tuple[bytes, ...]]]
_given: list[Written] = []  # to a child process, once


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of a set of changes: those that change nothing are not counted."""

    tried: int
    survived: tuple[Change, ...]


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
        found = list(pool.map(shop.survives, changes))
    return _verdict(changes, found)


def try_twins(changes: Sequence[Change], tapes: Written) -> Verdict:
    with ProcessPoolExecutor(_AT_ONCE, initializer=_given.append, initargs=(tapes,)) as pool:
        return _verdict(changes, list(pool.map(_try_twin, changes)))


def _try_twin(change: Change) -> bool:
    return twins.survives(change, _given[0])


def _verdict(changes: Sequence[Change], found: Sequence[bool | None]) -> Verdict:
    tried = sum(survives is not None for survives in found)
    return Verdict(tried, tuple(change for change, survives in zip(changes, found, strict=True) if survives))


# --- commands -------------------------------------------------------------------------------------------------------


def everything() -> int:
    """1 if a change is not noticed and not explained, or explained but noticed."""
    with ProcessPoolExecutor(_AT_ONCE) as pool:
        rules, people = written(plays.rules(), pool), written(plays.people(), pool)
    files = _kept("rules.tape", rules), _kept("people.tape", people)
    tapes = {file: files[file in compiled.PEOPLE] for file in (*compiled.RULES, *compiled.PEOPLE)}
    verdicts = try_compiled(list(compiled.changes()), tapes), try_twins(list(twins.changes()), rules)
    return report(sum(verdict.tried for verdict in verdicts), [c for verdict in verdicts for c in verdict.survived])


def report(tried: int, survived: Sequence[Change]) -> int:
    why, names = explained(), {change.name for change in survived}
    unexplained, stale = [c for c in survived if c.name not in why], [name for name in why if name not in names]
    for change in unexplained:
        print(f"unnoticed: {change.file} {change.function} ({change.nth}): {change.was}  =>  {change.becomes}")
    for file, function, was, becomes, nth in stale:
        print(f"explained but noticed or gone: {file} {function} ({nth}): {was}  =>  {becomes}")
    print(
        f"{tried} mutants, {tried - len(survived)} killed, {len(survived) - len(unexplained)} explained survivors,"
        f" {len(unexplained)} unexplained, {len(stale)} stale explanations"
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
            return everything()
        case ["coverage"]:
            missed = coverage()
            print("\n".join(missed) or "every line of the firmware's controller is reached")
            return 1 if missed else 0
        case ["sample", count, seed]:
            verdict = sample(int(count), int(seed))
            return report(verdict.tried, verdict.survived)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
