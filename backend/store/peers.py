"""Who may call."""

from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from backend.store.schema import peers


@dataclass(frozen=True, slots=True)
class Peer:
    """role: gate, carrier or operator.  gate: where a gate's appliance stands, else None."""

    name: str
    role: str
    gate: str | None


def welcome(db: Connection, peer: Peer) -> None:
    row = {"name": peer.name, "role": peer.role, "gate": peer.gate, "welcome": True}
    db.execute(insert(peers).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def refuse(db: Connection, name: str) -> bool:
    """Turn a peer away from now on; False if nobody has that name."""
    return db.execute(peers.update().where(peers.c.name == name).values(welcome=False)).rowcount == 1


def welcomed(db: Connection, name: str) -> Peer | None:
    row = db.execute(select(peers).where(peers.c.name == name, peers.c.welcome)).one_or_none()
    return Peer(row.name, row.role, row.gate) if row else None
