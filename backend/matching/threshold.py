"""The score to accept at: for a search it rises with the number of people searched, for a claim it stays."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """An exponential upper tail of impostor similarities; see `operating_point.toml` for where it was measured."""

    template_version: str
    tail_share: float
    tail_from: float
    tail_scale: float


def accept(point: OperatingPoint, gallery_size: int, fpir: float) -> float:
    """Cosine similarity at which a stranger is identified with probability `fpir` (FPIR, ISO/IEC 19795-1).

    Assumes independent comparisons: FPIR = 1 - (1 - FMR)^gallery_size.  Never below `tail_from`, where nothing was
    fitted.  Raises ValueError unless gallery_size >= 1 and 0 < fpir < 1.
    """
    if gallery_size < 1 or not 0 < fpir < 1:
        raise ValueError(f"gallery_size must be >= 1 and fpir in 0..1, got {gallery_size} and {fpir}")
    fmr = -math.expm1(math.log1p(-fpir) / gallery_size)
    return point.tail_from + point.tail_scale * max(0.0, math.log(point.tail_share / fmr))


def accept_claimed(point: OperatingPoint, fmr: float) -> float:
    """Cosine similarity at which a stranger passes as the one traveller he claims to be with probability `fmr`.

    A claim is one comparison, and a search of a gallery of one is one comparison too: there FPIR = 1 - (1 - FMR)^1
    = FMR (ISO/IEC 19795-1).  So the threshold is that of gallery size 1, and a claim is never accepted at a lower
    score than the only traveller of a gallery would be.  The stranger is any other person, as in what the tail was
    fitted to: relatives, and people chosen for their likeness, resemble each other more.
    """
    return accept(point, 1, fmr)


def grey(point: OperatingPoint) -> float:
    """Similarity below which a claim is simply wrong: all but `tail_share` of different people are no more alike."""
    return point.tail_from
