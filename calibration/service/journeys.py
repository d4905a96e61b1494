"""Journeys made directly in a store: people with synthetic templates, where no photo is needed."""

import uuid
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from backend.biographic import Biographic
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.store import journeys, templates, travelers
from backend.store.journeys import Journey
from backend.store.templates import Sample
from backend.store.travelers import Traveler
from vision.embed import DIMENSIONS, template_version

POLICY = "2025-12-26"


def vectors(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """(count, 128) random unit templates: strangers to each other."""
    drawn = rng.normal(size=(count, DIMENSIONS)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def people(flight: str, count: int, citizens: int = 0) -> list[Traveler]:
    """The first `citizens` of them are ours."""
    return [
        Traveler(
            str(uuid.uuid4()),
            Biographic(
                "SPECIMEN", f"P{i}", document_type="P", document_number=f"{flight}{i:05}", document_issuer="UTO"
            ),
            seat=f"{i // 6 + 1}{'ABCDEF'[i % 6]}",
            citizen=i < citizens,
            recorded=i >= citizens,
        )
        for i in range(count)
    ]


def announce(
    db: Connection,
    keys: KeyRing,
    journey: str,
    who: Sequence[Traveler],
    enrolled: NDArray[np.float32],
    now_utc_ms: int,
    departs_utc_ms: int | None = None,
) -> None:
    """A journey from ZRH whose travellers have one template each."""
    for name in (of_gallery(journey), of_citizens(journey)):
        keys.make(name)
    journeys.announce(
        db,
        Journey(journey, "air", "out", "carrier", "ZRH", "HKG", departs_utc_ms, None, POLICY, now_utc_ms),
    )
    travelers.expect(db, keys, journey, who, now_utc_ms)
    boxes = {citizen: templates.box_of(keys, journey, citizen=citizen) for citizen in (True, False)}
    for one, vector in zip(who, enrolled, strict=True):
        sample = Sample(vector, "specimen", 100, "")
        templates.enrol(db, boxes[one.citizen], one.traveler, template_version(), [sample])
