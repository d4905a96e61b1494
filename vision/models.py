"""The model manifest: which bytes we run, and proof that the cache holds exactly those."""

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vision.errors import ModelUnfit

MANIFEST = Path(__file__).with_name("models.toml")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file is taken from: a member of a package archive."""

    kind: Literal["wheel", "npm", "sdist"]
    package: str
    version: str
    member: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """One file known by its bytes."""

    name: str
    file: str
    sha256: str
    bytes: int
    licence: str
    upstream: str
    source: Source


def cache_dir() -> Path:
    """The folder for fetched files: LIMEN_CACHE, else the user's cache folder.  Never inside the project."""
    if chosen := os.environ.get("LIMEN_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "limen"


def models_dir() -> Path:
    return cache_dir() / "models"


def manifest(file: Path = MANIFEST) -> dict[str, Pinned]:
    rows = tomllib.loads(file.read_text())["file"]
    return {row["name"]: Pinned(**{**row, "source": Source(**row["source"])}) for row in rows}


def problem(pinned: Pinned, content: bytes) -> str | None:
    """What is wrong with these bytes, or None."""
    if len(content) != pinned.bytes:
        return f"has {len(content)} bytes, expected {pinned.bytes}"
    found = hashlib.sha256(content).hexdigest()
    return None if found == pinned.sha256 else f"has sha256 {found[:12]}…, expected {pinned.sha256[:12]}…"


def read(name: str, folder: Path | None = None) -> bytes:
    """The verified bytes of one model.  Raises ModelUnfit: the caller must not start."""
    pinned = manifest()[name]
    path = (folder or models_dir()) / pinned.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelUnfit(f"model {name}: cannot read {path} ({error.strerror}); run `make models`") from error
    if wrong := problem(pinned, content):
        raise ModelUnfit(f"model {name}: {path} {wrong}; delete it and run `make models`")
    return content


def check_all(folder: Path | None = None) -> None:
    """Verify every model.  Raises ModelUnfit at the first that is missing or altered."""
    for name in manifest():
        read(name, folder)
