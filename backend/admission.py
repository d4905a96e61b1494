"""How many verifications are inside and how long the next would wait: more than can be answered in time are refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.errors import Busy

FIRST_SHOT_S = 0.05  # until measured
LEARNT = 0.2  # weight of the newest measurement
HEADROOM = 2.0  # the estimate is a mean, and the answer has a way to go


class Admission:
    """Work is done in order of arrival, so the wait is what is ahead of it by the time a shot has taken lately."""

    def __init__(self, most: int, now_s: Callable[[], float]) -> None:
        self._most, self._now_s = most, now_s
        self._inside, self._shots = 0, 0
        self._shot_s, self._freed_s = FIRST_SHOT_S, 0.0

    @property
    def inside(self) -> int:
        return self._inside

    def wait_s(self, shots: int) -> float:
        """From now to the answer for somebody who comes with so many shots."""
        return (self._shots + shots) * self._shot_s * HEADROOM

    @contextmanager
    def admitted(self, shots: int, expires_s: float) -> Iterator[Callable[[], None]]:
        """Be inside while work on shots is done; call what is given once they were all looked at.

        Raises Busy at once rather than too late.
        """
        self.check(shots, expires_s)
        entered_s = self._now_s()
        self._inside, self._shots = self._inside + 1, self._shots + shots
        try:
            yield lambda: self._learn(shots, entered_s)
        finally:
            self._inside, self._shots = self._inside - 1, self._shots - shots

    def check(self, shots: int, expires_s: float) -> None:
        """Raises Busy if somebody with so many shots would not be admitted now."""
        if self._inside == 0:
            return  # the estimate is of another time, and nobody is in the way
        if self._inside >= self._most:
            raise Busy(f"{self._inside} verifications are under way, at most {self._most} may be; ask again later")
        left_s, wait_s = expires_s - self._now_s(), self.wait_s(shots)
        if wait_s > left_s:
            raise Busy(f"the answer would take {wait_s:.2f} s, the deadline is in {left_s:.2f} s; ask again later")

    def _learn(self, shots: int, entered_s: float) -> None:
        """From one completion to the next while somebody is inside: what a shot costs however many work on it."""
        now_s = self._now_s()
        took_s = (now_s - max(entered_s, self._freed_s)) / shots
        self._shot_s += LEARNT * (took_s - self._shot_s)
        self._freed_s = now_s
