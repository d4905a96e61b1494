"""Journeys that must not be purged, since two people said so."""

from sqlalchemy import Connection, func, select

from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.schema import holds


def hold(db: Connection, name: str, journey: str, proposal: str) -> None:
    db.execute(holds.insert(), {"hold": name, "journey": journey, "proposal": proposal})
    touch(db, Topic.RULES)


def end(db: Connection, journey: str, now_utc_ms: int) -> int:
    """End every hold of a journey; how many there were."""
    touch(db, Topic.RULES)
    stands = (holds.c.journey == journey) & holds.c.ended_utc_ms.is_(None)
    return db.execute(holds.update().where(stands).values(ended_utc_ms=now_utc_ms)).rowcount


def standing(db: Connection, journey: str) -> int:
    """How many holds of a journey stand."""
    stands = (holds.c.journey == journey) & holds.c.ended_utc_ms.is_(None)
    return int(db.execute(select(func.count()).select_from(holds).where(stands)).scalar_one())
