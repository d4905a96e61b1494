"""What carriers sent: answered once, and parts that wait sealed for the others."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select

from backend.daily import Daily
from backend.keys import MANIFESTS, KeyRing, of_gallery
from backend.store.portable import add
from backend.store.schema import messages

WHOLE = 0  # the part number of an interchange that was answered


@dataclass(frozen=True, slots=True)
class Sent:
    """sha256: of the interchange.  about: the journey that was answered for, or what waiting parts belong to.
    travelers: in a part."""

    sha256: str
    carrier: str
    about: str
    received_utc_ms: int
    travelers: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One part that waits: its number, and what it and its interchange weigh.  octets: 0 where another part counts."""

    sha256: str
    about: str
    number: int
    last: bool
    travelers: int
    octets: int


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
    if row is None:
        return None
    if not row.reference:
        return Daily(keys, MANIFESTS).open(row.sealed or b"", sha256)
    return keys.box(of_gallery(row.reference)).open(row.sealed or b"", sha256)


def answer(db: Connection, keys: KeyRing, sent: Sent, reply: bytes) -> None:
    """Sealed under the journey's gallery key, so that it goes with the journey; of parts under the day's."""
    if sent.about:
        sealed = keys.box(of_gallery(sent.about)).seal(reply, sent.sha256)
    else:
        sealed = Daily(keys, MANIFESTS).seal(reply, sent.sha256, sent.received_utc_ms)
    add(db, messages, _row(sent, WHOLE, last=True, sealed=sealed))


def wait(db: Connection, keys: KeyRing, sent: Sent, part: int, interchange: bytes, *, last: bool) -> None:
    """Keep a part until the others are there.  interchange: b"" where another part of the same keeps it."""
    sealed = Daily(keys, MANIFESTS).seal(interchange, sent.sha256, sent.received_utc_ms) if interchange else None
    add(db, messages, _row(sent, part, last=last, sealed=sealed) | {"octets": len(interchange)})


def waiting(db: Connection, keys: KeyRing, carrier: str, about: frozenset[str]) -> list[Waiting]:
    """What waits for more of these messages, in the order it came."""
    daily = Daily(keys, MANIFESTS)
    kept = select(messages).where(_of(carrier, about), messages.c.sealed.is_not(None))
    rows = db.execute(kept.order_by(messages.c.received_utc_ms, messages.c.sha256))
    return [Waiting(row.sha256, row.reference, daily.open(row.sealed, row.sha256)) for row in rows]


def parts(db: Connection, carrier: str, about: frozenset[str]) -> list[Part]:
    """What is known of them without reading any again."""
    of = messages.c
    found = select(of.sha256, of.reference, of.part, of.last, of.travelers, of.octets)
    return [Part(*row) for row in db.execute(found.where(_of(carrier, about)))]


def waiting_in_all(db: Connection, carrier: str) -> tuple[int, int]:
    """How many parts of a carrier wait, and how many octets."""
    here = (messages.c.carrier == carrier) & (messages.c.part != WHOLE)
    count, octets = db.execute(select(func.count(), func.sum(messages.c.octets)).where(here)).one()
    return int(count), int(octets or 0)


def complete(db: Connection, carrier: str, about: str) -> None:
    """Its parts need not be kept any more."""
    db.execute(delete(messages).where(_of(carrier, frozenset({about}))))


def _of(carrier: str, about: frozenset[str]) -> ColumnElement[bool]:
    return (messages.c.carrier == carrier) & messages.c.reference.in_(sorted(about)) & (messages.c.part != WHOLE)


def _row(sent: Sent, part: int, *, last: bool, sealed: bytes | None) -> dict[str, object]:
    return {
        "sha256": sent.sha256,
        "carrier": sent.carrier,
        "reference": sent.about,
        "part": part,
        "last": last,
        "travelers": sent.travelers,
        "sealed": sealed,
        "received_utc_ms": sent.received_utc_ms,
    }
