"""Journeys, the travellers expected on them, their templates, and where they board."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from backend.store.schema import assignments, crossings, journeys, templates, travelers


@dataclass(frozen=True, slots=True)
class Traveler:
    """photo_key names the photo source's folder for the travel document."""

    traveler: str
    name: str
    seat: str
    photo_key: str


@dataclass(frozen=True, slots=True)
class Expected:
    traveler: str
    name: str
    seat: str
    crossed: bool


def announce(db: Connection, journey: str, received_utc_ms: int, people: Sequence[Traveler]) -> int:
    """Record a journey and its travellers; one already announced stays.  Returns how many are new."""
    db.execute(insert(journeys).values(journey=journey, received_utc_ms=received_utc_ms).on_conflict_do_nothing())
    rows = [
        {"journey": journey, "traveler": p.traveler, "name": p.name, "seat": p.seat, "photo_key": p.photo_key}
        for p in people
    ]
    return sum(db.execute(insert(travelers).values(row).on_conflict_do_nothing()).rowcount for row in rows)


def without_templates(db: Connection, journey: str, version: str) -> list[Traveler]:
    """Travellers of the journey with no template of this version."""
    held = select(templates.c.traveler).where(templates.c.version == version)
    wanted = select(travelers).where(travelers.c.journey == journey, travelers.c.traveler.not_in(held))
    return [
        Traveler(r.traveler, r.name, r.seat, r.photo_key) for r in db.execute(wanted.order_by(travelers.c.traveler))
    ]


def enrol(db: Connection, traveler: str, version: str, vectors: Sequence[NDArray[np.float32]]) -> None:
    """Keep a traveller's templates in place of any he had."""
    db.execute(delete(templates).where(templates.c.traveler == traveler))
    for sample, vector in enumerate(vectors):
        row = {"traveler": traveler, "sample": sample, "version": version, "vector": vector.astype("<f4").tobytes()}
        db.execute(insert(templates).values(row))


def samples(db: Connection, journey: str, version: str) -> list[tuple[str, NDArray[np.float32]]]:
    rows = db.execute(
        select(templates.c.traveler, templates.c.vector)
        .join(travelers, travelers.c.traveler == templates.c.traveler)
        .where(travelers.c.journey == journey, templates.c.version == version)
    )
    return [(r.traveler, np.frombuffer(r.vector, "<f4")) for r in rows]


def known(db: Connection, journey: str) -> bool:
    return db.execute(select(journeys.c.journey).where(journeys.c.journey == journey)).first() is not None


def all_journeys(db: Connection) -> list[str]:
    return list(db.execute(select(journeys.c.journey)).scalars())


def assign(db: Connection, gate: str, journey: str) -> None:
    row = {"gate": gate, "journey": journey}
    db.execute(insert(assignments).values(row).on_conflict_do_update(index_elements=["gate"], set_=row))


def assigned(db: Connection, gate: str) -> str | None:
    return db.execute(select(assignments.c.journey).where(assignments.c.gate == gate)).scalar_one_or_none()


def expected(db: Connection, journey: str) -> list[Expected]:
    """Everyone on the manifest, by seat, and whether they have crossed."""
    rows = db.execute(
        select(travelers.c.traveler, travelers.c.name, travelers.c.seat, crossings.c.crossing)
        .join(crossings, crossings.c.traveler == travelers.c.traveler, isouter=True)
        .where(travelers.c.journey == journey)
        .order_by(travelers.c.seat, travelers.c.name)
    )
    return [Expected(r.traveler, r.name, r.seat, r.crossing is not None) for r in rows]
