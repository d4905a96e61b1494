"""Which device boarded which journey: an outcome delivered after an outage may be about one of hours ago."""

from sqlalchemy import Connection, select

from backend.access import GATE
from backend.store.portable import insert
from backend.store.schema import assignments, boardings, peers

_NOW = (
    select(peers.c.name, assignments.c.journey, assignments.c.port, assignments.c.gate)
    .join_from(peers, assignments, (peers.c.port == assignments.c.port) & (peers.c.gate == assignments.c.gate))
    .where(peers.c.role == GATE, peers.c.welcome)
)


def keep(db: Connection) -> None:
    """Take down what boards where now; to be called after every change of assignments and of gates."""
    columns = ["device", "journey", "port", "gate"]
    db.execute(insert(db, boardings).from_select(columns, _NOW).on_conflict_do_nothing())


def gate_of(db: Connection, device: str, journey: str, port: str, gate: str) -> str | None:
    """Where at the port the journey boards by this device, or did: `gate` if it boards there now or ever did.  None:
    nowhere."""
    at = (assignments.c.port == port) & (assignments.c.gate == gate) & (assignments.c.journey == journey)
    now = select(assignments.c.gate).where(at)
    of = (boardings.c.device == device) & (boardings.c.journey == journey) & (boardings.c.port == port)
    once = select(boardings.c.gate).where(of).order_by(boardings.c.gate != gate, boardings.c.gate).limit(1)
    return db.execute(now).scalar() or db.execute(once).scalar()
