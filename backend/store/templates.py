"""Travellers' templates, sealed under their gallery's key, citizens' under one of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from backend.errors import KeyGone
from backend.keys import Box, KeyRing, of_citizens, of_gallery
from backend.store.schema import templates, travelers


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One photo's template (128,) float32 of unit length.  quality: 0..100 of the photo, photo: fingerprint of its
    bytes."""

    vector: NDArray[np.float32]
    source: str
    quality: int
    photo: str


def box_of(keys: KeyRing, journey: str, *, citizen: bool) -> Box:
    """Raises KeyGone."""
    return keys.box(of_citizens(journey) if citizen else of_gallery(journey))


def enrol(db: Connection, box: Box, traveler: str, version: str, samples: Sequence[Sample]) -> None:
    """Keep a traveller's samples of a template version in place of any there were."""
    db.execute(delete(templates).where(templates.c.traveler == traveler, templates.c.version == version))
    for number, sample in enumerate(samples):
        row = {
            "traveler": traveler,
            "version": version,
            "sample": number,
            "source": sample.source,
            "quality": sample.quality,
            "photo": sample.photo,
            "sealed": box.seal(sample.vector.astype("<f4").tobytes(), f"{traveler}/{number}"),
        }
        db.execute(templates.insert(), row)


def enrolled(db: Connection, journey: str, version: str) -> set[str]:
    """Travellers of a journey with a template of this version."""
    held = select(templates.c.traveler).join(travelers, travelers.c.traveler == templates.c.traveler)
    return set(db.execute(held.where(travelers.c.journey == journey, templates.c.version == version)).scalars())


def samples(db: Connection, keys: KeyRing, journey: str, version: str) -> list[tuple[str, NDArray[np.float32]]]:
    """(traveller, template) of everyone still expected.  What can no longer be opened is gone, and left out."""
    rows = db.execute(
        select(templates.c.traveler, templates.c.sample, templates.c.sealed, travelers.c.citizen)
        .join(travelers, travelers.c.traveler == templates.c.traveler)
        .where(travelers.c.journey == journey, templates.c.version == version, ~travelers.c.removed)
    ).all()
    boxes = {citizen: _box(keys, journey, citizen=citizen) for citizen in {row.citizen for row in rows}}
    opened = ((row, boxes[row.citizen]) for row in rows)
    return [
        (row.traveler, np.frombuffer(box.open(row.sealed, f"{row.traveler}/{row.sample}"), "<f4"))
        for row, box in opened
        if box is not None
    ]


def _box(keys: KeyRing, journey: str, *, citizen: bool) -> Box | None:
    try:
        return box_of(keys, journey, citizen=citizen)
    except KeyGone:
        return None
