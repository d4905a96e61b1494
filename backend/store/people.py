"""Who may act as a named person, with which posts, and which sessions are open."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from backend.clock import SKEW_MS, utc_ms
from backend.errors import Refused
from backend.people.posts import Post
from backend.store import shifts
from backend.store.bell import Topic
from backend.store.engine import touch
from backend.store.portable import insert
from backend.store.schema import people, posts, sessions

SESSION_MS = 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class Account:
    """password: an Argon2 hash, None where an outside issuer vouches.  welcome: False once barred for misuse.
    enrolment: the proposal whose code may set a password until then."""

    person: str
    password: str | None = None
    issuer: str | None = None
    subject: str | None = None
    welcome: bool = True
    failures: int = 0
    barred_until_utc_ms: int = 0
    enrolment: str | None = None
    enrolment_until_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    person: str
    posts: frozenset[Post]


def add(db: Connection, account: Account, held: list[Post]) -> None:
    """Raises Refused if the name, or the issuer's subject, has an account."""
    row = {name: getattr(account, name) for name in Account.__dataclass_fields__}
    if not db.execute(insert(db, people).values(row).on_conflict_do_nothing().returning(people.c.person)).first():
        raise Refused(f"{account.person}, or that issuer's subject, has an account already")
    for post in held:
        hold(db, account.person, post)
    touch(db, Topic.ACCESS)


def find(db: Connection, person: str) -> Account | None:
    row = db.execute(select(people).where(people.c.person == person)).one_or_none()
    return Account(**row._mapping) if row else None


def hold(db: Connection, person: str, post: Post) -> None:
    row = {"person": person, "role": post.role, "port": post.port}
    db.execute(insert(db, posts).values(row).on_conflict_do_nothing())
    touch(db, Topic.ACCESS)


def leave(db: Connection, person: str, post: Post) -> bool:
    """Give up a post and end the person's sessions; False if it was not held."""
    of = (posts.c.person == person) & (posts.c.role == post.role) & (posts.c.port == post.port)
    left = db.execute(posts.delete().where(of)).rowcount == 1
    end_all(db, person)
    return left


def held(db: Connection, person: str) -> frozenset[Post]:
    return frozenset(Post(row.role, row.port) for row in db.execute(select(posts).where(posts.c.person == person)))


def welcome(db: Connection, person: str, wanted: bool) -> bool:
    """Bar somebody, ending all sessions, or take that back; False if nobody has that name."""
    if not wanted:
        end_all(db, person)
    touch(db, Topic.ACCESS)
    return db.execute(people.update().where(people.c.person == person).values(welcome=wanted)).rowcount == 1


def able(db: Connection) -> list[tuple[Account, frozenset[Post]]]:
    """Who could log in."""
    rows = db.execute(
        select(people).where(people.c.welcome, people.c.password.is_not(None) | people.c.issuer.is_not(None))
    )
    return [(Account(**row._mapping), held(db, row.person)) for row in rows]


def let_enrol(db: Connection, person: str, proposal: str, until_utc_ms: int) -> None:
    """By the code of this proposal, and by no other."""
    row = {"enrolment": proposal, "enrolment_until_utc_ms": until_utc_ms}
    db.execute(people.update().where(people.c.person == person).values(row))


def set_password(db: Connection, person: str, hashed: str) -> bool:
    """End the person's sessions too, and what could set another; False if nobody has that name."""
    end_all(db, person)
    row = {"password": hashed, "failures": 0, "barred_until_utc_ms": 0, "enrolment": None}
    return db.execute(people.update().where(people.c.person == person).values(row)).rowcount == 1


def count_try(db: Connection, person: str, failures: int, barred_until_utc_ms: int) -> None:
    """What a try at logging in leaves behind; 0 and 0 after the right password."""
    row = {"failures": failures, "barred_until_utc_ms": barred_until_utc_ms}
    db.execute(people.update().where(people.c.person == person).values(row))


def open_session(db: Connection, token_sha256: str, person: str, now_utc_ms: int, until_utc_ms: int) -> None:
    db.execute(sessions.delete().where(sessions.c.until_utc_ms <= now_utc_ms))
    db.execute(sessions.insert(), {"token_sha256": token_sha256, "person": person, "until_utc_ms": until_utc_ms})


def end_session(db: Connection, token_sha256: str) -> bool:
    touch(db, Topic.ACCESS)
    return db.execute(sessions.delete().where(sessions.c.token_sha256 == token_sha256)).rowcount == 1


def end_all(db: Connection, person: str) -> None:
    db.execute(sessions.delete().where(sessions.c.person == person))
    shifts.end_all(db, person, utc_ms())
    touch(db, Topic.ACCESS)


def by_session(db: Connection, token_sha256: str, now_utc_ms: int) -> Standing | None:
    """Whose session this is, if it is open and the person is welcome; never longer than `SESSION_MS` from now."""
    until = sessions.c.until_utc_ms
    asked = select(people.c.person).join_from(sessions, people).where(people.c.welcome)
    asked = asked.where(sessions.c.token_sha256 == token_sha256, until > now_utc_ms)
    asked = asked.where(until <= now_utc_ms + SESSION_MS + SKEW_MS)
    return _standing(db, db.execute(asked).one_or_none())


def by_subject(db: Connection, issuer: str, subject: str) -> Standing | None:
    """Who an outside issuer's subject is here, if welcome."""
    asked = select(people.c.person).where(people.c.welcome, people.c.issuer == issuer, people.c.subject == subject)
    return _standing(db, db.execute(asked).one_or_none())


def _standing(db: Connection, row: Row[tuple[str]] | None) -> Standing | None:
    return Standing(row.person, held(db, row.person)) if row else None
