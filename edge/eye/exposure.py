"""Exposure that follows the subject's face: how long and with what gain the sensor should be exposed next."""

import math
from dataclasses import dataclass

DEAD_BAND_STOPS = 0.25  # closer to the target than this nothing is changed: no hunting
DAMPING = 0.2  # of the error per correction: a sensor answers two to five frames late, and more would swing
MOST_STEP_STOPS = 0.5
GAIN_STOPS = 4.0  # the whole range of gain, about: the loop is closed, the next correction makes good the difference
EVERY_NS = 100_000_000
ALONE_NS = 2_000_000_000  # nobody for this long: back to rest
DARKEST = 1 / 255


@dataclass(frozen=True, slots=True)
class Exposure:
    """time_us: of one frame.  gain: in the camera's own unit."""

    time_us: float
    gain: float


@dataclass(frozen=True, slots=True)
class ExposureLimits:
    """What calibration found: most_us is where a walking face begins to blur, target_luma (0..1) where a face is
    measured best.  Gains in the camera's own unit."""

    least_us: float
    most_us: float
    least_gain: float
    most_gain: float
    target_luma: float

    def __post_init__(self) -> None:
        if not 0 < self.least_us <= self.most_us:
            raise ValueError(f"exposure must be 0 < least_us <= most_us, got {self.least_us} and {self.most_us}")
        if not self.least_gain <= self.most_gain:
            raise ValueError(f"gain must be least_gain <= most_gain, got {self.least_gain} and {self.most_gain}")
        if not DARKEST < self.target_luma < 1:
            raise ValueError(f"target_luma must be within {DARKEST:.4f}..1, got {self.target_luma}")

    @property
    def rest(self) -> Exposure:
        """Where to wait for somebody: the middle of the times, in stops, at the least gain."""
        return Exposure(math.sqrt(self.least_us * self.most_us), self.least_gain)


def correct(current: Exposure, luma: float, limits: ExposureLimits) -> Exposure:
    """One damped step towards a face as bright as wanted, within the limits.

    luma: mean of the face, 0..1; nothing is changed on NaN.  Brighter by time up to most_us, then by gain; darker
    the other way round: gain is noise, time up to the limit costs nothing.
    """
    error = math.log2(limits.target_luma / max(luma, DARKEST)) if math.isfinite(luma) else 0.0
    if abs(error) <= DEAD_BAND_STOPS:
        return _within(current, limits)
    return _shift(_within(current, limits), _damped(error), limits)


def ease(current: Exposure, limits: ExposureLimits) -> Exposure:
    """One damped step towards rest."""
    rest = limits.rest
    away = math.log2(rest.time_us / current.time_us)
    time_us = rest.time_us if abs(away) < 0.01 else current.time_us * 2 ** _damped(away)
    gain = current.gain + DAMPING * (rest.gain - current.gain)
    if abs(gain - rest.gain) < 0.01 * (limits.most_gain - limits.least_gain):
        gain = rest.gain
    return _within(Exposure(time_us, gain), limits)


class Follower:
    """What to ask of the camera, at most every EVERY_NS; starts at rest."""

    def __init__(self, limits: ExposureLimits) -> None:
        self._limits = limits
        self._current = limits.rest
        self._asked: Exposure | None = None
        self._next_ns = 0
        self._seen_ns: int | None = None

    def want(self, luma: float | None, now_ns: int) -> Exposure | None:
        """The exposure to ask for, None while it stays.  luma: of the face in the frame, None if there is none."""
        if luma is not None:
            self._seen_ns = now_ns
        if now_ns < self._next_ns:
            return None
        self._next_ns = now_ns + EVERY_NS
        if luma is not None:
            self._current = correct(self._current, luma, self._limits)
        elif self._seen_ns is None or now_ns - self._seen_ns > ALONE_NS:
            self._current = ease(self._current, self._limits)
        if self._current == self._asked:
            return None
        self._asked = self._current
        return self._current

    def forget(self) -> None:
        """The camera was opened again and knows nothing: ask it anew."""
        self._asked = None


def _damped(error_stops: float) -> float:
    return max(-MOST_STEP_STOPS, min(MOST_STEP_STOPS, DAMPING * error_stops))


def _shift(current: Exposure, stops: float, limits: ExposureLimits) -> Exposure:
    """So much brighter (darker if negative), as far as the limits allow."""
    gain_per_stop = (limits.most_gain - limits.least_gain) / GAIN_STOPS
    if stops > 0:
        by_time = min(stops, math.log2(limits.most_us / current.time_us))
        by_gain = stops - by_time
    else:
        room = (current.gain - limits.least_gain) / gain_per_stop if gain_per_stop else 0.0
        by_gain = max(stops, -room)
        by_time = stops - by_gain
    return _within(Exposure(current.time_us * 2**by_time, current.gain + by_gain * gain_per_stop), limits)


def _within(exposure: Exposure, limits: ExposureLimits) -> Exposure:
    time_us = min(max(exposure.time_us, limits.least_us), limits.most_us)
    return Exposure(time_us, min(max(exposure.gain, limits.least_gain), limits.most_gain))
