"""A folder of people's photos, and what is known of the people: `DIR/<person>/<photo>`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calibration.rates.errors import FolderUnfit
from vision.image import SUFFIXES

AGES = 8  # more distinct numbers than this in a column are put together by tens


@dataclass(frozen=True, slots=True)
class Photo:
    """owner: which person of `People.names`."""

    owner: int
    file: Path


@dataclass(frozen=True, slots=True)
class People:
    """names: folder names, in order; they are never printed."""

    names: tuple[str, ...]
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """People who share a value of an attribute, as indices into `People.names`."""

    attribute: str
    value: str
    members: frozenset[int]


def read(folder: Path) -> People:
    """Raises FolderUnfit."""
    try:
        entries = sorted(folder.iterdir())
        held = [(entry.name, tuple(_photos(entry))) for entry in entries if entry.is_dir()]
    except FileNotFoundError as error:
        raise FolderUnfit(f"{folder} does not exist; give a folder with one folder for each person") from error
    except NotADirectoryError as error:
        raise FolderUnfit(f"{folder} is a file; give a folder with one folder for each person") from error
    except OSError as error:
        raise FolderUnfit(f"{folder} or a folder in it cannot be read ({error.strerror})") from error
    persons = [(name, files) for name, files in held if files]
    if not persons:
        loose = sum(entry.suffix.lower() in SUFFIXES for entry in entries)
        holds = f"holds {loose} photos but no person folders" if loose else "holds no person's photos"
        raise FolderUnfit(f"{folder} {holds}; put jpg, jpeg or png files into one folder for each person")
    photos = tuple(Photo(owner, file) for owner, (_, files) in enumerate(persons) for file in files)
    return People(tuple(name for name, _ in persons), photos)


def _photos(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.iterdir()) if file.suffix.lower() in SUFFIXES and not file.is_dir())


def groups(file: Path, people: People) -> tuple[Group, ...]:
    """Groups by each attribute of a people file: first column the person's id, then attributes.  Raises FolderUnfit."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            head, *rows = list(csv.reader(text)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FolderUnfit(f"people file {file} cannot be read ({error})") from error
    known = {name: index for index, name in enumerate(people.names)}
    about = [(known[row[0]], row) for row in rows if row and row[0] in known and len(row) == len(head)]
    if len(head) < 2 or not about:
        raise FolderUnfit(f"people file {file}: no row's first column names a person of the folder, then attributes")
    columns = [(head[at], {person: row[at].strip() for person, row in about}) for at in range(1, len(head))]
    return tuple(group for attribute, values in columns for group in _by_value(attribute, values))


def _by_value(attribute: str, values: dict[int, str]) -> Iterator[Group]:
    numbers = {value for value in values.values() if _is_number(value)}
    if len(numbers) > AGES:
        values = {person: _ten(value) if value in numbers else value for person, value in values.items()}
    for shared in sorted(set(values.values())):
        yield Group(attribute, shared or "not given", frozenset(p for p, value in values.items() if value == shared))


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).isdecimal()


def _ten(value: str) -> str:
    low = int(float(value)) // 10 * 10
    return f"{low}–{low + 9}"
