"""Logging in with a local account: the same answer, after the same time, for a wrong password and an unknown person.

Tries are counted before the password is looked at, so many at once do not get more of them than one after the other.
"""

import asyncio
import hashlib
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import Connection

from backend.access import GATE
from backend.caller import Caller
from backend.clock import SKEW_MS, Clock
from backend.errors import Busy, NotAllowed
from backend.people import passwords
from backend.store import people, shifts
from backend.store.audit import by, note
from backend.store.engine import Store
from backend.store.shifts import Shift

HOUR_MS = 3_600_000
TRIES = 5  # wrong ones, before the account waits
WAIT_MS, LONGEST_WAIT_MS = 30_000, 15 * 60_000  # after the fifth, doubled by each further one
REFUSED_AFTER_S = 0.5  # no refusal is given sooner, so that its time tells nothing
AT_ONCE, WAITING = 2, 16  # a password is checked in 64 MiB of memory
NO = "person or password is wrong, or the account waits after too many tries"


@dataclass(frozen=True, slots=True)
class Session:
    """token: "" of a shift.  shift: its session, "" of a console's."""

    token: str
    until_utc_ms: int
    shift: str = ""


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Logins:
    def __init__(self, store: Store, clock: Clock, shift_h: float = 10.0) -> None:
        self._store, self._clock, self._shift_ms = store, clock, int(shift_h * HOUR_MS)
        self._checking, self._waiting = asyncio.Semaphore(AT_ONCE), 0

    async def log_in(self, console: Caller, person: str, password: str) -> Session:
        """Raises NotAllowed, the same whatever the reason, and Busy."""
        if self._waiting >= WAITING:
            raise Busy(f"{WAITING} are logging in already; try again in a few seconds")
        soonest = asyncio.create_task(asyncio.sleep(REFUSED_AFTER_S))
        self._waiting += 1
        try:
            return await self._try(console, person, password)
        except NotAllowed:
            await soonest
            raise
        finally:
            self._waiting -= 1
            soonest.cancel()

    async def _try(self, console: Caller, person: str, password: str) -> Session:
        kept = await self._store.run(_begin, person, self._clock())
        async with self._checking:
            right = await asyncio.to_thread(passwords.right, kept, password)
        if not right:
            if kept is not None:
                await self._store.run(note, by(console, self._clock(), "person.login_refused", person))
            raise NotAllowed(NO)
        now_utc_ms = self._clock()
        session = Session(secrets.token_urlsafe(32), now_utc_ms + people.SESSION_MS)
        if console.role == GATE:
            session = Session("", now_utc_ms + self._shift_ms, str(uuid.uuid4()))
        if not await self._store.run(_finish, console, person, session, now_utc_ms):
            raise NotAllowed(NO)
        return session


def waits_ms(failures: int) -> int:
    """How long an account waits after so many wrong tries in a row."""
    return 0 if failures < TRIES else min(WAIT_MS << min(failures - TRIES, 10), LONGEST_WAIT_MS)


def waits(account: people.Account, now_utc_ms: int) -> bool:
    """Whether an account waits after wrong tries; never longer than it may, whatever the clock said then."""
    return now_utc_ms < account.barred_until_utc_ms <= now_utc_ms + LONGEST_WAIT_MS + SKEW_MS


def _begin(db: Connection, person: str, now_utc_ms: int) -> str | None:
    """Count a try; what the password is checked against, None where no password is right."""
    account = people.find(db, person)
    if account is None or not account.welcome or waits(account, now_utc_ms):
        return None
    failures = account.failures + 1
    people.count_try(db, person, failures, now_utc_ms + waits_ms(failures) if waits_ms(failures) else 0)
    return account.password


def _finish(db: Connection, console: Caller, person: str, session: Session, now_utc_ms: int) -> bool:
    """False if the person was barred meanwhile, or is no agent of the gate's port."""
    account = people.find(db, person)
    if account is None or not account.welcome:
        return False
    if session.shift and not shifts.works_at(db, person, console.port):
        note(db, by(console, now_utc_ms, "person.login_refused", person, console.port, "no agent of this port"))
        return False
    people.count_try(db, person, 0, 0)
    if session.shift:
        at = (console.port, console.gate or "", console.name)
        shifts.begin(db, Shift(session.shift, person, *at, now_utc_ms, session.until_utc_ms))
        note(db, by(console, now_utc_ms, "shift.begun", person, console.gate or ""))
    else:
        people.open_session(db, digest(session.token), person, now_utc_ms, session.until_utc_ms)
        note(db, by(console, now_utc_ms, "person.logged_in", person))
    return True
