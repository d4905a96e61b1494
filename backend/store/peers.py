"""Which devices may call."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import insert
from backend.store.schema import peers


@dataclass(frozen=True, slots=True)
class Peer:
    """role: see `access.DEVICE_ROLES`.  gate and port: where a gate's appliance stands, else None and ""."""

    name: str
    role: str
    gate: str | None
    port: str = ""


def welcome(db: Connection, peer: Peer) -> None:
    row = {"name": peer.name, "role": peer.role, "gate": peer.gate, "port": peer.port, "welcome": True}
    db.execute(insert(db, peers).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
    touch(db, Topic.ACCESS)


def refuse(db: Connection, name: str) -> bool:
    """Turn a peer away from now on; False if nobody has that name."""
    touch(db, Topic.ACCESS)
    return db.execute(peers.update().where(peers.c.name == name).values(welcome=False)).rowcount == 1


def welcomed(db: Connection, name: str) -> Peer | None:
    row = db.execute(select(peers).where(peers.c.name == name, peers.c.welcome)).one_or_none()
    return Peer(row.name, row.role, row.gate, row.port) if row else None
