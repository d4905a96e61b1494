"""The firmware's C, changed one place at a time: compiled for this machine and played to."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from hardware.gate.firmware import build
from hardware.gate.mutants.change import Change, c_changes

MADE = build.SOURCES.parents[2] / "var" / "mutants"
RULES = ("controller.c", "frames.c", "leaf.c", "line.c", "memory.c", "rc.c", "session.c", "supervision.c")
PEOPLE = ("passage.c",)
_PLAYER = Path(__file__).with_name("player.c")
_NOT_LINKED = ("main.c", "avr_bench.c")
_FLAGS = ("-std=c11", "-w", f"-I{build.SOURCES}")
_UNCALLED = ("passage_busy",)  # words of the passage that its own tests ask for, not the controller
_PLAIN, _STRONG, _GUARDED = ("-O1",), ("-O2",), ("-O1", "-fsanitize=address")
Flags = tuple[str, ...]
_PATIENCE_S = 300  # the player itself gives up what never ends
_FIRST = 12  # tapes that noticed most so far are played first


class Outcome(Enum):
    """What became of a change.  SAME: the compiler makes the same of it, so it is no change."""

    NO_PROGRAM = "no program"
    SAME = "same machine code"
    NOTICED = "noticed"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Shop:
    """Compiled parts of the controller, to which one is added changed.

    tapes: by the name of the changed file.  noticed: how often each tape of a file did.
    """

    folder: Path
    tapes: dict[str, Path]
    noticed: dict[Path, Counter[int]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, tapes: dict[str, Path]) -> "Shop":
        shop = cls(folder, tapes, {path: Counter() for path in tapes.values()})
        for source in (*sources(), _PLAYER):
            for flags in (_PLAIN, _STRONG, _GUARDED):
                _compiled(source, shop._part(source.name, flags), flags)
        for flags in (_PLAIN, _GUARDED):
            whole = _linked(
                [shop._part(source.name, flags) for source in (*sources(), _PLAYER)], folder / "player", flags
            )
            if wrong := [path for path in shop.noticed if not shop._plays(whole, path)]:
                raise build.BuildFailed(f"player: {wrong[0].name}: not as written, without any change; record it anew")
        return shop

    def outcome(self, change: Change) -> Outcome:
        """A stronger optimiser knows more of what is the same, and a guarded program more of what is wrong."""
        with TemporaryDirectory(dir=self.folder) as place:
            source = Path(place) / change.file
            source.write_text(change.source)
            if not _compiled(source, source.with_suffix(".o"), _PLAIN):
                return Outcome.NO_PROGRAM
            if self._same(source, _PLAIN):
                return Outcome.SAME
            if not self._survives(source, _PLAIN):
                return Outcome.NOTICED
            _compiled(source, source.with_suffix(".o"), _STRONG)
            if self._same(source, _STRONG):
                return Outcome.SAME
            _compiled(source, source.with_suffix(".o"), _GUARDED)
            return Outcome.SURVIVED if self._survives(source, _GUARDED) else Outcome.NOTICED

    def _same(self, source: Path, flags: Flags) -> bool:
        return source.with_suffix(".o").read_bytes() == self._part(source.name, flags).read_bytes()

    def _survives(self, source: Path, flags: Flags) -> bool:
        others = [self._part(file.name, flags) for file in (*sources(), _PLAYER) if file.name != source.name]
        player = _linked([source.with_suffix(".o"), *others], source.with_suffix(""), flags)
        return self._plays(player, self.tapes[source.name])

    def _plays(self, player: Path, tape: Path) -> bool:
        """Whether everything comes as written."""
        first = [str(number) for number, _ in self.noticed[tape].most_common(_FIRST)]
        command = (str(player), str(tape), *first)
        done = subprocess.run(command, timeout=_PATIENCE_S, check=False, capture_output=True, text=True)
        if done.stdout:
            self.noticed[tape][int(done.stdout)] += 1
        return done.returncode == 0

    def _part(self, file: str, flags: Flags) -> Path:
        return self.folder / file.replace(".c", f"{''.join(flags)}.o")


def sources() -> list[Path]:
    return [file for file in sorted(build.SOURCES.glob("*.c")) if file.name not in _NOT_LINKED]


def changes(files: Sequence[str] = (*RULES, *PEOPLE)) -> Iterator[Change]:
    header = (build.SOURCES / "limits.h").read_text()
    for file in files:
        found = c_changes(file, (build.SOURCES / file).read_text(), header)
        yield from (change for change in found if change.function not in _UNCALLED)


def _compiled(source: Path, part: Path, flags: Flags) -> bool:
    """Names in the objects must not tell where a source stands, or no two would be the same."""
    command = ("gcc", *_FLAGS, *flags, "-c", source.name, "-o", str(part))
    return subprocess.run(command, cwd=source.parent, capture_output=True, check=False).returncode == 0


def _linked(parts: Sequence[Path], player: Path, flags: Flags) -> Path:
    subprocess.run(("gcc", *flags, *map(str, parts), "-o", str(player)), check=True, capture_output=True)
    return player


# --- coverage -------------------------------------------------------------------------------------------------------


def uncovered(tapes: Sequence[Path]) -> list[str]:
    """Lines of the controller that no tape reaches, as file:line: text."""
    MADE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=MADE) as place:
        folder = Path(place)
        for source in (*sources(), _PLAYER, *build.SOURCES.glob("*.h")):
            shutil.copy(source, folder)
        files = [source.name for source in (*sources(), _PLAYER)]
        subprocess.run(("gcc", "-std=c11", "-O0", "--coverage", *files, "-o", "player"), cwd=folder, check=True)
        for tape in tapes:
            subprocess.run(("./player", str(tape)), cwd=folder, check=True)
        noted = sorted(file.name for file in folder.glob("*.gcda") if "player.gcda" not in file.name)
        subprocess.run(("gcov", "-r", *noted), cwd=folder, check=True, capture_output=True)
        return [line for file in sorted(folder.glob("*.gcov")) for line in _unreached(file)]


def _unreached(report: Path) -> Iterator[str]:
    for line in report.read_text().splitlines():
        found = re.match(r"\s*#####:\s*(\d+):(.*)", line)
        if found and not any(name in found[2] for name in _UNCALLED):
            yield f"{report.stem}:{found[1]}:{found[2]}"
