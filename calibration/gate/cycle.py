"""One opening and closing of the leaf, as the controller's Statuses tell it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from calibration.gate.tap import Asked, Said
from hardware.door import Position
from hardware.gate.limits import Flag
from hardware.gate.messages import Status
from hardware.gate.supervision import since


@dataclass(frozen=True, slots=True)
class Flips:
    """How often each contact changed beyond once a movement."""

    closed: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class Cycle:
    """granted_s: on the host's clock.  before: the last Status before the grant.  said: all after it, in their order.

    Milliseconds are the controller's own.  They are of changes that it told: at most one in 10 ms, so each may be 10 ms
    late, and a contact that bounces for less is not seen.  None: it did not happen, or somebody in the lane changed it.
    """

    number: int
    granted_s: float
    before: Status
    said: tuple[Said, ...]

    @property
    def opening_ms(self) -> float | None:
        """On the host's clock: from the grant to the leaf observed open."""
        opened = next((each for each in self.said if each.status.position == Position.OPEN), None)
        return None if opened is None else (opened.at_s - self.granted_s) * 1000

    @property
    def moves_ms(self) -> int | None:
        """From the grant taken to the leaf leaving its closed contact."""
        return _between(_first(self._granted, _is_granted), self._left)

    @property
    def opens_ms(self) -> int | None:
        """Travel: from leaving the closed contact to arriving at the open one."""
        return _between(self._left, self._opened)

    @property
    def closes_ms(self) -> int | None:
        """Travel: from leaving the open contact to arriving at the closed one."""
        leaving = self._leaving
        if not leaving or leaving[0].position != Position.OPEN:
            return None
        left = _first(leaving, lambda status: status.position != Position.OPEN)
        return _between(left, _first(leaving, lambda status: status.position == Position.CLOSED))

    @property
    def stays_ms(self) -> int | None:
        """From arriving open to arriving closed: with the walk, if there was one."""
        return _between(self._opened, _first(self._leaving, lambda status: status.position == Position.CLOSED))

    @property
    def lane_ms(self) -> int | None:
        """How long somebody was sensed, by presence or a beam."""
        present = [at for at, each in enumerate(self._statuses) if each.flags & Flag.PRESENCE]
        if not present or present[-1] + 1 == len(self._statuses):
            return None
        return _between(self._statuses[present[0]], self._statuses[present[-1] + 1])

    @property
    def forward(self) -> int:
        return _counted(self.before.forward, self._statuses[-1].forward)

    @property
    def reverse(self) -> int:
        return _counted(self.before.reverse, self._statuses[-1].reverse)

    @property
    def doubtful(self) -> int:
        return _counted(self.before.doubtful, self._statuses[-1].doubtful)

    @property
    def flips(self) -> Flips:
        opening = _flips(self._granted)
        closing = _flips(self._leaving if self.closes_ms is not None else ())
        return Flips(opening.closed + closing.closed, opening.open + closing.open)

    # --- parts of it ------------------------------------------------------------------------------------------------

    @property
    def _statuses(self) -> Sequence[Status]:
        return [each.status for each in self.said]

    @property
    def _granted(self) -> Sequence[Status]:
        """While the grant is held: nothing but the grant moves the leaf."""
        held = [at for at, each in enumerate(self._statuses) if _is_granted(each)]
        return (self.before, *self._statuses[held[0] : held[-1] + 1]) if held else ()

    @property
    def _leaving(self) -> Sequence[Status]:
        """After the grant and the last that was sensed: nothing moves the leaf but its closing."""
        kept = [at for at, each in enumerate(self._statuses) if each.flags & (Flag.GRANTED | Flag.PRESENCE)]
        return self._statuses[kept[-1] + 1 :] if kept else ()

    @property
    def _left(self) -> Status | None:
        return _first(self._granted, lambda status: status.position != Position.CLOSED)

    @property
    def _opened(self) -> Status | None:
        return _first(self._granted, lambda status: status.position == Position.OPEN)


def _is_granted(status: Status) -> bool:
    return bool(status.flags & Flag.GRANTED)


def _first(among: Iterable[Status], met: Callable[[Status], bool]) -> Status | None:
    return next((each for each in among if met(each)), None)


def _between(start: Status | None, end: Status | None) -> int | None:
    return None if start is None or end is None else since(end.uptime_ms, start.uptime_ms)


def _counted(before: int, after: int) -> int:
    return (after - before) % 65536


def _flips(movement: Sequence[Status]) -> Flips:
    """A movement changes each contact once."""
    steps = list(pairwise(each.position for each in movement))
    closed = sum((a == Position.CLOSED) != (b == Position.CLOSED) for a, b in steps)
    open_ = sum((a == Position.OPEN) != (b == Position.OPEN) for a, b in steps)
    return Flips(max(0, closed - 1), max(0, open_ - 1))


# --- the line -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """answers_ms: from each Want to the Status that answers it.  missed: Wants that no Status answered though later
    ones were.  jitter_ms: of each Status after the first."""

    answers_ms: tuple[float, ...]
    missed: int
    jitter_ms: tuple[float, ...]

    @property
    def missed_share(self) -> float:
        return self.missed / max(1, self.missed + len(self.answers_ms))


def line(asked: Sequence[Asked], said: Sequence[Said]) -> Line:
    """asked, said: of one epoch."""
    first = {each.status.sequence: each.at_s for each in reversed(said)}
    last = max(first, default=0)
    answered = tuple((first[each.sequence] - each.at_s) * 1000 for each in asked if each.sequence in first)
    missed = sum(each.sequence not in first and each.sequence < last for each in asked)
    return Line(answered, missed, tuple(_jitter_ms(a, b) for a, b in pairwise(said)))


def _jitter_ms(a: Said, b: Said) -> float:
    return abs((b.at_s - a.at_s) * 1000 - since(b.status.uptime_ms, a.status.uptime_ms))
