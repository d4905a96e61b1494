"""The service's log: who did what, when, where, why and with what result, each entry chained to the one before."""

import hashlib
import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from backend.caller import Caller
from backend.store.schema import audit_log

START = "0" * 64  # hash before the first entry


@dataclass(frozen=True, slots=True)
class Note:
    """subject: an id, never a name or a document number.  place: a port, gate or journey."""

    at_utc_ms: int
    who: str
    role: str
    action: str
    subject: str = ""
    place: str = ""
    purpose: str = ""
    result: str = ""


def by(who: Caller, at_utc_ms: int, action: str, subject: str = "", place: str = "", result: str = "") -> Note:
    """What a caller did."""
    return Note(at_utc_ms, who.name, who.role, action, subject, place, who.purpose, result)


def note(db: Connection, entry: Note) -> int:
    """Append an entry in the caller's transaction; its number.  Writers are one at a time, so none is skipped."""
    last = db.execute(select(audit_log.c.number, audit_log.c.hash).order_by(audit_log.c.number.desc()).limit(1)).first()
    number, before = (last.number + 1, last.hash) if last else (1, START)
    row = {"number": number, **asdict(entry)}
    db.execute(audit_log.insert(), {**row, "hash": chained(before, row)})
    return number


def chained(before: str, row: dict[str, object]) -> str:
    """SHA-256 over the hash before and the entry's columns in order of name."""
    return hashlib.sha256(f"{before}{json.dumps(row, sort_keys=True)}".encode()).hexdigest()
