"""What carriers were answered, kept until they have it; sealed under the journey's gallery key."""

from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from backend.errors import KeyGone
from backend.keys import KeyRing, of_gallery
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import Given
from backend.store.schema import alerts, allowances, answers, travelers

INTERCEPTED = "intercept"
EVER = 2**62  # later than any time


@dataclass(frozen=True, slots=True)
class Kept:
    """answer: an id.  interchange: a CUSRES."""

    answer: str
    carrier: str
    journey: str
    interchange: bytes
    made_utc_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    number: int
    interchange: bytes


def keep(db: Connection, keys: KeyRing, kept: Kept) -> None:
    """Raises KeyGone once the journey is purged."""
    row = {
        "answer": kept.answer,
        "carrier": kept.carrier,
        "journey": kept.journey,
        "sealed": keys.box(of_gallery(kept.journey)).seal(kept.interchange, kept.answer),
        "made_utc_ms": kept.made_utc_ms,
        "held": False,
    }
    db.execute(answers.insert(), row)
    touch(db, Topic.ANSWERS)


def waiting(db: Connection, keys: KeyRing, carrier: str, after: int) -> list[Waiting]:
    """What the carrier does not hold yet, in order.  Of a journey that is purged there is nothing left to tell."""
    not_held = (answers.c.carrier == carrier) & ~answers.c.held & (answers.c.number > after)
    found = []
    for row in db.execute(select(answers).where(not_held).order_by(answers.c.number)):
        try:
            plain = keys.box(of_gallery(row.journey)).open(row.sealed or b"", row.answer)
        except KeyGone:
            continue
        found.append(Waiting(row.number, plain))
    return found


def hold(db: Connection, carrier: str, to: int) -> None:
    """The carrier has everything up to this number."""
    db.execute(answers.update().where(answers.c.carrier == carrier, answers.c.number <= to).values(held=True))


def intercepted(db: Connection, journey: str) -> frozenset[str]:
    """Travellers whom an officer has stopped and none let pass since: the only ones a carrier is told not to board
    (HUM-1)."""
    return frozenset(db.execute(stopped(journey)).scalars())


def stopped(journey: Given[str], traveler: Given[str] | None = None, by_utc_ms: Given[int] = EVER) -> Select[str]:
    """Travelers of standing interceptions, by every id the carrier has listed them under, or one of them: only what an
    officer allows later on that journey lifts one.  by_utc_ms: of what was done until then.

    Both times are looked up whoever it is: nobody waits longer because of what is found (SE-12).
    """
    listed, named = travelers.alias("listed"), travelers.alias("named")
    here, verdict = alerts.c.journey == journey, alerts.c.adjudication
    # Of a verdict that no index has: SQLite would begin with all interceptions there ever were.
    unindexed = func.coalesce(verdict, "")
    stop, leave = (
        select(func.max(at))
        .join_from(told, named, named.c.traveler == told.c.traveler)
        .where(named.c.origin == listed.c.origin, of, at <= by_utc_ms)
        .correlate(listed)
        .scalar_subquery()
        for told, at, of in (
            (alerts, alerts.c.adjudicated_utc_ms, here & (unindexed == INTERCEPTED)),
            (allowances, allowances.c.given_utc_ms, allowances.c.journey == journey),
        )
    )
    found = select(listed.c.traveler).where(func.coalesce(stop, -1) >= func.coalesce(leave, 0))
    if traveler is not None:
        return found.where(listed.c.traveler == traveler)
    theirs = select(named.c.origin).join_from(alerts, named, named.c.traveler == alerts.c.traveler)
    return found.where(listed.c.origin.in_(theirs.where(here, verdict == INTERCEPTED)))
