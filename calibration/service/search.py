"""Exact search against the bare matrix-vector product, up to a million templates."""

import time
from collections.abc import Callable, Iterator

import numpy as np

from backend.matching.gallery import Gallery, search
from calibration.service.figure import Figure
from calibration.service.journeys import vectors
from vision.embed import DIMENSIONS

SIZES, ROUNDS = (420, 42_000, 1_000_000), 60
MOST_RATIO = 1.2


def figures(quick: bool) -> Iterator[Figure]:
    for size in SIZES[: 2 if quick else 3]:
        took_ms, bare_ms = times_ms(size, ROUNDS)
        ratio = took_ms / bare_ms
        words = f"{took_ms:.3f} ms, bare product {bare_ms:.3f} ms, ratio {ratio:.3f}"
        # The smallest is a few microseconds of Python; the bar is for the largest.
        bar = size == SIZES[-1]
        words += f", at most {MOST_RATIO}" if bar else ""
        yield Figure("search", f"exact search of {size:,}", "", 1, int(bar and ratio > MOST_RATIO), words)


def times_ms(size: int, rounds: int) -> tuple[float, float]:
    """Medians of a search and of the product alone, turn about on the same gallery."""
    rng = np.random.default_rng(size)
    made = np.empty((size, DIMENSIONS), np.float32)
    for start in range(0, size, 50_000):
        made[start : start + 50_000] = vectors(rng, min(50_000, size - start))
    gallery = Gallery(tuple(f"{i:08}" for i in range(size)), made)
    probes = vectors(rng, rounds)
    took, bare = [], []
    for probe in probes:
        took.append(_ms(lambda: search(gallery, probe)))  # noqa: B023
        bare.append(_ms(lambda: made @ probe))  # noqa: B023
    return float(np.median(took)), float(np.median(bare))


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
