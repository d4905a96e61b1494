"""What is kept, page by page, as an auditor reads it: by ids, at some ports."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, false, select

from backend.caller import EVERYWHERE
from backend.store import outbox as waiting
from backend.store import people as accounts
from backend.store.crossings import entry
from backend.store.decisions import Decision, answer
from backend.store.outbox import Waiting
from backend.store.people import Account
from backend.store.schema import crossings, decisions, outbox, people, posts

MOST = 500
Line = dict[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """first, last: where its lines stand; next: what to ask for after it, "" where nothing is left."""

    lines: list[Line]
    first: str = ""
    last: str = ""
    next: str = ""


def decisions_after(db: Connection, ports: Iterable[str], after: str) -> Page:
    of = decisions.c
    rows = _rows(db, select(decisions).where(_at(of.port, ports)), (of.decided_utc_ms, of.decision), after)
    lines: list[Line] = [asdict(answer(Decision(**row._mapping))) for row in rows]
    return _page(lines, [f"{row.decided_utc_ms}/{row.decision}" for row in rows])


def crossings_after(db: Connection, ports: Iterable[str], after: str) -> Page:
    of = crossings.c
    rows = _rows(db, select(crossings).where(_at(of.port, ports)), (of.crossed_utc_ms, of.crossing), after)
    queued = waiting.queued(db, [row.crossing for row in rows])
    lines: list[Line] = [asdict(entry(row, queued.get(row.crossing, ()))) for row in rows]
    return _page(lines, [f"{row.crossed_utc_ms}/{row.crossing}" for row in rows])


def outbox_after(db: Connection, ports: Iterable[str], after: str) -> Page:
    """What is not sent, the longest waiting first."""
    here = select(outbox).join_from(outbox, crossings).where(outbox.c.sent_utc_ms.is_(None))
    found = here.where(_at(crossings.c.port, ports))
    rows = _rows(db, found, (outbox.c.number, outbox.c.system), after)
    lines: list[Line] = [asdict(Waiting(**{name: row._mapping[name] for name in _WAITING})) for row in rows]
    return _page(lines, [f"{row.number}/{row.system}" for row in rows])


_WAITING = tuple(Waiting.__dataclass_fields__)


def untold_after(db: Connection, ports: Iterable[str], after: str) -> Page:
    of = crossings.c
    found = waiting.untold_crossings().where(_at(of.port, ports))
    rows = _rows(db, found, (of.crossed_utc_ms, of.crossing), after)
    lines: list[Line] = [{"system": "", "crossing": row.crossing} for row in rows]
    return _page(lines, [f"{row.crossed_utc_ms}/{row.crossing}" for row in rows])


def people_after(db: Connection, ports: Iterable[str], after: str) -> Page:
    """Whoever holds a post at one of the ports."""
    there, name = set(ports), after.partition("/")[2]
    held = exists().where(posts.c.person == people.c.person, posts.c.port.in_({*there, EVERYWHERE}))
    found = select(people).where(people.c.person > name).order_by(people.c.person).limit(MOST)
    rows = db.execute(found if EVERYWHERE in there else found.where(held)).all()
    lines = [_account(db, Account(**row._mapping)) for row in rows]
    return _page(lines, [f"0/{row.person}" for row in rows])


def _account(db: Connection, one: Account) -> Line:
    held = sorted(map(str, accounts.held(db, one.person)))
    shown = {"person": one.person, "posts": held, "barred": not one.welcome}
    return {**shown, "issuer": one.issuer, "subject": one.subject}


def _at(port: ColumnElement[str], ports: Iterable[str]) -> ColumnElement[bool]:
    there = set(ports)
    return ~false() if EVERYWHERE in there else port.in_(there)


def _rows(
    db: Connection, found: Select[*tuple[Any, ...]], order: tuple[ColumnElement[int], ColumnElement[str]], after: str
) -> list[Row[Any]]:
    """At most MOST of them, after a place `NUMBER/NAME`."""
    number, name = order
    if after:
        before, _, of = after.partition("/")
        found = found.where((number > int(before)) | ((number == int(before)) & (name > of)))
    return list(db.execute(found.order_by(number, name).limit(MOST)))


def _page(lines: list[Line], places: list[str]) -> Page:
    if not lines:
        return Page([])
    return Page(lines, places[0], places[-1], places[-1] if len(lines) == MOST else "")
