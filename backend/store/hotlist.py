"""Whom an officer must talk to: entries that a second person has validated (HUM-2)."""

from dataclasses import dataclass

from sqlalchemy import Connection, Select, select

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import Given, row_of
from backend.store.schema import hotlist


@dataclass(frozen=True, slots=True)
class Entry:
    """See the table.  sealed: a HotlistEntry under `keys.RECORDS`, about the entry's id."""

    entry: str
    person: str
    proposal: str
    sealed: bytes
    until_utc_ms: int
    ended_utc_ms: int | None = None


def put(db: Connection, entry: Entry) -> None:
    """From the approval of a proposal only: the column that names it is unique and refers to one."""
    db.execute(hotlist.insert(), row_of(entry))
    touch(db, Topic.RULES)


def hit(db: Connection, person: str, now_utc_ms: int) -> str | None:
    """The entry that stands against a person at a time, the one that lasts longest.  person: `biographic.person`."""
    return db.execute(lasting(person, now_utc_ms)).scalar_one_or_none()


def lasting(person: Given[str], now_utc_ms: Given[int]) -> Select[str]:
    lives = hotlist.c.ended_utc_ms.is_(None) | (hotlist.c.ended_utc_ms > now_utc_ms)
    stands = lives & (hotlist.c.until_utc_ms > now_utc_ms)
    found = select(hotlist.c.entry).where(hotlist.c.person == person, stands)
    return found.order_by(hotlist.c.until_utc_ms.desc(), hotlist.c.entry).limit(1)


def find(db: Connection, entry: str) -> Entry | None:
    row = db.execute(select(hotlist).where(hotlist.c.entry == entry)).one_or_none()
    return Entry(**row._mapping) if row else None


def end(db: Connection, entry: str, now_utc_ms: int) -> bool:
    """False if there is no such entry, or it has ended already."""
    stands = (hotlist.c.entry == entry) & hotlist.c.ended_utc_ms.is_(None)
    touch(db, Topic.RULES)
    return db.execute(hotlist.update().where(stands).values(ended_utc_ms=now_utc_ms)).rowcount == 1
