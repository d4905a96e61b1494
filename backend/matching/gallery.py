"""A gallery in memory and the exact search through it."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]  # unit length


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """travelers: ids in order, n of them.  vectors: (n, 128), one for each: the unit mean of all their samples."""

    travelers: tuple[str, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Best:
    """The most similar traveller, cosine similarity -1..1, and the next best traveller's similarity."""

    traveler: str
    score: float
    runner_up: float


@dataclass(frozen=True, slots=True)
class Compared:
    """The one traveller who was claimed, and the cosine similarity with that one, -1..1."""

    traveler: str
    score: float


@dataclass(frozen=True, slots=True)
class NotListed:
    """The traveller who was claimed is not in the gallery."""


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody to compare with."""


Match = Best | Compared | NotListed | NoMatch


def build(samples: Iterable[tuple[str, Vector]]) -> Gallery:
    """A gallery of (traveller, template) pairs in any order.

    A traveller's samples are averaged as probes are: strangers get one chance at each traveller, not one at each
    photo.  On degraded portraits the mean missed fewer than the best photo did; on good ones they were alike.
    Raises ValueError on a template that is not finite.
    """
    ordered = sorted(samples, key=lambda sample: sample[0])
    vectors = np.array([vector for _, vector in ordered], np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError("a template is not finite")
    travelers, starts = np.unique(np.array([owner for owner, _ in ordered], str), return_index=True)
    means = _unit(np.add.reduceat(vectors, starts)) if ordered else vectors.reshape(0, 128)
    means.flags.writeable = False
    return Gallery(tuple(travelers.tolist()), means)


def scores(gallery: Gallery, probe: Vector) -> NDArray[np.float32]:
    """(n,) cosine similarities of a probe with every traveller."""
    similarity: NDArray[np.float32] = gallery.vectors @ probe
    return similarity


def search(gallery: Gallery, probe: Vector) -> Best | NoMatch:
    """Compare with every traveller (1:N).  A NaN probe matches nobody."""
    if not gallery.travelers or not np.isfinite(probe).all():
        return NoMatch()
    similarity = scores(gallery, probe)
    first = int(similarity.argmax())
    score, similarity[first] = float(similarity[first]), -1.0  # two passes cost less than sorting or partitioning
    return Best(gallery.travelers[first], score, float(similarity.max()))


def compare(gallery: Gallery, probe: Vector, traveler: str) -> Compared | NotListed | NoMatch:
    """Compare with one traveller (1:1); how alike the others are is not even looked at."""
    if not holds(gallery, traveler):
        return NotListed()
    if not np.isfinite(probe).all():
        return NoMatch()
    return Compared(traveler, float(gallery.vectors[bisect_left(gallery.travelers, traveler)] @ probe))


def holds(gallery: Gallery, traveler: str) -> bool:
    at = bisect_left(gallery.travelers, traveler)
    return gallery.travelers[at : at + 1] == (traveler,)


def fuse(probes: Iterable[Vector]) -> Vector:
    """One unit vector for several probes of one person: their mean."""
    fused: Vector = _unit(np.mean(list(probes), axis=0)[None])[0]
    return fused


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length one.  A row without a direction stays near nought: similar to nobody."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-3)).astype(np.float32)
    return rows
