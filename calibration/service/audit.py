"""SE-06: a log that somebody who holds the database changes, against its chain and the heads a witness holds."""

import random
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from backend import auditing
from backend.auditing import Head
from backend.keys import KeyRing
from backend.store.audit import START, Note, chained, note
from backend.store.schema import audit_log
from calibration.service.figure import Figure
from calibration.service.stores import KINDS, scratch

ENTRIES, WITNESSED = 60, 7  # entries, and every which of them has a signed head
COLUMNS = ("at_utc_ms", "who", "role", "action", "subject", "place", "purpose", "result", "hash")
Attack = Callable[[Connection, random.Random], None]


def written(engine: Engine, keys: KeyRing) -> list[Head]:
    """A log of some entries; the heads a witness got on the way, the last entry's among them."""
    key, signed = auditing.signer(keys), []
    with engine.begin() as db:
        for number in range(1, ENTRIES + 1):
            note(
                db, Note(number * 1000, f"o.{number % 5}", "officer", "traveler.viewed", f"id-{number}", "ZRH", "case")
            )
            if number % WITNESSED == 0 or number == ENTRIES:
                signed.append(auditing.sign(db, key, number * 1000) or "")
    return [head for head in auditing.heads(signed, key) if isinstance(head, Head)]


def edit(db: Connection, rng: random.Random) -> None:
    """One value of one entry."""
    at, column = rng.randint(1, ENTRIES), rng.choice(COLUMNS)
    value: object = rng.randint(1, 1 << 40) if column == "at_utc_ms" else f"other {rng.random()}"
    db.execute(update(audit_log).where(audit_log.c.number == at).values({column: value}))


def remove(db: Connection, rng: random.Random) -> None:
    """One entry or several in a row."""
    at, many = rng.randint(1, ENTRIES), rng.randint(1, 3)
    db.execute(delete(audit_log).where(audit_log.c.number.between(at, at + many - 1)))


def cut(db: Connection, rng: random.Random) -> None:
    """The end, from anywhere."""
    db.execute(delete(audit_log).where(audit_log.c.number > rng.randint(0, ENTRIES - 1)))


def edit_and_chain(db: Connection, rng: random.Random) -> None:
    """One entry, and every hash from there on made right again: only a witness can tell."""
    at = rng.randint(1, ENTRIES)
    db.execute(update(audit_log).where(audit_log.c.number == at).values(subject=f"id-{rng.random()}"))
    _chain(db)


def remove_and_chain(db: Connection, rng: random.Random) -> None:
    """One entry, the later ones moved up and chained again."""
    at = rng.randint(1, ENTRIES)
    db.execute(delete(audit_log).where(audit_log.c.number == at))
    for number in range(at + 1, ENTRIES + 1):
        db.execute(update(audit_log).where(audit_log.c.number == number).values(number=number - 1))
    _chain(db)


def _chain(db: Connection) -> None:
    before = START
    for row in db.execute(select(audit_log).order_by(audit_log.c.number)).all():
        entry: dict[str, Any] = dict(row._mapping)
        entry.pop("hash")
        before = chained(before, entry)
        db.execute(update(audit_log).where(audit_log.c.number == row.number).values(hash=before))


ATTACKS: tuple[Attack, ...] = (edit, remove, cut, edit_and_chain, remove_and_chain)


def unseen(engine: Engine, held: list[Head], attack: Attack, trials: int, rng: random.Random) -> int:
    """How many of so many attacks nobody would notice; each is undone again."""
    missed = 0
    for _ in range(trials):
        with engine.connect() as db, db.begin() as transaction:
            attack(db, rng)
            missed += not auditing.verify(db, held)
            transaction.rollback()
    return missed


def figures(quick: bool) -> Iterator[Figure]:
    trials = 20 if quick else 10_000 // len(ATTACKS) // len(KINDS)
    for kind in KINDS:
        with scratch(kind) as store:
            held, rng = written(store.engine, store.keys), random.Random(1)
            with store.engine.connect() as db:
                whole = not auditing.verify(db, held)
            for attack in ATTACKS:
                missed = unseen(store.engine, held, attack, trials, rng)
                words = f"{attack.__name__.replace('_', ' ')}; untouched: {'whole' if whole else 'NOT whole'}"
                yield Figure("SE-06", "audit log changed", kind, trials, missed + (not whole), words)
