"""Whether the database takes writes: found out by writing, every second, never by more than one write at once."""

import asyncio
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from backend.errors import StoreUnfit
from backend.store import postgres
from backend.store.era import Era
from backend.store.outage import Trouble, judge, words
from backend.store.portable import insert
from backend.store.schema import store_checks

log = structlog.get_logger()
EVERY_S = 1.0
WAIT_S = 0.4  # for an answer; it counts when it comes
PATIENCE_S = 6.0  # without any write that came back, when no error says why: longer than any lock is waited for
SMALL, LARGE = 16, 256 * 1024  # bytes; the large one once there was no room: that a small one fits says little then
SMALL_ROW, LARGE_ROW = 1, 2
BOUNDS = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '2s'"
SERVER = """SELECT concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time()),
    current_setting('synchronous_standby_names') <> ''"""


@dataclass(frozen=True, slots=True)
class Found:
    """trouble: None while it takes writes.  synchronous: each commit waits for a standby; None on an encrypted file."""

    trouble: Trouble | None
    why: str = ""
    synchronous: bool | None = None


class Probe:
    """On PostgreSQL by a new connection each time: it goes where the address leads, and ends the era of the pool when
    that is another server."""

    def __init__(self, engine: Engine, era: Era) -> None:
        self._shared = engine.dialect.name == "postgresql"
        self._engine, self._era = postgres.anew(engine) if self._shared else engine, era
        self._ours = Era(self._engine) if self._shared else era
        self._thread = ThreadPoolExecutor(1, "probe")
        self._asked: Future[Found] | None = None
        self._server, self._full = "", False
        self._due_s = self._proved_s = float("-inf")
        self.found = Found(Trouble.AWAY, "not asked yet")

    def proved(self) -> None:
        """Something was written just now."""
        self._proved_s = time.monotonic()

    def doubt(self, trouble: Trouble) -> None:
        """Something was not: ask at once."""
        self._full = self._full or trouble is Trouble.FULL
        self._due_s = float("-inf")

    async def look(self) -> Found:
        """What is known by now; asks anew when that is due."""
        if self._asked is None and (now_s := time.monotonic()) >= self._due_s:
            self._due_s = now_s + EVERY_S
            self._asked = self._thread.submit(self._ask)
        if self._asked is not None:
            await asyncio.wait([asyncio.wrap_future(self._asked)], timeout=WAIT_S)
            if self._asked.done():
                self._take(self._asked.result())
                self._asked = None
        if self.found.trouble is None and time.monotonic() - self._proved_s > PATIENCE_S:
            self.found = Found(Trouble.BUSY, f"no write has come back for {PATIENCE_S:g} s", self.found.synchronous)
        return self.found

    def cancel(self) -> None:
        """A write that waits for a synchronous standby."""
        self._ours.cancel()

    def shutdown(self) -> None:
        self._thread.shutdown()

    def _take(self, found: Found) -> None:
        """That somebody else is in the way is no news, for as long as patience lasts."""
        if found.trouble is None:
            self.proved()
        if found.trouble in (Trouble.AWAY, Trouble.STANDBY):
            self._era.end()
        if found.trouble is not Trouble.BUSY or self.found.trouble is not None:
            self.found = found

    def _ask(self) -> Found:
        try:
            return self._write()
        except StoreUnfit as error:  # such as a standby that was promoted with other settings
            return Found(Trouble.AWAY, str(error))
        except DBAPIError as error:
            trouble = judge(error, writing=True)
            self._full = self._full or trouble is Trouble.FULL
            return Found(trouble, words(error))

    def _write(self) -> Found:
        large, synchronous = self._full, None
        with self._engine.connect() as db:
            with db.begin():
                if self._shared:
                    synchronous = self._recognise(db)
                _put(db, LARGE_ROW if large else SMALL_ROW, LARGE if large else SMALL)
            if db.info.pop(postgres.UNCONFIRMED, False):
                return Found(Trouble.BUSY, "the synchronous standby did not confirm", synchronous)
            if large:
                with db.begin():
                    db.execute(store_checks.delete().where(store_checks.c.number == LARGE_ROW))
        self._full = False
        return Found(None, "", synchronous)

    def _recognise(self, db: Connection) -> bool:
        """Whether its commits wait for a standby.  The pool is let go of where this is not the server it was."""
        db.exec_driver_sql(BOUNDS)
        server, synchronous = db.execute(text(SERVER)).one()
        if self._server not in ("", server):
            log.warning("store.primary_changed")
            self._era.end()
        self._server = server
        return bool(synchronous)


def _put(db: Connection, number: int, size: int) -> None:
    filler = os.urandom(size)
    made = insert(db, store_checks).values(number=number, filler=filler)
    db.execute(made.on_conflict_do_update(index_elements=["number"], set_={"filler": filler}))
