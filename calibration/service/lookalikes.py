"""BI-02: two people on file who are alike, and a probe of either, through search and policy: never one for the other
on a lead smaller than the margin."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.matching.gallery import build, search
from backend.matching.threshold import accept
from backend.operating_point import read_operating_point
from backend.rules.directive import Concern, Evidence, Policy, Proceed, Recapture, Wait, decide
from backend.settings import Rules
from calibration.service.figure import Figure
from calibration.service.journeys import vectors
from vision.embed import DIMENSIONS

PAIRS, QUICK = 100_000, 2_000
LEAST_ALIKE, MOST_ALIKE = 0.5, 0.999  # cosine of the two on file; strangers lie below 0.45
NOISE = (0.2, 1.2)  # of a probe, as long as the template is
ROUNDING = 1e-5  # of 32-bit arithmetic


@dataclass(slots=True)
class Tally:
    accepted: int = 0
    inside: int = 0  # accepted on a lead smaller than the margin
    wrong: int = 0  # accepted as the other
    ambiguous: int = 0


def figures(quick: bool) -> Iterator[Figure]:
    pairs, rules = QUICK if quick else PAIRS, Rules()
    found = tally(pairs, rules)
    words = f"{found.accepted:,} accepted, {found.ambiguous:,} told apart too little, margin {rules.margin:g}; "
    words += f"{found.wrong:,} accepted as the other, on a lead beyond the margin"
    yield Figure("BI-02", "accepted inside the runner-up margin", "", pairs, found.inside, words)


def tally(pairs: int, rules: Rules, seed: int = 2) -> Tally:
    rng, found = np.random.default_rng(seed), Tally()
    point = read_operating_point()
    policy = Policy("bi-02", accept(point, 2, rules.fpir), rules.margin, rules.least_liveness, True)
    for _ in range(pairs):
        _pair(rng, policy, found)
    return found


def _pair(rng: np.random.Generator, policy: Policy, found: Tally) -> None:
    one, other = _alike(rng, rng.uniform(LEAST_ALIKE, MOST_ALIKE))
    probe = _unit(one + rng.uniform(*NOISE) * vectors(rng, 1)[0])
    match = search(build([("one", one), ("other", other)]), probe)
    match decide(Evidence(match, None, 1.0, 1), policy):
        case Proceed(traveler):
            # The lead again, in 64 bits and without the code under test.
            lead = abs(float(one.astype(np.float64) @ probe) - float(other.astype(np.float64) @ probe))
            found.accepted += 1
            found.inside += lead < policy.margin - ROUNDING
            found.wrong += traveler == "other"
        case Recapture(_, _, concern) | Wait(concern):
            found.ambiguous += concern is Concern.AMBIGUOUS


def _alike(rng: np.random.Generator, cosine: float) -> NDArray[np.float32]:
    """(2, 128) templates with this cosine between them."""
    one, aside = np.linalg.qr(rng.normal(size=(DIMENSIONS, 2)))[0].T
    return np.array([one, cosine * one + np.sqrt(1 - cosine**2) * aside], np.float32)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
