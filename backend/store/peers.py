"""Which devices may call."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from backend.access import CARRIER, GATE
from backend.store import boardings
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import insert
from backend.store.schema import peers


@dataclass(frozen=True, slots=True)
class Peer:
    """role: see `access.DEVICE_ROLES`.  gate: where a gate's appliance stands, or a touchpoint's name, else None.
    port: of a gate, a touchpoint or an operator.  generation: of its certificate; earlier ones are refused.
    carriers: codes a carrier may announce."""

    name: str
    role: str
    gate: str | None
    port: str = ""
    generation: int = 1
    carriers: tuple[str, ...] = ()


def welcome(db: Connection, peer: Peer) -> None:
    """A carrier welcomed again without codes keeps those it has."""
    row: dict[str, object] = {
        "name": peer.name,
        "role": peer.role,
        "gate": peer.gate,
        "port": peer.port,
        "generation": peer.generation,
        "carriers": " ".join(peer.carriers),
        "welcome": True,
    }
    kept = {"carriers"} if peer.role == CARRIER and not peer.carriers else set()
    changed = {column: value for column, value in row.items() if column not in kept}
    db.execute(insert(db, peers).values(row).on_conflict_do_update(index_elements=["name"], set_=changed))
    boardings.keep(db)
    touch(db, Topic.ACCESS)


def refuse(db: Connection, name: str) -> bool:
    """Turn a peer away from now on; False if nobody has that name."""
    touch(db, Topic.ACCESS)
    return db.execute(peers.update().where(peers.c.name == name).values(welcome=False)).rowcount == 1


def welcomed(db: Connection, name: str) -> Peer | None:
    row = db.execute(select(peers).where(peers.c.name == name, peers.c.welcome)).one_or_none()
    return _peer(row) if row else None


def everybody(db: Connection) -> list[Peer]:
    """Who may call, by name."""
    return [_peer(row) for row in db.execute(select(peers).where(peers.c.welcome).order_by(peers.c.name))]


def stands(db: Connection, port: str, gate: str) -> bool:
    """An appliance that may call boards travelers at that gate of that port."""
    here = (peers.c.role == GATE) & (peers.c.port == port) & (peers.c.gate == gate) & peers.c.welcome
    return db.execute(select(peers.c.name).where(here).limit(1)).first() is not None


def next_generation(db: Connection, name: str) -> int:
    """Of a certificate that makes all earlier ones of this name worthless."""
    return (db.execute(select(peers.c.generation).where(peers.c.name == name)).scalar() or 0) + 1


def _peer(row: Row[Any]) -> Peer:
    return Peer(row.name, row.role, row.gate, row.port, row.generation, tuple(row.carriers.split()))
