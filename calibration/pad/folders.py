"""Folders of presentations: bona fide ones, and attacks with one sub-folder for each species."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calibration.rates.errors import FolderUnfit
from vision.image import SUFFIXES

CLIPS = frozenset({".mp4", ".avi", ".mkv", ".mov"})
BONA_FIDE = "bona_fide"  # what the report calls them; no species may have this name
HOLDS = "jpg, jpeg or png pictures, or mp4, avi, mkv or mov clips"


@dataclass(frozen=True, slots=True)
class Species:
    """Presentations of one kind; the bona fide ones are one as well."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    bona_fide: Species
    attacks: tuple[Species, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(file for species in (self.bona_fide, *self.attacks) for file in species.files)


def is_clip(file: Path) -> bool:
    return file.suffix.lower() in CLIPS


def read(bona_fide: Path, attacks: Path) -> Collection:
    """Raises FolderUnfit."""
    genuine = tuple(_walked(bona_fide))
    species = _species(attacks)
    ours, theirs = bona_fide.resolve(), attacks.resolve()
    if ours == theirs or ours in theirs.parents or theirs in ours.parents:
        raise FolderUnfit(f"{bona_fide} and {attacks} are one inside the other: attacks would count as bona fide")
    if not genuine:
        raise FolderUnfit(f"{bona_fide} holds no presentation; give a folder with {HOLDS}")
    if not species:
        raise FolderUnfit(f"{attacks} holds no attack; give a folder with a sub-folder for each species, with {HOLDS}")
    if BONA_FIDE in species:
        raise FolderUnfit(f"a species of {attacks} is called {BONA_FIDE}; rename it, the report uses this word")
    return Collection(Species(BONA_FIDE, genuine), tuple(Species(*found) for found in species.items()))


def _species(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Files of each direct sub-folder by its name; loose ones by the folder's."""
    found: dict[str, tuple[Path, ...]] = {}
    for entry in _entries(folder):
        name = entry.name if entry.is_dir() else folder.resolve().name or "attacks"
        found[name] = (*found.get(name, ()), *(_walked(entry) if entry.is_dir() else filter(_shows, [entry])))
    return {name: files for name, files in sorted(found.items()) if files}


def _walked(folder: Path, within: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Links are followed, but not back to a folder that leads here."""
    entries = _entries(folder)
    if (real := folder.resolve()) in within:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _walked(entry, within | {real})
        elif _shows(entry):
            yield entry


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError as error:
        raise FolderUnfit(f"{folder} does not exist; give a folder with {HOLDS}") from error
    except NotADirectoryError as error:
        raise FolderUnfit(f"{folder} is a file; give a folder with {HOLDS}") from error
    except OSError as error:
        raise FolderUnfit(f"{folder} cannot be read ({error.strerror}); give one whose folders all can") from error


def _shows(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES | CLIPS
