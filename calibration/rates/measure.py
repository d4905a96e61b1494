"""Error rates, exact intervals and the threshold they hold at (ISO/IEC 19795-1).

FNIR: mated searches whose person does not come back first at or above the threshold.  The runner-up margin, which asks
for another capture, does not count unless asked for.  FPIR: non-mated searches in
which anybody comes back at or above the threshold.  Photos without a face are in neither; they are FTA.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from backend.matching.threshold import OperatingPoint, accept
from calibration.rates.simulate import Outcome, Searches

LEAST_GROUP = 30  # people
EXPECTED = 10.0  # false positives among the searches, and one among distinct samples, for a measured threshold


@dataclass(frozen=True, slots=True)
class Proportion:
    """A rate and its exact 95 % interval (Clopper and Pearson, Biometrika 26, 1934).

    The interval is that of `samples` independent searches: a photo searched again in another draw adds nothing to it.
    """

    rate: float
    low: float
    high: float
    trials: int


@dataclass(frozen=True, slots=True)
class Rates:
    threshold: float
    fnir: Proportion
    fpir: Proportion
    rank1: float


def proportion(rate: float, samples: int, trials: int) -> Proportion:
    """The interval of `rate` seen in `samples` independent trials; a part of a case counts as a part."""
    cases = rate * samples
    low = float(betaincinv(cases, samples - cases + 1, 0.025)) if cases > 0 else 0.0
    high = float(betaincinv(cases + 1, samples - cases, 0.975)) if cases < samples else 1.0
    return Proportion(rate, low, high, trials)


def rates(outcome: Outcome, threshold: float, margin: float = -1.0) -> Rates:
    """At this threshold.  margin: how far the best must be ahead of the next, as in the service's rules."""
    mated, nonmated = outcome.mated, outcome.nonmated
    missed = ~(mated.right & _accepted(mated, threshold, margin))
    wrong = _accepted(nonmated, threshold, margin)
    return Rates(threshold, _share(missed, mated), _share(wrong, nonmated), float(mated.right.mean()))


def of_people(
    outcome: Outcome, threshold: float, members: frozenset[int]
) -> tuple[Proportion | None, Proportion | None]:
    """(FNIR, FPIR) of these people; None where fewer than 30 of them were searched for."""
    mated, nonmated = outcome.mated, outcome.nonmated
    missed = ~(mated.right & _accepted(mated, threshold, -1.0))
    return _of(missed, mated, members), _of(_accepted(nonmated, threshold, -1.0), nonmated, members)


def smallest(outcome: Outcome, fpir: float) -> float:
    """The smallest score at which no more than `fpir` of the non-mated searches return anybody."""
    ordered = np.sort(outcome.nonmated.scores)[::-1]
    allowed = int(fpir * len(ordered))
    return float(np.nextafter(ordered[allowed], np.float32(2)))


def resolved(outcome: Outcome, fpir: float) -> bool:
    """Whether the non-mated searches are enough to measure so small a rate."""
    return fpir * len(outcome.nonmated.scores) >= EXPECTED and fpir * outcome.nonmated.samples >= 1


def fitted(outcome: Outcome, point: OperatingPoint, gallery_size: int, fpir: float) -> float:
    """The service's threshold at this operating point; never one at which the FPIR measured here is larger."""
    return max(accept(point, gallery_size, fpir), smallest(outcome, fpir))


def _accepted(searches: Searches, threshold: float, margin: float) -> NDArray[np.bool_]:
    accepted: NDArray[np.bool_] = (searches.scores >= threshold) & (searches.ahead >= margin)
    return accepted


def _share(cases: NDArray[np.bool_], searches: Searches) -> Proportion:
    return proportion(float(cases.mean()), searches.samples, len(cases))


def _of(cases: NDArray[np.bool_], searches: Searches, members: frozenset[int]) -> Proportion | None:
    chosen = np.isin(searches.people, list(members))
    people = len(np.unique(searches.people[chosen]))
    return proportion(float(cases[chosen].mean()), people, int(chosen.sum())) if people >= LEAST_GROUP else None
