"""Travellers' templates, sealed under their gallery's key, citizens' under one of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from backend.errors import KeyGone
from backend.keys import Box, KeyRing, of_citizens, of_gallery
from backend.store import gallery_rows
from backend.store.chunks import chunks
from backend.store.schema import photo_refusals, templates, travelers

log = structlog.get_logger()
MOST_WHY = 500  # characters


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One photo's template (128,) float32 of unit length.  quality: 0..100 of the photo, photo: fingerprint of its
    bytes."""

    vector: NDArray[np.float32]
    source: str
    quality: int
    photo: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A photo that gave no template.  number: of the photo at its source, gallery_rows.NONE if
    none came."""

    source: str
    number: int
    why: str

    def __str__(self) -> str:
        return f"{self.source}: {self.why}" if self.source else self.why


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """What came of a traveller's photos."""

    traveler: str
    samples: tuple[Sample, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A sample as it is kept."""

    traveler: str
    sample: int
    source: str
    quality: int
    photo: str
    citizen: bool
    sealed: bytes


def box_of(keys: KeyRing, journey: str, *, citizen: bool) -> Box:
    """Raises KeyGone."""
    return keys.box(of_citizens(journey) if citizen else of_gallery(journey))


def enrol(db: Connection, box: Box, traveler: str, version: str, samples: Sequence[Sample]) -> None:
    """Keep a traveller's samples of a template version in place of any there were."""
    _put(db, box, traveler, version, samples)
    gallery_rows.changed_for(db, [traveler])


def _put(db: Connection, box: Box, traveler: str, version: str, samples: Sequence[Sample]) -> None:
    db.execute(delete(templates).where(templates.c.traveler == traveler, templates.c.version == version))
    rows = [
        {
            "traveler": traveler,
            "version": version,
            "sample": number,
            "source": sample.source,
            "quality": sample.quality,
            "photo": sample.photo,
            "sealed": box.seal(sample.vector.astype("<f4").tobytes(), f"{traveler}/{number}"),
        }
        for number, sample in enumerate(samples)
    ]
    if rows:
        db.execute(templates.insert(), rows)


def keep(db: Connection, keys: KeyRing, journey: str, version: str, made: Sequence[Enrolment]) -> int:
    """Samples and refusals of travellers who are still wanted; how many travellers were kept.

    Asked again here, in the transaction: a citizen who crossed while his photos were looked at must not come back
    (RET-1).  Raises KeyGone once the gallery's key is gone.
    """
    citizen_of = gallery_rows.wanted(db, keys, journey, [one.traveler for one in made])
    kept = [one for one in made if one.traveler in citizen_of]
    boxes = {citizen: box_of(keys, journey, citizen=citizen) for citizen in {citizen_of[one.traveler] for one in kept}}
    for one in kept:
        _put(db, boxes[citizen_of[one.traveler]], one.traveler, version, one.samples)
        refuse(db, one.traveler, one.refusals)
    gallery_rows.changed(db, [journey] if kept else [])
    return len(kept)


def refuse(db: Connection, traveler: str, refusals: Sequence[Refusal]) -> None:
    """In place of any there were."""
    db.execute(delete(photo_refusals).where(photo_refusals.c.traveler == traveler))
    rows = [{"traveler": traveler, "source": r.source, "number": r.number, "why": _printable(r.why)} for r in refusals]
    if rows:
        db.execute(photo_refusals.insert(), rows)


def _printable(text: str) -> str:
    """A reason may quote what came from outside, and no database takes every character."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MOST_WHY]


def ask_again(db: Connection, journey: str) -> None:
    """Those for whom no usable photo was found count as not asked for."""
    here = select(travelers.c.traveler).where(travelers.c.journey == journey)
    nowhere = (photo_refusals.c.source == "") & (photo_refusals.c.number == gallery_rows.NONE)
    if db.execute(delete(photo_refusals).where(photo_refusals.c.traveler.in_(here), nowhere)).rowcount:
        gallery_rows.changed(db, [journey])


def forget(db: Connection, gone: Iterable[str]) -> int:
    """Delete travellers' templates of every version, and what was said of their photos; how many templates went."""
    ids, count = list(gone), 0
    for part in chunks(ids):
        count += db.execute(delete(templates).where(templates.c.traveler.in_(part))).rowcount
        db.execute(delete(photo_refusals).where(photo_refusals.c.traveler.in_(part)))
    gallery_rows.changed_for(db, ids)
    return count


def forget_others(db: Connection, journey: str, version: str) -> int:
    """Delete a journey's templates of every version but this; how many went."""
    here = select(travelers.c.traveler).where(travelers.c.journey == journey)
    old = delete(templates).where(templates.c.traveler.in_(here), templates.c.version != version)
    if gone := db.execute(old).rowcount:  # a replica that still searches them looks again
        gallery_rows.changed(db, [journey])
    return gone


def holders(db: Connection, journey: str) -> set[str]:
    """Travellers of a journey with a template of any version."""
    held = select(templates.c.traveler).join(travelers, travelers.c.traveler == templates.c.traveler)
    return set(db.execute(held.where(travelers.c.journey == journey)).scalars())


def vector(box: Box, traveler: str, sample: int, sealed: bytes) -> NDArray[np.float32]:
    """A kept template.  Raises KeyGone."""
    return np.frombuffer(box.open(sealed, f"{traveler}/{sample}"), "<f4")


def of_traveler(db: Connection, box: Box, traveler: str, version: str) -> list[Sample]:
    """In order.  Raises KeyGone."""
    here = select(templates).where(templates.c.traveler == traveler, templates.c.version == version)
    return [
        Sample(vector(box, traveler, row.sample, row.sealed), row.source, row.quality, row.photo)
        for row in db.execute(here.order_by(templates.c.sample))
    ]


def refusals(db: Connection, journey: str) -> dict[str, list[Refusal]]:
    """By traveller."""
    found: dict[str, list[Refusal]] = {}
    joined = select(photo_refusals).join(travelers, travelers.c.traveler == photo_refusals.c.traveler)
    for row in db.execute(joined.where(travelers.c.journey == journey).order_by(photo_refusals.c.number)):
        found.setdefault(row.traveler, []).append(Refusal(row.source, row.number, row.why))
    return found


def rows(db: Connection, journey: str, version: str) -> list[Row]:
    """Sealed samples of everyone still expected, in order."""
    found = (
        select(
            templates.c.traveler,
            templates.c.sample,
            templates.c.source,
            templates.c.quality,
            templates.c.photo,
            travelers.c.citizen,
            templates.c.sealed,
        )
        .join(travelers, travelers.c.traveler == templates.c.traveler)
        .where(travelers.c.journey == journey, templates.c.version == version, ~travelers.c.removed)
        .where(travelers.c.accommodation == "")
        .order_by(templates.c.traveler, templates.c.sample)
    )
    return [Row(*row) for row in db.execute(found)]


def opened(keys: KeyRing, journey: str, held: Sequence[Row]) -> list[tuple[Row, NDArray[np.float32]]]:
    """With their templates.  What cannot be opened is left out, each by itself.  Takes 3 µs each; no transaction."""
    boxes = {citizen: _box(keys, journey, citizen=citizen) for citizen in {row.citizen for row in held}}
    pairs = ((row, _vector(boxes[row.citizen], row)) for row in held)
    return [(row, found) for row, found in pairs if found is not None]


def samples(db: Connection, keys: KeyRing, journey: str, version: str) -> list[tuple[str, NDArray[np.float32]]]:
    """(traveller, template) of everyone still expected."""
    return [(row.traveler, vector) for row, vector in opened(keys, journey, rows(db, journey, version))]


def _vector(box: Box | None, row: Row) -> NDArray[np.float32] | None:
    """None once the key is gone, which is no news, and of what it does not open, which is said."""
    if box is None:
        return None
    try:
        return vector(box, row.traveler, row.sample, row.sealed)
    except KeyGone as error:
        log.error("template.unreadable", traveler=row.traveler, sample=row.sample, why=str(error))
        return None


def _box(keys: KeyRing, journey: str, *, citizen: bool) -> Box | None:
    try:
        return box_of(keys, journey, citizen=citizen)
    except KeyGone:
        return None
