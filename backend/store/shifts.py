"""Agents' shifts at the gates of a port, and the one-time codes by which one may begin in an outage."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from backend.access import AGENT
from backend.caller import EVERYWHERE
from backend.clock import SKEW_MS
from backend.errors import Repeated
from backend.store.portable import row_of
from backend.store.schema import people, posts, shift_codes, shifts

KEPT_MS = 30 * 24 * 3_600_000  # what is told of a shift comes within days; the audit log keeps that it was
GOOD = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """See the table.  verifier: of the code it was begun by, "" with a password.  finding: GOOD, or why it is not."""

    session: str
    person: str
    port: str
    gate: str
    device: str
    begun_utc_ms: int
    until_utc_ms: int
    verifier: str = ""
    finding: str = GOOD


def works_at(db: Connection, person: str, port: str) -> bool:
    """A welcome person with the post of an agent there."""
    asked = select(people.c.person).join_from(people, posts).where(_agents(port), people.c.person == person)
    return db.execute(asked).first() is not None


def begin(db: Connection, shift: Shift) -> None:
    db.execute(shifts.insert(), row_of(shift))


def forget(db: Connection, now_utc_ms: int) -> None:
    """Those nothing is told of any more.  now_utc_ms: as deletion goes by."""
    db.execute(shifts.delete().where(shifts.c.until_utc_ms < now_utc_ms - KEPT_MS))


def end(db: Connection, session: str, port: str, now_utc_ms: int) -> Shift | None:
    """At any gate of its port; None if it was not open there."""
    here = (shifts.c.session == session) & (shifts.c.port == port) & shifts.c.ended_utc_ms.is_(None)
    ended = db.execute(shifts.update().where(here).values(ended_utc_ms=now_utc_ms)).rowcount == 1
    return _shift(db, session) if ended else None


def end_all(db: Connection, person: str, now_utc_ms: int) -> None:
    open_ = (shifts.c.person == person) & shifts.c.ended_utc_ms.is_(None)
    db.execute(shifts.update().where(open_).values(ended_utc_ms=now_utc_ms))


def problem(db: Connection, session: str, person: str, port: str, at_utc_ms: int, *, now: bool = False) -> str:
    """Why a shift does not vouch for what its agent did at a gate of the port at a time; GOOD if it does.  now: the
    agent asks for something, which no shift that has ended vouches for."""
    row = db.execute(select(shifts).where(shifts.c.session == session)).one_or_none()
    if row is None or (row.person, row.port) != (person, port):
        return "no such shift at this port"
    if row.finding:
        return str(row.finding)
    if at_utc_ms >= row.until_utc_ms or at_utc_ms < row.begun_utc_ms - SKEW_MS:
        return "outside the shift"
    if row.ended_utc_ms is not None and (now or at_utc_ms > row.ended_utc_ms + SKEW_MS):
        return "the shift had ended"
    return GOOD


def known(db: Connection, session: str) -> bool:
    return _shift(db, session) is not None


def offline(db: Connection, shift: Shift) -> str:
    """Keep a shift that a gate let begin by a code; what is wrong with it, or GOOD.  Told again it is the same.

    Raises Repeated if the session is another shift's.
    """
    if (held := _shift(db, shift.session)) is not None:
        if (held.person, held.verifier, held.device) != (shift.person, shift.verifier, shift.device):
            raise Repeated(f"session {shift.session} is another shift's")
        return held.finding
    finding = _finding(db, shift)
    begin(db, Shift(**{**row_of(shift), "finding": finding}))
    unused = (shift_codes.c.verifier == shift.verifier) & shift_codes.c.session.is_(None)
    db.execute(shift_codes.update().where(unused).values(session=shift.session))
    return finding


def _finding(db: Connection, shift: Shift) -> str:
    code = db.execute(select(shift_codes).where(shift_codes.c.verifier == shift.verifier)).one_or_none()
    if code is None or code.person != shift.person:
        return "unknown code"
    if code.session is not None:
        return "code used before"
    if code.withdrawn_utc_ms is not None and code.withdrawn_utc_ms < shift.begun_utc_ms:
        return "code withdrawn before"
    return GOOD if works_at(db, shift.person, shift.port) else "barred, or no agent of this port"


def issue(db: Connection, person: str, verifiers: list[str], now_utc_ms: int) -> None:
    """Codes of a person; those from before are good no longer."""
    withdraw(db, person, now_utc_ms)
    rows = [{"verifier": one, "person": person, "issued_utc_ms": now_utc_ms} for one in verifiers]
    db.execute(shift_codes.insert(), rows)


def withdraw(db: Connection, person: str, now_utc_ms: int) -> None:
    of = (shift_codes.c.person == person) & shift_codes.c.withdrawn_utc_ms.is_(None)
    db.execute(shift_codes.update().where(of).values(withdrawn_utc_ms=now_utc_ms))


def usable(db: Connection, port: str) -> list[str]:
    """Verifiers of codes that may begin a shift at the port, in an order that says nothing of whose they are."""
    unused = shift_codes.c.session.is_(None) & shift_codes.c.withdrawn_utc_ms.is_(None)
    asked = (
        select(shift_codes.c.verifier)
        .join_from(shift_codes, people, shift_codes.c.person == people.c.person)
        .join(posts, posts.c.person == people.c.person)
        .where(unused, _agents(port))
    )
    return sorted(set(db.execute(asked).scalars()))


def doubtful(db: Connection, since_utc_ms: int) -> int:
    """Shifts with a finding that began since then."""
    found = select(func.count()).where(shifts.c.finding != GOOD, shifts.c.begun_utc_ms >= since_utc_ms)
    return db.execute(found).scalar_one()


def _agents(port: str) -> ColumnElement[bool]:
    return people.c.welcome & (posts.c.role == AGENT) & posts.c.port.in_((port, EVERYWHERE))


def _shift(db: Connection, session: str) -> Shift | None:
    row: Row[Any] | None = db.execute(select(shifts).where(shifts.c.session == session)).one_or_none()
    return Shift(**{name: row._mapping[name] for name in Shift.__dataclass_fields__}) if row else None
