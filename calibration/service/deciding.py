"""Questions about synthetic people, decided directly in a store: what happens after the images."""

import hashlib
import uuid
from dataclasses import replace

from numpy.random import default_rng
from sqlalchemy import Connection

from backend.conclusion import Case
from backend.keys import KeyRing
from backend.looking import Seen
from backend.matching import gallery
from backend.matching.gallery import Gallery, Vector
from backend.operating_point import read_operating_point
from backend.question import CROSS, Question
from backend.settings import Rules
from backend.store import journeys
from backend.store.travelers import Traveler
from calibration.service.journeys import announce, people, vectors

GATE, PORT = "G1", "ZRH"
NOW = 1_800_000_000_000


def staged(
    db: Connection, keys: KeyRing, journey: str, who: list[Traveler] | None = None, *, seed: int = 1
) -> tuple[list[Traveler], Gallery]:
    """A journey that boards at GATE, and its gallery: one random template for each of its travellers."""
    who = people(journey, 5) if who is None else who
    enrolled = vectors(default_rng(seed), len(who))
    announce(db, keys, journey, who, enrolled, NOW)
    journeys.assign(db, GATE, journey)
    return who, gallery.build((one.traveler, vector) for one, vector in zip(who, enrolled, strict=True))


def asked(journey: str, attempt: int = 1, encounter: str = "", purpose: str = CROSS, payload: str = "") -> Question:
    return Question(
        encounter=encounter or str(uuid.uuid4()),
        attempt=attempt,
        purpose=purpose,
        journey=journey,
        device="gate",
        gate=GATE,
        port=PORT,
        claimed=None,
        capture=b"measures",
        request_sha256=hashlib.sha256(payload.encode()).hexdigest(),
    )


def case(question: Question, searched: Gallery, probe: Vector, image: bytes = b"") -> Case:
    """A live probe of good quality, searched for or compared with who is claimed."""
    claimed = question.claimed
    match = gallery.search(searched, probe) if claimed is None else gallery.compare(searched, probe, claimed)
    size = len(searched.travelers) if claimed is None else 1
    return Case(question, Seen([probe], 0.9, None, image), match, size, Rules(), read_operating_point(), NOW)


def of(searched: Gallery, who: Traveler) -> Vector:
    """The traveller's own template: a probe nobody could do better than."""
    template: Vector = searched.vectors[searched.travelers.index(who.traveler)]
    return template


def claiming(question: Question, who: Traveler) -> Question:
    return replace(question, claimed=who.traveler)
