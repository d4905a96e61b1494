"""What other systems must still be told: written with what it tells, gone only when they hold it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, String, bindparam, select

from backend.store.bell import Topic
from backend.store.chunks import chunks
from backend.store.engine import touch
from backend.store.schema import captures, crossings, outbox

SYSTEMS = ("ident", "tecs", "adis")
UNREACHED = "unreached: "  # how the trouble of a row begins when its system gave no answer
MOST_TROUBLE = 200  # characters
FARTHEST_MS = 2 * 3_600_000  # nothing waits longer for its next try: what would was written by another clock

# Of what a system holds: asked for every record, so made once.
_OF = bindparam("of", type_=String())
_SENT = outbox.update().where(outbox.c.number == bindparam("tried"), outbox.c.sent_utc_ms.is_(None)).values(trouble="")
_LEFT = select(outbox.c.number).where(outbox.c.sent_utc_ms.is_(None)).limit(1)
_UNSENT = _LEFT.where(outbox.c.crossing == _OF)
_UNSEALED = crossings.update().where(crossings.c.crossing == _OF).values(sealed=None)
_ENCOUNTER = select(crossings.c.encounter).where(crossings.c.crossing == _OF).scalar_subquery()
_SHARED = select(crossings.c.crossing).where(crossings.c.encounter == _ENCOUNTER)
_SHARED_UNSENT = _LEFT.where(outbox.c.crossing.in_(_SHARED))
_NO_CAPTURE = captures.delete().where(captures.c.encounter == _ENCOUNTER)


@dataclass(frozen=True, slots=True)
class Due:
    """tries: this one included.  amendment: "" for the crossing itself."""

    number: int
    system: str
    crossing: str
    amendment: str
    tries: int

    @property
    def key(self) -> str:
        """The same for every try: by it a system knows what it already holds."""
        return self.amendment or self.crossing


@dataclass(frozen=True, slots=True)
class Waiting:
    """trouble: why the last try failed, "" if there was none."""

    system: str
    crossing: str
    amendment: str
    queued_utc_ms: int
    tries: int
    next_utc_ms: int
    trouble: str


def queue(db: Connection, crossing: str, systems: Sequence[str], now_utc_ms: int, amendment: str = "") -> None:
    """Have systems told, after everything queued for them about this crossing before."""
    of = {"crossing": crossing, "amendment": amendment, "queued_utc_ms": now_utc_ms, "next_utc_ms": now_utc_ms}
    if rows := [of | {"system": system, "tries": 0, "trouble": ""} for system in systems]:
        db.execute(outbox.insert(), rows)
        touch(db, Topic.OUTBOX)


def told(db: Connection, crossing: str) -> tuple[str, ...]:
    """The systems that hold a crossing or will: whoever was to be told of it."""
    found = select(outbox.c.system).where(outbox.c.crossing == crossing, outbox.c.amendment == "")
    return tuple(db.execute(found.order_by(outbox.c.number)).scalars())


def due(db: Connection, system: str, now_utc_ms: int, most: int) -> list[Due]:
    """Up to `most` rows to try now, the oldest first.

    Of each crossing only the first that is not sent: a system hears of an amendment after what it amends.
    """
    before = outbox.alias("before")
    unsent = (outbox.c.system == system) & outbox.c.sent_utc_ms.is_(None)
    earlier = select(before.c.number).where(
        before.c.crossing == outbox.c.crossing,
        before.c.system == outbox.c.system,
        before.c.sent_utc_ms.is_(None),
        before.c.number < outbox.c.number,
    )
    again = (outbox.c.next_utc_ms <= now_utc_ms) | (outbox.c.next_utc_ms > now_utc_ms + FARTHEST_MS)
    wanted = select(outbox).where(unsent, again, ~earlier.exists())
    rows = db.execute(wanted.order_by(outbox.c.number).limit(most))
    return [Due(row.number, row.system, row.crossing, row.amendment, row.tries + 1) for row in rows]


def claim(db: Connection, system: str, now_utc_ms: int, until_utc_ms: int, most: int) -> list[Due]:
    """What is due, that nobody else will try before until_utc_ms."""
    rows = due(db, system, now_utc_ms, most)
    taken = outbox.update().where(outbox.c.number.in_([row.number for row in rows]))
    if rows:
        db.execute(taken.values(next_utc_ms=until_utc_ms, tries=outbox.c.tries + 1, trouble=""))
    return rows


def sent(db: Connection, due: Due, now_utc_ms: int) -> bool:
    """The system holds it.  False if that was known.  Once all hold what they must, we keep no copy."""
    if db.execute(_SENT, {"tried": due.number, "sent_utc_ms": now_utc_ms}).rowcount == 0:
        return False
    of = {"of": due.crossing}
    if db.execute(_UNSENT, of).first() is None:
        db.execute(_UNSEALED, of)
    if db.execute(_SHARED_UNSENT, of).first() is None:
        db.execute(_NO_CAPTURE, of)
    return True


def failed(db: Connection, due: Due, trouble: str, next_utc_ms: int) -> None:
    here = (outbox.c.number == due.number) & outbox.c.sent_utc_ms.is_(None)
    db.execute(outbox.update().where(here).values(trouble=trouble[:MOST_TROUBLE], next_utc_ms=next_utc_ms))


def rest(db: Connection, system: str, trouble: str, until_utc_ms: int) -> None:
    """Nothing that waits for a system is tried before a time: it gave no answer."""
    waits = (outbox.c.system == system) & outbox.c.sent_utc_ms.is_(None) & (outbox.c.next_utc_ms < until_utc_ms)
    db.execute(outbox.update().where(waits).values(trouble=trouble[:MOST_TROUBLE], next_utc_ms=until_utc_ms))


def wake(db: Connection, system: str, now_utc_ms: int) -> None:
    """A system answers again: what waited for that is due."""
    waits = (outbox.c.system == system) & outbox.c.sent_utc_ms.is_(None) & outbox.c.trouble.startswith(UNREACHED)
    db.execute(outbox.update().where(waits).values(next_utc_ms=now_utc_ms, trouble=""))


def waiting(db: Connection) -> list[Waiting]:
    """Everything not sent, the longest waiting first."""
    rows = db.execute(select(outbox).where(outbox.c.sent_utc_ms.is_(None)).order_by(outbox.c.number))
    return [
        Waiting(r.system, r.crossing, r.amendment, r.queued_utc_ms, r.tries, r.next_utc_ms, r.trouble) for r in rows
    ]


def queued(db: Connection, of: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The systems still to be told, by crossing."""
    unsent = select(outbox.c.crossing, outbox.c.system).where(outbox.c.sent_utc_ms.is_(None)).order_by(outbox.c.number)
    rows = (row for part in chunks(of) for row in db.execute(unsent.where(outbox.c.crossing.in_(part))))
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)  # each system once, in order
    for row in rows:
        found[row.crossing][row.system] = None
    return {crossing: tuple(systems) for crossing, systems in found.items()}


def untold(db: Connection) -> list[str]:
    """All of `untold_crossings`."""
    return list(db.execute(untold_crossings().order_by(crossings.c.crossed_utc_ms)).scalars())


def untold_crossings() -> Select[str, int]:
    """Standing crossings no system was to be told of: none was configured, so our sealed copy stays."""
    some = select(outbox.c.number).where(outbox.c.crossing == crossings.c.crossing)
    kept = crossings.c.sealed.is_not(None) & crossings.c.voided_utc_ms.is_(None)
    return select(crossings.c.crossing, crossings.c.crossed_utc_ms).where(~some.exists(), kept)
