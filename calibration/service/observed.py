"""A service all of whose files are known, and a search of them for bytes that must not be there."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from calibration.service.rig import Rig

WINDOW = 32  # bytes


class Observed(Rig):
    """Its temporary files have a folder of their own."""

    def __enter__(self) -> Self:
        (self.root / "tmp").mkdir(exist_ok=True)
        with (self.root / "service.log").open("ab") as log:
            self._process = subprocess.Popen(self._command("serve"), stdout=log, stderr=log, env=self._env())
        return self

    def back_up(self, name: str) -> Path:
        """As `limen-tvs backup` does, while the service goes on."""
        out = self.root / name
        with (self.root / "service.log").open("ab") as log:
            subprocess.run(self._command("backup", str(out)), stdout=log, stderr=log, env=self._env(), check=True)
        return out

    def written(self, *others: Path) -> Iterator[bytes]:
        """Every file the service or its database can have written, not the photos it is given.  others: folders."""
        folders = [self.root / "tvs", self.root / "tmp", *others]
        inside = (path for folder in folders for path in sorted(folder.rglob("*")))
        for path in (*self.root.iterdir(), *inside):
            try:
                yield path.read_bytes() if path.is_file() else b""
            except FileNotFoundError:  # a database's own, that came and went
                continue

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "backend.cli", *arguments, "--settings", str(self.root / "tvs.toml")]

    def _env(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.root / "tmp")}


def windows(content: bytes, count: int) -> list[bytes]:
    """Pieces from all over it.  Raises ValueError for less than one."""
    if len(content) < WINDOW:
        raise ValueError(f"{len(content)} bytes: nothing to look for, at least {WINDOW} are needed")
    step = max(1, (len(content) - WINDOW) // count)
    return [content[at : at + WINDOW] for at in range(0, len(content) - WINDOW + 1, step)][:count]


def found(wanted: Mapping[str, Sequence[bytes]], files: Iterator[bytes]) -> set[str]:
    """Names of which some window lies in some file."""
    left, seen = dict(wanted), set[str]()
    for content in files:
        here = {name for name, pieces in left.items() if any(piece in content for piece in pieces)}
        seen |= here
        left = {name: pieces for name, pieces in left.items() if name not in here}
    return seen
