"""A gallery in memory and the exact search through it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]  # unit length


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """travelers: ids, n of them.  vectors: (samples, 128), samples of one traveller next to each other, in the order
    of `travelers`.  starts: (n,) first sample of each."""

    travelers: tuple[str, ...]
    vectors: NDArray[np.float32]
    starts: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Best:
    """The most similar traveller, cosine similarity -1..1, and the next best traveller's similarity."""

    traveler: str
    score: float
    runner_up: float


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody to compare with."""


Match = Best | NoMatch


def build(samples: Iterable[tuple[str, Vector]]) -> Gallery:
    """A gallery of (traveller, template) pairs in any order.  Raises ValueError on a template that is not finite."""
    ordered = sorted(samples, key=lambda sample: sample[0])
    owners = [owner for owner, _ in ordered]
    vectors = np.array([vector for _, vector in ordered], np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError("a template is not finite")
    travelers, starts = np.unique(np.array(owners, str), return_index=True)
    vectors.flags.writeable = False
    return Gallery(tuple(travelers.tolist()), vectors, starts)


def search(gallery: Gallery, probe: Vector) -> Match:
    """Compare with every sample; a traveller's score is that of the best sample.  A NaN probe matches nobody."""
    if not gallery.travelers or not np.isfinite(probe).all():
        return NoMatch()
    scores = np.maximum.reduceat(gallery.vectors @ probe, gallery.starts)
    first = int(np.argmax(scores))
    others = np.delete(scores, first)
    return Best(gallery.travelers[first], float(scores[first]), float(others.max()) if others.size else -1.0)


def fuse(probes: Iterable[Vector]) -> Vector:
    """One unit vector for several probes of one person: their mean."""
    mean = np.mean(list(probes), axis=0)
    fused: Vector = (mean / np.linalg.norm(mean)).astype(np.float32)
    return fused
