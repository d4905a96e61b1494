"""Arrivals and departures of one person matched, and who stays longer than allowed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from sqlalchemy import Connection, or_, select

from backend.store.schema import crossings


@dataclass(frozen=True, slots=True)
class Move:
    """One standing crossing.  person: the document's fingerprint.  until_utc_ms: of an arrival, None without end."""

    crossing: str
    person: str
    direction: str
    port: str
    crossed_utc_ms: int
    until_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class Stay:
    """departure: None while there is none.  A departure nobody recorded is known from the next arrival."""

    arrival: Move
    departure: Move | None
    over: bool

    def overstayed(self, now_utc_ms: int) -> bool:
        """Still here, and no longer allowed to be."""
        until = self.arrival.until_utc_ms
        return not self.over and until is not None and until < now_utc_ms


def match(moves: Iterable[Move]) -> Iterator[Stay]:
    """Each arrival with the departure that ended it: the same person's next move, if it is one."""
    ordered = sorted(moves, key=lambda m: (m.person, m.crossed_utc_ms, m.crossing))
    for _, of_one in groupby(ordered, key=lambda m: m.person):
        for move, following in pairwise([*of_one, None]):
            if move is not None and move.direction == "in":
                left = following if following is not None and following.direction == "out" else None
                yield Stay(move, left, over=following is not None)


def overstays(db: Connection, now_utc_ms: int, port: str = "") -> list[Move]:
    """Arrivals past their end after which the person has not moved, the longest over first.  port: "" for all.

    A person is known by the document: who departs on another one is still on this list, for somebody to look at.
    """
    later = crossings.alias("later")
    after = or_(
        later.c.crossed_utc_ms > crossings.c.crossed_utc_ms,
        (later.c.crossed_utc_ms == crossings.c.crossed_utc_ms) & (later.c.crossing > crossings.c.crossing),
    )
    moved = select(later.c.crossing).where(
        later.c.person == crossings.c.person, later.c.voided_utc_ms.is_(None), later.c.direction != "", after
    )
    over = (crossings.c.direction == "in") & (crossings.c.until_utc_ms < now_utc_ms)
    wanted = select(crossings).where(over, crossings.c.voided_utc_ms.is_(None), ~moved.exists())
    if port:
        wanted = wanted.where(crossings.c.port == port)
    rows = db.execute(wanted.order_by(crossings.c.until_utc_ms, crossings.c.crossing))
    return [Move(r.crossing, r.person, r.direction, r.port, r.crossed_utc_ms, r.until_utc_ms) for r in rows]


def moves(db: Connection, person: str) -> list[Move]:
    """Everything one person did, in order of time."""
    own = (crossings.c.person == person) & crossings.c.voided_utc_ms.is_(None)
    rows = db.execute(select(crossings).where(own).order_by(crossings.c.crossed_utc_ms, crossings.c.crossing))
    return [Move(r.crossing, r.person, r.direction, r.port, r.crossed_utc_ms, r.until_utc_ms) for r in rows]
