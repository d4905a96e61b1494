"""What carriers were answered, kept until they have it; sealed under the journey's gallery key."""

from dataclasses import dataclass

from sqlalchemy import Connection, Select, exists, select

from backend.errors import KeyGone
from backend.keys import KeyRing, of_gallery
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import Given
from backend.store.schema import alerts, allowances, answers, travelers

INTERCEPTED = "intercept"


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


def stopped(journey: Given[str], traveler: Given[str] | None = None) -> Select[str]:
    """Travelers of standing interceptions, by every id the carrier has listed them under, or one of them: only what an
    officer allows later lifts one."""
    named, listed, freed = (travelers.alias(name) for name in ("stopped", "listed", "freed"))
    let_pass = exists().where(
        allowances.c.traveler == freed.c.traveler,
        freed.c.origin == named.c.origin,
        allowances.c.given_utc_ms > alerts.c.adjudicated_utc_ms,
    )
    found = (
        select(listed.c.traveler)
        .select_from(alerts)
        .join(named, named.c.traveler == alerts.c.traveler)
        .join(listed, listed.c.origin == named.c.origin)
        .where(alerts.c.journey == journey, alerts.c.adjudication == INTERCEPTED, ~let_pass)
    )
    return found if traveler is None else found.where(listed.c.traveler == traveler)
