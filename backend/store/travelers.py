"""Who is expected on a journey.  What the manifest says of a person is sealed under the gallery's key."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from backend.biographic import Biographic, fingerprint, person
from backend.keys import PERSONS, Box, KeyRing, of_gallery
from backend.store import gallery_rows
from backend.store.bell import Topic
from backend.store.chunks import chunks
from backend.store.engine import touch
from backend.store.portable import Given, insert
from backend.store.schema import crossings, traveler_documents, travelers


@dataclass(frozen=True, slots=True)
class Traveler:
    """See the table.  documents: as the carrier named them, by `documents.name`; not read back.  origin: "" for the
    traveler's own id."""

    traveler: str
    biographic: Biographic
    seat: str = ""
    crew: bool = False
    citizen: bool = False
    photographed: bool = True
    recorded: bool = True
    accommodation: str = ""
    protected: bool = False
    origin: str = field(default="", compare=False)
    documents: tuple[str, ...] = field(default=(), compare=False)

    @property
    def first(self) -> str:
        """The id under which the carrier first listed this person."""
        return self.origin or self.traveler


@dataclass(frozen=True, slots=True)
class Expected:
    """As the agent's page shows them.  name: "" of a protected traveller, who has the carrier's `reference` instead."""

    traveler: str
    name: str
    seat: str
    crossed: bool
    documents: bool
    reference: str = ""


def expect(db: Connection, keys: KeyRing, journey: str, people: Sequence[Traveler], now_utc_ms: int) -> int:
    """Add travellers to a journey; one who is expected already stays.  Returns how many are new.

    The gallery's key must be there.  Raises KeyGone.
    """
    box, persons = keys.box(of_gallery(journey)), keys.box(PERSONS)
    there = set(db.execute(select(travelers.c.person).where(travelers.c.journey == journey)).scalars())
    fresh: dict[str, Traveler] = {}
    for one in people:
        who = person(persons, one.biographic)
        if who not in there:
            fresh.setdefault(who, one)  # the first of a person counts, as when added one by one
    known = _protected_among(db, fresh)
    told = {who: replace(one, protected=one.protected or who in known) for who, one in fresh.items()}
    rows = [_row(box, one, now_utc_ms) | {"journey": journey, "person": who} for who, one in told.items()]
    if rows:  # all in one statement: others wait to write meanwhile
        db.execute(insert(db, travelers).on_conflict_do_nothing(), rows)
        know_documents(db, keys, told.values())
    gallery_rows.changed(db, [journey])
    return len(rows)


def know_documents(db: Connection, keys: KeyRing, people: Iterable[Traveler]) -> None:
    """What stands against any document a carrier has named for somebody stands against them."""
    persons = keys.box(PERSONS)
    rows = [
        {"origin": one.first, "person": who}
        for one in people
        for who in {person(persons, one.biographic), *(fingerprint(persons, name) for name in one.documents)}
    ]
    if rows:
        db.execute(insert(db, traveler_documents).on_conflict_do_nothing(), rows)


def _protected_among(db: Connection, persons: Iterable[str]) -> set[str]:
    """Those whose name is withheld on any journey that can still name them."""
    withheld = select(travelers.c.person).where(travelers.c.protected, travelers.c.sealed.is_not(None))
    parts = (db.execute(withheld.where(travelers.c.person.in_(part))).scalars() for part in chunks(persons))
    return {who for part in parts for who in part}


def _row(box: Box, one: Traveler, now_utc_ms: int) -> dict[str, object]:
    return {
        "traveler": one.traveler,
        "origin": one.first,
        "seat": one.seat,
        "crew": one.crew,
        "citizen": one.citizen,
        "photographed": one.photographed,
        "recorded": one.recorded,
        "accommodation": one.accommodation,
        "protected": one.protected,
        "removed": False,
        "added_utc_ms": now_utc_ms,
        "sealed": box.seal(one.biographic.pack(), one.traveler),
    }


def protect(db: Connection, traveler: str) -> None:
    """From now on the name is withheld, on every journey this person is expected on (ACC-2)."""
    same = travelers.c.person == person_of(db, traveler)
    db.execute(travelers.update().where(same).values(protected=True))
    touch(db, Topic.GALLERIES)


def protected(db: Connection, journey: str) -> frozenset[str]:
    """Of everyone ever announced for a journey: the label outlives the name."""
    here = (travelers.c.journey == journey) & travelers.c.protected
    return frozenset(db.execute(select(travelers.c.traveler).where(here)).scalars())


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody who is or was expected."""

    traveler: Traveler
    removed: bool


def listed(db: Connection, keys: KeyRing, journey: str) -> list[Listed]:
    """Everyone ever announced for a journey.  Raises KeyGone once it is purged."""
    box = keys.box(of_gallery(journey))
    rows = db.execute(select(travelers).where(travelers.c.journey == journey, travelers.c.sealed.is_not(None)))
    return [Listed(_traveler(box, row), row.removed) for row in rows]


_SEALED = select(travelers.c.sealed).where(
    travelers.c.journey == bindparam("journey"), travelers.c.traveler == bindparam("traveler")
)
TOLD = ("seat", "crew", "citizen", "photographed", "recorded", "removed", "sealed")


def amend(db: Connection, keys: KeyRing, journey: str, *people: Traveler) -> None:
    """As the carrier tells it now; who was removed is expected again.  The document stays what it was."""
    if not people:
        return
    box = keys.box(of_gallery(journey))
    rows = (_row(box, one, now_utc_ms=0) | {"who": one.traveler} for one in people)
    told = travelers.update().where(travelers.c.traveler == bindparam("who"))
    values = [{column: row[column] for column in ("who", *TOLD)} for row in rows]
    db.execute(told.values({column: bindparam(column) for column in TOLD}), values)
    know_documents(db, keys, people)
    gallery_rows.changed(db, [journey])


def remove(db: Connection, *gone: str) -> None:
    """Who does not travel."""
    if not gone:
        return
    here = travelers.update().where(travelers.c.traveler == bindparam("who"))
    db.execute(here.values(removed=True), [{"who": one} for one in gone])
    gallery_rows.changed_for(db, gone)


def accommodate(db: Connection, traveler: str, kind: str) -> None:
    """kind: "", opt_out or documents."""
    db.execute(travelers.update().where(travelers.c.traveler == traveler).values(accommodation=kind))
    gallery_rows.changed_for(db, [traveler])


def count(db: Connection, journey: str) -> int:
    """How many are expected."""
    here = (travelers.c.journey == journey) & ~travelers.c.removed
    return int(db.execute(select(func.count()).select_from(travelers).where(here)).scalar_one())


def crossed(db: Connection, journey: str) -> frozenset[str]:
    """Travellers whose crossing stands."""
    found = select(crossings.c.traveler).where(crossings.c.journey == journey, crossings.c.voided_utc_ms.is_(None))
    return frozenset(db.execute(found).scalars())


def of_journey(db: Connection, keys: KeyRing, journey: str, among: Collection[str] | None = None) -> list[Traveler]:
    """Everyone still expected, or those of them who are `among` some, in order of id.

    Raises KeyGone once the journey is purged.
    """
    box = keys.box(of_gallery(journey))
    return [_traveler(box, row) for row in _expected_rows(db, journey, among)]


def _expected_rows(db: Connection, journey: str, among: Collection[str] | None = None) -> Sequence[Row[Any]]:
    here = select(travelers).where(travelers.c.journey == journey, ~travelers.c.removed)
    if among is not None:
        here = here.where(travelers.c.traveler.in_(among))
    return sorted(db.execute(here), key=lambda row: row.traveler)


def one(db: Connection, keys: KeyRing, journey: str, traveler: str) -> Traveler | None:
    """Raises KeyGone once the journey is purged."""
    here = (travelers.c.journey == journey) & (travelers.c.traveler == traveler) & ~travelers.c.removed
    row = db.execute(select(travelers).where(here)).one_or_none()
    return _traveler(keys.box(of_gallery(journey)), row) if row else None


def named(db: Connection, keys: KeyRing, journey: str, traveler: str) -> Traveler | None:
    """Who is, or was, on the manifest.  Raises KeyGone once the journey is purged."""
    here = (travelers.c.journey == journey) & (travelers.c.traveler == traveler)
    row = db.execute(select(travelers).where(here)).one_or_none()
    return _traveler(keys.box(of_gallery(journey)), row) if row else None


def listed_as(db: Connection, keys: KeyRing, journey: str, origin: str) -> Listed | None:
    """As the carrier lists a person now, else as last.  Raises KeyGone once the journey is purged."""
    here = select(travelers).where(travelers.c.journey == journey, travelers.c.origin == origin)
    last = here.order_by(travelers.c.removed, travelers.c.added_utc_ms.desc(), travelers.c.traveler).limit(1)
    row = db.execute(last).one_or_none()
    return Listed(_traveler(keys.box(of_gallery(journey)), row), row.removed) if row else None


def told(db: Connection, keys: KeyRing, journey: str, traveler: str) -> Biographic:
    """What the manifest says, or said, of somebody on it.  Raises KeyGone once the journey is purged."""
    sealed = db.execute(_SEALED, {"journey": journey, "traveler": traveler}).scalar_one()
    return Biographic.unpack(keys.box(of_gallery(journey)).open(sealed or b"", traveler))


def person_of(db: Connection, traveler: str) -> str:
    """The fingerprint that stands for the traveller's document."""
    return str(db.execute(select(travelers.c.person).where(travelers.c.traveler == traveler)).scalar_one())


def same_person(traveler: Given[str]) -> Select[str]:
    """Ids under which the carrier has listed a traveler on the journey, with whatever document."""
    named, listed = travelers.alias("named"), travelers.alias("listed")
    both = select(listed.c.traveler).join_from(named, listed, listed.c.origin == named.c.origin)
    return both.where(named.c.traveler == traveler)


def _traveler(box: Box, row: Row[Any]) -> Traveler:
    return Traveler(
        row.traveler,
        Biographic.unpack(box.open(row.sealed, row.traveler)),
        row.seat,
        row.crew,
        row.citizen,
        row.photographed,
        row.recorded,
        row.accommodation,
        row.protected,
        row.origin or row.traveler,
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """Who is expected on a journey, as it is kept, and who of them has crossed: another one once either changes."""

    journey: str
    rows: Sequence[Row[Any]] = ()
    crossed: frozenset[str] = frozenset()


def sheet(db: Connection, journey: str) -> Sheet:
    return Sheet(journey, _expected_rows(db, journey), crossed(db, journey))


def expected(keys: KeyRing, of: Sheet) -> list[Expected]:
    """Everyone on the manifest, by seat, and whether they have crossed.  Takes a while for many; no transaction.

    Raises KeyGone once the journey is purged.
    """
    box = keys.box(of_gallery(of.journey))
    people = (_expected(_traveler(box, row), row.traveler in of.crossed) for row in of.rows)
    return sorted(people, key=lambda one: (one.seat, one.name))


def _expected(one: Traveler, crossed: bool) -> Expected:
    of = one.biographic
    name, reference = ("", of.reference or of.locator) if one.protected else (of.name, "")
    return Expected(one.traveler, name, one.seat, crossed, bool(one.accommodation), reference)
