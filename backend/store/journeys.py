"""Flights, voyages and runs, and where they board."""

from dataclasses import dataclass, fields

from sqlalchemy import Connection, RowMapping, Select, bindparam, case, select

from backend.errors import Refused
from backend.store import boardings
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import Given, add, insert, row_of
from backend.store.schema import assignments, journeys

PORT = case((journeys.c.direction == "in", journeys.c.arrival_port), else_=journeys.c.departure_port)  # `Journey.port`
_ONE = select(journeys).where(journeys.c.journey == bindparam("journey"))


@dataclass(frozen=True, slots=True)
class Journey:
    """See the table.  The last five are set by what happens to it."""

    journey: str
    mode: str
    direction: str
    carrier: str
    departure_port: str
    arrival_port: str
    departs_utc_ms: int | None
    arrives_utc_ms: int | None
    policy: str
    received_utc_ms: int
    searchable_utc_ms: int | None = None
    closed_utc_ms: int | None = None
    cancelled: bool = False
    citizens_purged_utc_ms: int | None = None
    purged_utc_ms: int | None = None

    @property
    def port(self) -> str:
        """Ours: where its travellers are seen."""
        return self.arrival_port if self.direction == "in" else self.departure_port

    @property
    def seen_here(self) -> bool:
        """Its travellers are still to be seen: doors end that only where they board, arrivals come after them."""
        return not self.cancelled and (self.closed_utc_ms is None or self.direction == "in")

    def seen_here_at(self, at_utc_ms: int) -> bool:
        """The same of a time that is past.  When a journey was cancelled is not known: it counts from the beginning."""
        return self.seen_here or (not self.cancelled and at_utc_ms < (self.closed_utc_ms or 0))


COLUMNS = tuple(field.name for field in fields(Journey))


def announce(db: Connection, journey: Journey) -> bool:
    """False if it was announced already: what is known of it stays."""
    touch(db, Topic.GALLERIES)
    return add(db, journeys, row_of(journey))


def find(db: Connection, journey: str) -> Journey | None:
    row = db.execute(_ONE, {"journey": journey}).one_or_none()
    return read(row._mapping) if row else None


def read(told: RowMapping) -> Journey:
    """From a row with the columns of the table, and maybe others."""
    return Journey(**{name: told[name] for name in COLUMNS})


def announced(db: Connection, journey: str) -> Journey:
    """Raises Refused for one nobody announced."""
    if (known := find(db, journey)) is None:
        raise Refused(f"journey {journey} is unknown; submit its manifest first")
    return known


def searchable(db: Connection, journey: str, now_utc_ms: int) -> None:
    """The first time its gallery can be searched."""
    first = journeys.update().where(journeys.c.journey == journey, journeys.c.searchable_utc_ms.is_(None))
    db.execute(first.values(searchable_utc_ms=now_utc_ms))
    touch(db, Topic.GALLERIES)


def retime(db: Connection, journey: str, departs_utc_ms: int | None, arrives_utc_ms: int | None) -> None:
    """As told anew; what is not told stays.  A cancelled one runs again."""
    told = {"departs_utc_ms": departs_utc_ms, "arrives_utc_ms": arrives_utc_ms}
    values = {column: time for column, time in told.items() if time is not None}
    db.execute(journeys.update().where(journeys.c.journey == journey).values(cancelled=False, **values))
    touch(db, Topic.GALLERIES)


def cancel(db: Connection, journey: str) -> None:
    db.execute(journeys.update().where(journeys.c.journey == journey).values(cancelled=True))
    touch(db, Topic.GALLERIES)


def close(db: Connection, journey: str, now_utc_ms: int) -> None:
    """Its doors; the first time counts."""
    open_ = journeys.update().where(journeys.c.journey == journey, journeys.c.closed_utc_ms.is_(None))
    db.execute(open_.values(closed_utc_ms=now_utc_ms))
    touch(db, Topic.GALLERIES)


def assign(db: Connection, gate: str, journey: str) -> None:
    """At the journey's own port: a gate of that name elsewhere is another gate.  The journey is a known one."""
    port = db.execute(select(PORT).where(journeys.c.journey == journey)).scalar_one()
    row = {"port": port, "gate": gate, "journey": journey}
    db.execute(insert(db, assignments).values(row).on_conflict_do_update(index_elements=["port", "gate"], set_=row))
    boardings.keep(db)
    touch(db, Topic.GALLERIES)


def assigned(db: Connection, port: str, gate: str) -> str | None:
    return db.execute(boards(port, gate)).scalar_one_or_none()


def boards(port: Given[str], gate: Given[str]) -> Select[str]:
    return select(assignments.c.journey).where(assignments.c.port == port, assignments.c.gate == gate)


def gates(db: Connection, journey: str) -> list[str]:
    """Where it boards, by name."""
    found = select(assignments.c.gate).where(assignments.c.journey == journey)
    return sorted(db.execute(found).scalars())
