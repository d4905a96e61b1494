"""Fit the upper tail of similarities of different people: what lies beyond the data is a straight line in log share."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.rates.errors import TooFew

LEAST_PEOPLE = 20
ENOUGH_PAIRS = 100  # pairs of people the tail must still hold: comparisons of the same two people are not independent
MOST_SHARE, LEAST_SHARE = 0.05, 0.001
DEPTHS = (0.3, 0.1, 0.03)  # of the tail, where the fit is held against the data
CHECKED_PAIRS = 10  # pairs of people a depth must hold to be checked
MOST_LIFT = 0.05  # a fit that is farther off is no exponential


@dataclass(frozen=True, slots=True)
class Tail:
    """share of comparisons above `start`, e-fold rarer with every `scale`.  lift: how far the start was raised so
    that the fit is nowhere below the data it was checked against."""

    share: float
    start: float
    scale: float
    lift: float
    people: int
    pairs: int


def fit(comparisons: NDArray[np.float32], people: int) -> Tail:
    """Maximum likelihood of an exponential above a high quantile, raised to the data where it falls short.

    The tail is as deep as `people` allow.  Raises TooFew below twenty people, or if the tail is no exponential.
    """
    if people < LEAST_PEOPLE:
        raise TooFew(f"{people} people are too few to fit a threshold, at least {LEAST_PEOPLE} are needed")
    pairs = people * (people - 1) // 2
    share = min(MOST_SHARE, max(LEAST_SHARE, ENOUGH_PAIRS / pairs))
    start = float(np.quantile(comparisons, 1 - share))
    scale = float((comparisons[comparisons > start] - start).mean()) if (comparisons > start).any() else 0.0
    if not scale > 0:
        raise TooFew(f"{len(comparisons)} comparisons have no upper tail: are these photos of different people?")
    lift = max(
        [
            0.0,
            *(
                _short(comparisons, share * depth, start - scale * math.log(depth))
                for depth in DEPTHS
                if share * depth * pairs >= CHECKED_PAIRS
            ),
        ]
    )
    if lift > MOST_LIFT:
        raise TooFew(
            f"similarities of different people lie {lift:.3f} above an exponential tail, at most {MOST_LIFT}; "
            "look for one person in two folders, or add people"
        )
    return Tail(share, start + lift, scale, lift, people, pairs)


def _short(comparisons: NDArray[np.float32], share: float, fitted: float) -> float:
    """How far the data's quantile is above the fitted one."""
    return float(np.quantile(comparisons, 1 - share)) - fitted
