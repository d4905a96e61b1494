"""The service's log: who did what, when, where, why and with what result, each entry chained to the one before."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from backend.caller import Caller
from backend.errors import Repeated
from backend.store.portable import add, row_of
from backend.store.schema import audit, audit_log

DEVICE_LINES = "device.lines"
START = "0" * 64  # hash before the first entry
_LAST = select(audit_log.c.number, audit_log.c.hash).order_by(audit_log.c.number.desc()).limit(1)


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
    last = db.execute(_LAST).first()
    number, before = (last.number + 1, last.hash) if last else (1, START)
    row = {"number": number, **row_of(entry)}
    db.execute(audit_log.insert(), {**row, "hash": chained(before, row)})
    return number


def chained(before: str, row: dict[str, object]) -> str:
    """SHA-256 over the hash before and the entry's columns in order of name."""
    return hashlib.sha256(f"{before}{json.dumps(row, sort_keys=True)}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """What a device says happened to it.  number: rises with each line of the device."""

    device: str
    number: int
    at_utc_ms: int
    event: str
    encounter: str
    detail: str


def append(db: Connection, role: str, lines: list[DeviceLine], now_utc_ms: int) -> None:
    """Keep a device's lines, each once, and their digest in the log.  Lines held already stay as they are.

    Raises Repeated, and keeps none, if one is held with another text.
    """
    new = sum(_kept(db, line) for line in lines)
    if new:
        device, numbers = lines[0].device, [line.number for line in lines]
        span = f"{device}:{min(numbers)}-{max(numbers)}"
        note(db, Note(now_utc_ms, device, role, DEVICE_LINES, span, result=digest(db, span)))


def _kept(db: Connection, line: DeviceLine) -> bool:
    """False if it is held already."""
    if add(db, audit, row_of(line)):
        return True
    here = (audit.c.device == line.device) & (audit.c.number == line.number)
    if DeviceLine(**db.execute(select(audit).where(here)).one()._mapping) != line:
        raise Repeated(f"line {line.number} of {line.device} is held with another text; the first one stands")
    return False


def digest(db: Connection, span: str) -> str:
    """SHA-256 over a device's lines of a span, as `device:first-last`, as they are kept."""
    device, _, numbers = span.rpartition(":")
    first, _, last = numbers.partition("-")
    here = (audit.c.device == device) & audit.c.number.between(int(first), int(last))
    lines = db.execute(select(audit).where(here).order_by(audit.c.number))
    return hashlib.sha256(json.dumps([list(line) for line in lines]).encode()).hexdigest()


def last_by(db: Connection, action: str, subject: str, place: str) -> str | None:
    """Who did this last, about it and there."""
    here = (audit_log.c.subject == subject) & (audit_log.c.action == action) & (audit_log.c.place == place)
    found = select(audit_log.c.who).where(here).order_by(audit_log.c.number.desc()).limit(1)
    return db.execute(found).scalar_one_or_none()


def search(db: Connection, who: str, subject: str, after: int, most: int) -> list[Row[Any]]:
    """Entries by who and about what, "" for any, after a number."""
    wanted = select(audit_log).where(audit_log.c.number > after).order_by(audit_log.c.number).limit(most)
    if who:
        wanted = wanted.where(audit_log.c.who == who)
    return list(db.execute(wanted.where(audit_log.c.subject == subject) if subject else wanted))
