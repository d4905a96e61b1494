"""Setting a password by the two halves of a one-time code: one answer, after one time, for whatever is wrong."""

import asyncio

from sqlalchemy import Connection

from backend import accounts
from backend.acting import Acting
from backend.clock import SKEW_MS
from backend.errors import NotAllowed
from backend.people import passwords
from backend.people.login import REFUSED_AFTER_S
from backend.store import people
from backend.store.engine import Store

NO = "name or code is wrong, or the code was used or has ended: ask for a new password to be proposed"


async def enrol(store: Store, acting: Acting, person: str, halves: tuple[str, str], password: str) -> None:
    """acting: the console.  Raises NotAllowed, and Refused for a password that is too short."""
    soonest = asyncio.create_task(asyncio.sleep(REFUSED_AFTER_S))
    try:
        await store.read(_require_code, acting, person, halves)
        hashed = await asyncio.to_thread(passwords.hashed, password)
        await store.run(_set, acting, person, halves, hashed)
    except NotAllowed:
        await soonest
        raise
    finally:
        soonest.cancel()


def _require_code(db: Connection, acting: Acting, person: str, halves: tuple[str, str]) -> None:
    """Eighty bits each: nobody tries them through."""
    held, now_utc_ms = people.find(db, person), acting.now_utc_ms
    if held is None or not held.welcome or held.enrolment is None or held.enrolment_until_utc_ms is None:
        raise NotAllowed(NO)
    if not now_utc_ms < held.enrolment_until_utc_ms <= now_utc_ms + accounts.CODE_MS + SKEW_MS:
        raise NotAllowed(NO)
    if not accounts.is_code(acting.keys, held.enrolment, *halves):
        raise NotAllowed(NO)


def _set(db: Connection, acting: Acting, person: str, halves: tuple[str, str], hashed: str) -> None:
    """Once: of two at a time the second finds no code."""
    _require_code(db, acting, person, halves)
    people.set_password(db, person, hashed)
    acting.note(db, "person.password_set", person, result="by a one-time code")
