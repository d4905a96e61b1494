"""A run in figures: each kind of time as a spread, the way the gate's host reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.gate.cycle import Cycle
from calibration.gate.measure import Measured
from edge.gate_timing import Spread


@dataclass(frozen=True, slots=True)
class Figures:
    """As `timing.Timing` explains them; None where nothing was measured."""

    opening: Spread | None
    answer: Spread | None
    jitter: Spread | None
    moves: Spread | None
    opens: Spread | None
    closes: Spread | None
    stays: Spread | None
    lane: Spread | None


def figures(found: Measured) -> Figures:
    return Figures(
        opening=spread(each(found, lambda cycle: cycle.opening_ms)),
        answer=spread(found.line.answers_ms),
        jitter=spread(found.line.jitter_ms),
        moves=spread(each(found, lambda cycle: cycle.moves_ms)),
        opens=spread(each(found, lambda cycle: cycle.opens_ms)),
        closes=spread(each(found, lambda cycle: cycle.closes_ms)),
        stays=spread(each(found, lambda cycle: cycle.stays_ms)),
        lane=spread(each(found, lambda cycle: cycle.lane_ms)) if found.plan.walk else None,
    )


def each(found: Measured, value: Callable[[Cycle], float | None]) -> tuple[float, ...]:
    """Of all cycles that have it."""
    return tuple(float(one) for cycle in found.cycles if (one := value(cycle)) is not None)


def spread(values: Sequence[float]) -> Spread | None:
    """Percentiles are values that were measured: the least one that so many are not above."""
    if not values:
        return None
    p50, p95, p99 = np.percentile(np.array(values), (50, 95, 99), method="inverted_cdf")
    p50, p95, p99, most = (round(float(each), 1) for each in (p50, p95, p99, max(values)))
    return Spread(n=len(values), p50_ms=p50, p95_ms=p95, p99_ms=p99, max_ms=most)
