"""Random galleries with searches of people who are in them and of strangers.

Source: NISTIR 8381 (2021), simulation of paperless travel: one flight's travellers in a gallery, open-set 1:N.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.rates.errors import TooFew

Rows = NDArray[np.intp]
STRANGERS = 0.1  # of the people stay outside a gallery of the default size
SEARCHES_EACH = 3  # of one person in one draw, so that nobody with many photos outweighs the others


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Rows of templates: those that may lie on file and those that may be probes; the same rows if `shared`."""

    on_file: Rows
    probes: Rows
    shared: bool


@dataclass(frozen=True, slots=True)
class Sizes:
    """Photos on file and probes fused, for each person."""

    on_file: int = 1
    probes: int = 1

    def enrols(self, person: Person) -> bool:
        return len(person.on_file) >= self.on_file

    def probed(self, person: Person) -> bool:
        return len(person.probes) >= self.probes

    def mated(self, person: Person) -> bool:
        """Photos for both, none used twice."""
        if person.shared:
            return len(person.probes) >= self.on_file + self.probes
        return self.enrols(person) and self.probed(person)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The photos of one probe, and whose they are."""

    person: int
    rows: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """enrolled: who is in the gallery with which photos.  mated: searches of these; nonmated: of strangers."""

    enrolled: tuple[Search, ...]
    mated: tuple[Search, ...]
    nonmated: tuple[Search, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Indices of people: with a mated probe, only to fill the gallery, and only ever strangers."""

    mates: tuple[int, ...]
    fillers: tuple[int, ...]
    outside: tuple[int, ...]
    fillers_probed: int

    @property
    def largest(self) -> int:
        """The largest gallery that leaves a stranger to search with."""
        enrollable = len(self.mates) + len(self.fillers)
        return enrollable if self.outside else enrollable - 1

    @property
    def usual(self) -> int:
        """As many as leave a tenth of all people outside, at least one."""
        everybody = len(self.mates) + len(self.fillers) + len(self.outside)
        short = max(1, math.ceil(STRANGERS * everybody)) - len(self.outside)
        return max(1, len(self.mates) + len(self.fillers) - max(0, short))


def pool(people: Sequence[Person], sizes: Sizes) -> Pool:
    """Raises TooFew if nobody could be searched for and found, or nobody is left to be a stranger."""
    mates = tuple(i for i, person in enumerate(people) if sizes.mated(person))
    rest = [i for i, person in enumerate(people) if not sizes.mated(person)]
    fillers = tuple(i for i in rest if sizes.enrols(people[i]))
    outside = tuple(i for i in rest if not sizes.enrols(people[i]) and sizes.probed(people[i]))
    if not mates:
        raise TooFew(
            f"no person has k + p photos: {sizes.on_file} on file and {sizes.probes} other(s) to search with; "
            "add photos or ask for fewer"
        )
    made = Pool(mates, fillers, outside, sum(sizes.probed(people[i]) for i in fillers))
    if made.largest < 1 or not (outside or len(mates) > 1 or made.fillers_probed):
        raise TooFew("one person alone: there is no stranger to search with; add people")
    return made


def checked_size(made: Pool, asked: int | None) -> int:
    """The gallery's size.  Raises TooFew naming the largest possible."""
    size = made.usual if asked is None else asked
    if not 1 <= size <= made.largest:
        raise TooFew(f"a gallery of {size} is not possible here: from 1 to {made.largest} with this folder and options")
    return size


def draw(people: Sequence[Person], made: Pool, sizes: Sizes, gallery_size: int, random: np.random.Generator) -> Draw:
    """One gallery.  People with a mated probe come first, a tenth of them stays outside where fillers suffice."""
    most = max(math.ceil((1 - STRANGERS) * len(made.mates)), gallery_size - len(made.fillers))
    mates = random.permutation(np.array(made.mates, np.intp))
    inside = mates[: min(gallery_size, most)]
    fillers = random.permutation(np.array(made.fillers, np.intp))
    fill = fillers[: gallery_size - len(inside)]
    enrolled, mated = [], []
    for person in inside.tolist():
        on_file, probes = _split(people[person], sizes, random)
        enrolled.append(Search(person, on_file))
        mated += _searches(person, probes, sizes)
    enrolled += [Search(i, random.permutation(people[i].on_file)[: sizes.on_file]) for i in fill.tolist()]
    others = np.concatenate([mates[len(inside) :], fillers[len(fill) :], np.array(made.outside, np.intp)]).tolist()
    strangers = [_searches(i, random.permutation(people[i].probes), sizes) for i in others]
    return Draw(tuple(enrolled), tuple(mated), tuple(search for each in strangers for search in each))


def _split(person: Person, sizes: Sizes, random: np.random.Generator) -> tuple[Rows, Rows]:
    on_file = random.permutation(person.on_file)
    if person.shared:
        return on_file[: sizes.on_file], on_file[sizes.on_file :]
    return on_file[: sizes.on_file], random.permutation(person.probes)


def _searches(person: int, probes: Rows, sizes: Sizes) -> list[Search]:
    """Disjoint groups of as many photos as are fused."""
    count = min(SEARCHES_EACH, len(probes) // sizes.probes)
    return [Search(person, probes[i * sizes.probes : (i + 1) * sizes.probes]) for i in range(count)]
