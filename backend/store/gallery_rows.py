"""Where a journey's gallery stands: whom it must hold, whom it lacks, who builds it, and whether it changed."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, select

from backend.clock import SKEW_MS
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.store.bell import Topic
from backend.store.chunks import chunks
from backend.store.engine import touch
from backend.store.journeys import find, read
from backend.store.portable import add
from backend.store.schema import assignments, crossings, galleries, journeys, photo_refusals, templates, travelers

NONE = -1  # number of a refusal: no photo came at all
_CHANGED = galleries.update().where(galleries.c.journey == bindparam("of")).values(revision=galleries.c.revision + 1)

_GATES = select(func.count()).where(assignments.c.journey == journeys.c.journey).scalar_subquery()
_PULSES = (
    select(journeys, galleries.c.revision, galleries.c.version, galleries.c.begun_utc_ms, _GATES.label("gates"))
    .select_from(journeys.outerjoin(galleries, galleries.c.journey == journeys.c.journey))
    .where(journeys.c.purged_utc_ms.is_(None))
)
_ONE = _PULSES.where(journeys.c.journey == bindparam("of"))
_SOON = _PULSES.where(journeys.c.departs_utc_ms.is_(None) | (journeys.c.departs_utc_ms <= bindparam("before")))


@dataclass(frozen=True, slots=True)
class Pulse:
    """Anything that can change a gallery changes this; it costs the same however many travellers there are.

    opened: it may be searched.  searchable_utc_ms: since when it could be.
    """

    journey: str
    opened: bool
    departs_utc_ms: int | None
    received_utc_ms: int
    searchable_utc_ms: int | None
    version: str
    begun_utc_ms: int
    state: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """wanted: whose templates it must hold.  lacking: those nobody has asked for photos yet, for this version.
    owed: for whom a source did not answer, with its name.
    leaving: whose templates must go.  mark: changes with what can be searched.  shadow: templates of another version
    are there."""

    wanted: frozenset[str]
    lacking: frozenset[str]
    owed: tuple[tuple[str, str], ...]
    leaving: frozenset[str]
    mark: str
    shadow: bool


def pulses(db: Connection, keys: KeyRing, before_utc_ms: int) -> list[Pulse]:
    """Of journeys that leave before a time, or have none, and are not over: those at gates first, then the next."""
    rows = db.execute(_SOON, {"before": before_utc_ms}).all()
    ordered = sorted(rows, key=lambda row: (-row.gates, row.departs_utc_ms or 0, row.journey))
    return [found for row in ordered if (found := _pulse(keys, row)) is not None]


def pulse(db: Connection, keys: KeyRing, journey: str) -> Pulse | None:
    """None for a journey that is unknown, or of which nothing is left."""
    row = db.execute(_ONE, {"of": journey}).one_or_none()
    return _pulse(keys, row) if row else None


def _pulse(keys: KeyRing, row: Row[Any]) -> Pulse | None:
    run = read(row._mapping)
    if not keys.has(of_gallery(run.journey)):
        return None
    return Pulse(
        journey=run.journey,
        opened=run.seen_here,
        departs_utc_ms=run.departs_utc_ms,
        received_utc_ms=run.received_utc_ms,
        searchable_utc_ms=run.searchable_utc_ms,
        version=row.version or "",
        begun_utc_ms=row.begun_utc_ms or 0,
        state=(row.revision, run.closed_utc_ms, run.cancelled, keys.has(of_citizens(run.journey))),
    )


def wanted(db: Connection, keys: KeyRing, journey: str, among: Collection[str] | None = None) -> dict[str, bool]:
    """Whose templates the gallery may hold, or who of those `among` some, and whether each is a citizen.

    Those photographed who are neither removed nor accommodated; a citizen not once he has crossed, the doors are
    closed or the journey is cancelled (RET-1), or the citizens' key is gone.
    """
    run = find(db, journey)
    if run is None or run.purged_utc_ms is not None:
        return {}
    found = select(travelers.c.traveler, travelers.c.citizen).where(
        travelers.c.journey == journey, travelers.c.photographed, ~travelers.c.removed, travelers.c.accommodation == ""
    )
    if among is not None:
        found = found.where(travelers.c.traveler.in_(among))
    citizens = run.seen_here and keys.has(of_citizens(journey))
    over = _crossed_citizens(db, journey)
    return {
        row.traveler: row.citizen
        for row in db.execute(found)
        if not row.citizen or (citizens and row.traveler not in over)
    }


def _crossed_citizens(db: Connection, journey: str) -> set[str]:
    over = select(crossings.c.traveler).where(crossings.c.journey == journey, crossings.c.citizen)
    return set(db.execute(over.where(crossings.c.voided_utc_ms.is_(None))).scalars())


def standing(db: Connection, keys: KeyRing, journey: str, version: str) -> Standing:
    to_hold = wanted(db, keys, journey)
    ours = func.sum(case((templates.c.version == version, 1), else_=0))
    held = (
        select(templates.c.traveler, ours.label("ours"), func.count().label("all"), func.max(templates.c.photo))
        .join(travelers, travelers.c.traveler == templates.c.traveler)
        .where(travelers.c.journey == journey)
        .group_by(templates.c.traveler)
        .order_by(templates.c.traveler)
    )
    rows = db.execute(held).all()
    missed = _missed(db, journey)
    asked = {traveler for traveler, _ in missed}
    has = {row.traveler for row in rows if row.ours}
    searched = [tuple(row) for row in rows if row.ours and row.traveler in to_hold]
    return Standing(
        wanted=frozenset(to_hold),
        lacking=frozenset(to_hold.keys() - has - asked),
        owed=tuple((traveler, source) for traveler, source in missed if source and traveler in to_hold),
        leaving=frozenset(row.traveler for row in rows if row.traveler not in to_hold),
        mark=hashlib.sha256(repr(searched).encode()).hexdigest(),
        shadow=any(row.all > row.ours for row in rows),
    )


def _missed(db: Connection, journey: str) -> list[tuple[str, str]]:
    """(traveller, source) of those whose photos did not come; source "": from nowhere."""
    found = select(photo_refusals.c.traveler, photo_refusals.c.source)
    joined = found.join(travelers, travelers.c.traveler == photo_refusals.c.traveler)
    here = joined.where(travelers.c.journey == journey, photo_refusals.c.number == NONE)
    return [(row.traveler, row.source) for row in db.execute(here)]


def changed(db: Connection, of: Iterable[str]) -> None:
    """Their templates are others than before, or those whose they must hold."""
    for journey in set(of):
        _have(db, journey)
        db.execute(_CHANGED, {"of": journey})
        touch(db, Topic.GALLERIES)


def changed_for(db: Connection, of: Iterable[str]) -> None:
    """The galleries of these travellers."""
    homes = (select(travelers.c.journey).where(travelers.c.traveler.in_(part)).distinct() for part in chunks(of))
    changed(db, {journey for home in homes for journey in db.execute(home).scalars()})


def _have(db: Connection, journey: str) -> None:
    row = {"journey": journey, "revision": 0, "version": "", "begun_utc_ms": 0, "replica": "", "until_utc_ms": 0}
    add(db, galleries, row)


@dataclass(frozen=True, slots=True)
class Claim:
    """replica: who wants to build, since when it runs and with which templates, and how long it may take."""

    replica: str
    version: str
    begun_utc_ms: int
    until_utc_ms: int


def claim(db: Connection, journey: str, wants: Claim, now_utc_ms: int) -> bool:
    """Whether this replica builds the gallery: nobody else does now, and nobody who started later has another model."""
    _have(db, journey)
    until = galleries.c.until_utc_ms
    theirs = (until > now_utc_ms) & (until <= wants.until_utc_ms + SKEW_MS)
    free = (galleries.c.replica == wants.replica) | ~theirs
    newest = (galleries.c.version == wants.version) | (galleries.c.begun_utc_ms <= wants.begun_utc_ms)
    taken = galleries.update().where(galleries.c.journey == journey, free, newest)
    values = {"replica": wants.replica, "version": wants.version, "until_utc_ms": wants.until_utc_ms}
    return db.execute(taken.values(**values, begun_utc_ms=wants.begun_utc_ms)).rowcount == 1


def renew(db: Connection, journey: str, replica: str, until_utc_ms: int) -> None:
    mine = galleries.update().where(galleries.c.journey == journey, galleries.c.replica == replica)
    db.execute(mine.values(until_utc_ms=until_utc_ms))


def release(db: Connection, journey: str, replica: str) -> None:
    mine = galleries.update().where(galleries.c.journey == journey, galleries.c.replica == replica)
    db.execute(mine.values(replica="", until_utc_ms=0))
