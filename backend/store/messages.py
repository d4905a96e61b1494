"""What carriers sent: answered once, and parts that wait sealed for the others."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select

from backend.keys import MANIFESTS, KeyRing, of_gallery
from backend.store.portable import add
from backend.store.schema import messages

WHOLE = 0  # the part number of an interchange that was answered


@dataclass(frozen=True, slots=True)
class Sent:
    """sha256: of the interchange.  about: the journey that was answered for, or what waiting parts belong to."""

    sha256: str
    carrier: str
    about: str
    received_utc_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An interchange with parts of a message; sha256 names it and the message."""

    sha256: str
    about: str
    interchange: bytes


def answered(db: Connection, keys: KeyRing, carrier: str, sha256: str) -> bytes | None:
    """The reply these bytes were given; None if they never came.  Raises KeyGone once its journey is purged."""
    here = (messages.c.sha256 == sha256) & (messages.c.carrier == carrier) & (messages.c.part == WHOLE)
    row = db.execute(select(messages).where(here)).one_or_none()
    return None if row is None else keys.box(_key(row.reference)).open(row.sealed or b"", sha256)


def answer(db: Connection, keys: KeyRing, sent: Sent, reply: bytes) -> None:
    """Sealed under the journey's gallery key, so that it goes with the journey."""
    sealed = keys.box(_key(sent.about)).seal(reply, sent.sha256)
    add(db, messages, _row(sent, WHOLE, last=True, sealed=sealed))


def wait(db: Connection, keys: KeyRing, sent: Sent, part: int, interchange: bytes, *, last: bool) -> None:
    """Keep an interchange until the other parts are there."""
    sealed = keys.box(MANIFESTS).seal(interchange, sent.sha256)
    add(db, messages, _row(sent, part, last=last, sealed=sealed))


def waiting(db: Connection, keys: KeyRing, carrier: str, about: frozenset[str]) -> list[Waiting]:
    """What waits for more of these messages, in the order it came."""
    box = keys.box(MANIFESTS)
    rows = db.execute(_of(carrier, about).order_by(messages.c.received_utc_ms, messages.c.sha256))
    return [Waiting(row.sha256, row.reference, box.open(row.sealed or b"", row.sha256)) for row in rows]


def names_waiting(db: Connection, carrier: str, about: frozenset[str]) -> frozenset[str]:
    return frozenset(row.sha256 for row in db.execute(_of(carrier, about)))


def count_waiting(db: Connection, carrier: str) -> int:
    parts = (messages.c.carrier == carrier) & (messages.c.part != WHOLE)
    return int(db.execute(select(func.count()).select_from(messages).where(parts)).scalar_one())


def complete(db: Connection, carrier: str, about: str) -> None:
    """Its parts need not be kept any more."""
    there = (messages.c.carrier == carrier) & (messages.c.reference == about) & (messages.c.part != WHOLE)
    db.execute(delete(messages).where(there))


def _of(carrier: str, about: frozenset[str]) -> "Select[Any]":
    parts = (messages.c.carrier == carrier) & messages.c.reference.in_(sorted(about)) & (messages.c.part != WHOLE)
    return select(messages).where(parts)


def _key(journey: str) -> str:
    return of_gallery(journey) if journey else MANIFESTS


def _row(sent: Sent, part: int, *, last: bool, sealed: bytes) -> dict[str, object]:
    return {
        "sha256": sent.sha256,
        "carrier": sent.carrier,
        "reference": sent.about,
        "part": part,
        "last": last,
        "sealed": sealed,
        "received_utc_ms": sent.received_utc_ms,
    }
