"""What is wrong with a gallery, before people board: pure arithmetic on what is on file."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from backend.matching.gallery import Gallery, Vector, build

LEAST_QUALITY = 30  # below, a face is blurred or less than some 30 px from eye to eye: more misses, not more errors
BLOCK = 2048  # travellers compared with as many others at a time: 16 MB of similarities
MOST_PAIRS = 1000  # look-alikes listed, the most alike first: more show that the photos are not of the travellers


class Kind(StrEnum):
    NO_PHOTO = "no_photo"
    POOR_PHOTOS = "poor_photos"
    DUPLICATE = "duplicate"
    LOOK_ALIKE = "look_alike"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing somebody should look at.  detail: names nobody."""

    kind: Kind
    travelers: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Hygiene:
    """travelers: who should be in the gallery.  ceiling: the highest similarity of two of them, -1 with fewer."""

    journey: str
    travelers: int
    searchable: int
    samples: int
    ceiling: float
    accept: float
    defects: tuple[Defect, ...]
    searchable_after_ms: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    traveler: str
    vector: Vector
    quality: int
    photo: str


@dataclass(frozen=True, slots=True)
class OnFile:
    """A traveller who should be in the gallery, and why photos did not get there."""

    traveler: str
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """accept: threshold at the gallery's size.  margin: between the best and the next.  grey: below, different
    people.

    Two travellers are look-alikes from `accept - margin` on.  A photo of one is a probe of him at his best; it scores
    their similarity against the other.  At `accept` and above it would be taken for the other wherever he himself
    were missing from the gallery, and a live probe differs from a photo by the margin at least: so much nearer, and
    it could be accepted.  By chance a gallery of n has n²/2 · FMR(accept - margin) such pairs, n · FPIR/2 ·
    exp(margin/scale): below one at 420, some seventy at 42,000 (FPIR 0.1 %, margin 0.05, scale 0.038).
    """

    accept: float
    margin: float
    grey: float

    @property
    def alike(self) -> float:
        return self.accept - self.margin


def report(journey: str, on_file: Sequence[OnFile], samples: Sequence[Sample], bar: Bar) -> Hygiene:
    by_traveler: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_traveler[sample.traveler].append(sample)
    gallery = build((sample.traveler, sample.vector) for sample in samples)
    ceiling, pairs = look_alikes(gallery, bar.alike)
    defects = [
        *_missing(on_file, by_traveler),
        *_duplicates(samples),
        *(_alike(*pair, bar) for pair in pairs),
        *_mismatches(by_traveler, bar.grey),
    ]
    return Hygiene(journey, len(on_file), len(gallery.travelers), len(samples), ceiling, bar.accept, tuple(defects))


def look_alikes(gallery: Gallery, least: float) -> tuple[float, list[tuple[str, str, float]]]:
    """The highest similarity of two travellers, and the pairs at least so alike, the most alike first.

    All n²/2 pairs in blocks: n² · 128 multiplications and as much again to look at the similarities; 42,000 travellers
    take some seconds on two cores and 16 MB.
    """
    ceiling, found = -1.0, list[tuple[float, int, int]]()
    for row, column, similarity in _blocks(gallery.vectors):
        ceiling = max(ceiling, float(similarity.max(initial=-1.0)))
        if ceiling >= least:
            first, second = np.nonzero(similarity >= least)
            scores = similarity[first, second].tolist()
            found += zip(scores, (first + row).tolist(), (second + column).tolist(), strict=True)
            found = sorted(found, reverse=True)[:MOST_PAIRS]
    return ceiling, [(gallery.travelers[first], gallery.travelers[second], score) for score, first, second in found]


def _blocks(vectors: NDArray[np.float32]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """(row, column, similarities) above the diagonal; what is not above it is -1."""
    for row in range(0, len(vectors), BLOCK):
        for column in range(row, len(vectors), BLOCK):
            similarity = vectors[row : row + BLOCK] @ vectors[column : column + BLOCK].T
            if row == column:
                similarity[np.tril_indices(len(similarity))] = -1.0
            yield row, column, similarity


def _missing(on_file: Sequence[OnFile], held: dict[str, list[Sample]]) -> Iterator[Defect]:
    for one in on_file:
        why = "; ".join(sorted(set(one.refused)))
        best = max((sample.quality for sample in held.get(one.traveler, [])), default=None)
        if best is None:
            yield Defect(Kind.NO_PHOTO, (one.traveler,), why or "not asked for yet")
        elif one.refused:
            yield Defect(Kind.POOR_PHOTOS, (one.traveler,), why)
        elif best < LEAST_QUALITY:
            yield Defect(Kind.POOR_PHOTOS, (one.traveler,), f"the best has quality {best} of 100")


def _duplicates(samples: Sequence[Sample]) -> Iterator[Defect]:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for sample in samples:
        if sample.photo:
            owners[sample.photo].add(sample.traveler)
    groups = {tuple(sorted(travelers)) for travelers in owners.values() if len(travelers) > 1}
    for group in sorted(groups):
        yield Defect(Kind.DUPLICATE, group, "the same photo is on file for each of them")


def _alike(first: str, second: str, score: float, bar: Bar) -> Defect:
    which = "either would be taken for the other" if score >= bar.accept else "too alike to rely on the difference"
    return Defect(Kind.LOOK_ALIKE, (first, second), f"similarity {score:.2f}, threshold {bar.accept:.2f}: {which}")


def _mismatches(held: dict[str, list[Sample]], grey: float) -> Iterator[Defect]:
    """Photos of one traveller as unlike as different people's."""
    for traveler, samples in sorted(held.items()):
        vectors = np.array([sample.vector for sample in samples], np.float32)
        least = float((vectors @ vectors.T).min())
        if not least >= grey:
            yield Defect(
                Kind.MISMATCH, (traveler,), f"similarity {least:.2f} of two photos, at least {grey:.2f} wanted"
            )
