"""Whom an officer must talk to: entries that a second person has validated (HUM-2)."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, Select, select

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import Given, row_of
from backend.store.schema import hotlist, traveler_documents, travelers


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


def against(db: Connection, traveler: str, now_utc_ms: int) -> str | None:
    """The entry that stands against somebody on a manifest at a time, by whichever document."""
    found = _longest(of_traveler(travelers, now_utc_ms)).scalar_subquery()
    return db.execute(select(found).where(travelers.c.traveler == traveler)).scalar_one_or_none()


def of_traveler(of: FromClause, now_utc_ms: Given[int]) -> Select[str]:
    """Entries by any of their documents.  of: `travelers`, in a select around this one."""
    known = traveler_documents
    found = select(hotlist.c.entry).join_from(known, hotlist, hotlist.c.person == known.c.person)
    return found.where(known.c.origin == of.c.origin, stands(now_utc_ms)).correlate(of)


def _longest(found: Select[str]) -> Select[str]:
    return found.order_by(hotlist.c.until_utc_ms.desc(), hotlist.c.entry).limit(1)


def stands(now_utc_ms: Given[int]) -> ColumnElement[bool]:
    """Whether an entry does, at a time."""
    lives = hotlist.c.ended_utc_ms.is_(None) | (hotlist.c.ended_utc_ms > now_utc_ms)
    return lives & (hotlist.c.until_utc_ms > now_utc_ms)


def standing(db: Connection, person: str, now_utc_ms: int) -> list[Entry]:
    """What stands against somebody, by this document or any that a carrier has named beside it."""
    named, beside = traveler_documents.alias("named"), traveler_documents.alias("beside")
    linked = select(beside.c.person).join_from(named, beside, named.c.origin == beside.c.origin)
    theirs = (hotlist.c.person == person) | hotlist.c.person.in_(linked.where(named.c.person == person))
    rows = db.execute(select(hotlist).where(theirs, stands(now_utc_ms)).order_by(hotlist.c.entry))
    return [Entry(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A document of a traveler, by origin, against which an entry stands."""

    entry: str
    journey: str
    origin: str


def sightings(db: Connection, now_utc_ms: int) -> list[Sighting]:
    """Whoever an entry stands against, by whichever document, on journeys that can still name them."""
    named = (
        select(hotlist.c.entry, travelers.c.journey, traveler_documents.c.origin)
        .join_from(hotlist, traveler_documents, traveler_documents.c.person == hotlist.c.person)
        .join(travelers, travelers.c.origin == traveler_documents.c.origin)
        .where(stands(now_utc_ms), travelers.c.sealed.is_not(None))
    )
    return [Sighting(**row._mapping) for row in db.execute(named.distinct())]


def find(db: Connection, entry: str) -> Entry | None:
    row = db.execute(select(hotlist).where(hotlist.c.entry == entry)).one_or_none()
    return Entry(**row._mapping) if row else None


def end(db: Connection, entry: str, now_utc_ms: int) -> bool:
    """False if there is no such entry, or it has ended already."""
    stands = (hotlist.c.entry == entry) & hotlist.c.ended_utc_ms.is_(None)
    touch(db, Topic.RULES)
    return db.execute(hotlist.update().where(stands).values(ended_utc_ms=now_utc_ms)).rowcount == 1
