"""The firmware's C, changed one place at a time: compiled for this machine and played to."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hardware.gate.firmware import build
from hardware.gate.mutants.change import Change, c_changes

MADE = build.SOURCES.parents[2] / "var" / "mutants"
RULES = ("controller.c", "frames.c", "leaf.c", "line.c", "memory.c", "rc.c", "session.c", "supervision.c")
PEOPLE = ("passage.c",)
_PLAYER = Path(__file__).with_name("player.c")
_NOT_LINKED = ("main.c", "avr_bench.c")
_FLAGS = ("-std=c11", "-O1", "-w", f"-I{build.SOURCES}")
_UNCALLED = ("passage_busy",)  # words of the passage that its own tests ask for, not the controller
PATIENCE_S = 15  # for what never ends


@dataclass(frozen=True, slots=True)
class Shop:
    """Compiled parts of the controller, to which one is added changed.  tapes: by the name of the changed file."""

    folder: Path
    tapes: dict[str, Path]

    @classmethod
    def open(cls, folder: Path, tapes: dict[str, Path]) -> "Shop":
        for source in (*sources(), _PLAYER):
            _compiled(source, folder / f"{source.stem}.o")
        shop = cls(folder, tapes)
        whole = _linked([shop._part(source.name) for source in (*sources(), _PLAYER)], folder / "player")
        if wrong := [file for file in tapes if not shop.plays(whole, file)]:
            raise build.BuildFailed(f"player: {wrong[0]} unchanged does not do what its tape says; record it anew")
        return shop

    def survives(self, change: Change) -> bool | None:
        """None: the change makes no program, or the same program."""
        with TemporaryDirectory(dir=self.folder) as place:
            source, part = Path(place) / change.file, Path(place) / "changed.o"
            source.write_text(change.source)
            if not _compiled(source, part) or part.read_bytes() == self._part(change.file).read_bytes():
                return None
            others = [self._part(file.name) for file in (*sources(), _PLAYER) if file.name != change.file]
            return self.plays(_linked([part, *others], Path(place) / "player"), change.file)

    def plays(self, player: Path, file: str) -> bool:
        """Whether everything comes as written."""
        try:
            done = subprocess.run((str(player), str(self.tapes[file])), timeout=PATIENCE_S, check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _part(self, file: str) -> Path:
        return self.folder / file.replace(".c", ".o")


def sources() -> list[Path]:
    return [file for file in sorted(build.SOURCES.glob("*.c")) if file.name not in _NOT_LINKED]


def changes(files: Sequence[str] = (*RULES, *PEOPLE)) -> Iterator[Change]:
    header = (build.SOURCES / "limits.h").read_text()
    for file in files:
        yield from c_changes(file, (build.SOURCES / file).read_text(), header)


def _compiled(source: Path, part: Path) -> bool:
    """Names in the objects must not tell where a source stands, or no two would be the same."""
    command = ("gcc", *_FLAGS, "-c", source.name, "-o", str(part))
    return subprocess.run(command, cwd=source.parent, capture_output=True, check=False).returncode == 0


def _linked(parts: Sequence[Path], player: Path) -> Path:
    subprocess.run(("gcc", *map(str, parts), "-o", str(player)), check=True, capture_output=True)
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
