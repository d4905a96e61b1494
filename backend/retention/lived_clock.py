"""The clock of jobs that delete: reads both clocks, keeps what was believed, says when the wall clock is not."""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from backend.clock import Clock, monotonic_ms
from backend.retention.lived_time import TOLERANCE_MS, Lived, begin, look
from backend.store import lived
from backend.store.audit import Note, note
from backend.store.engine import Store

log = structlog.get_logger()
EVERY_S = 30.0
WHO, ROLE = "retention", "service"


class LivedClock:
    """Call it for the time; `start` it first, and have it `run`."""

    def __init__(self, wall: Clock, monotonic: Callable[[], int] = monotonic_ms) -> None:
        self.wall, self.monotonic = wall, monotonic
        self._lived: Lived | None = None
        self._kept_utc_ms = 0

    def __call__(self) -> int:
        return self._now().utc_ms

    @property
    def ahead_ms(self) -> int:
        """How far the wall clock is beyond what is believed; 0 within the tolerance."""
        ahead_ms = self._now().ahead_ms
        return ahead_ms if ahead_ms > TOLERANCE_MS else 0

    async def start(self, store: Store) -> None:
        self._lived = await store.run(self._begun)
        self._kept_utc_ms = self._lived.utc_ms

    async def run(self, store: Store) -> None:
        """For ever.  Raises StoreDown."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look(store)

    async def look(self, store: Store) -> None:
        disbelieved = self.ahead_ms
        self._kept_utc_ms, self._lived = await store.run(self._looked)
        if disbelieved and not self.ahead_ms:
            log.info("clock.believed_again")

    # Read and written in one transaction: what an administrator confirms meanwhile is not overwritten.

    def _begun(self, db: Connection) -> Lived:
        begun = begin(lived.kept(db, to_change=True), self.wall(), self.monotonic())
        _keep(db, begun, believed=True)
        return begun

    def _looked(self, db: Connection) -> tuple[int, Lived]:
        kept_utc_ms = lived.kept(db, to_change=True) or 0
        now = look(self._started, kept_utc_ms, self.wall(), self.monotonic())
        _keep(db, now, believed=self._started.ahead_ms <= TOLERANCE_MS)
        return kept_utc_ms, now

    def _now(self) -> Lived:
        return look(self._started, self._kept_utc_ms, self.wall(), self.monotonic())

    @property
    def _started(self) -> Lived:
        assert self._lived is not None, "started"
        return self._lived


def _keep(db: Connection, now: Lived, *, believed: bool) -> None:
    """believed: the clock before.  Nothing is deleted by one that is not; maybe the service was down so long."""
    if believed and now.ahead_ms > TOLERANCE_MS:
        log.warning("clock.disbelieved", ahead_s=now.ahead_ms // 1000, do="check the clock, see `limen-tvs doctor`")
        note(db, Note(now.utc_ms, WHO, ROLE, "clock.disbelieved", purpose="RET-2", result=str(now.ahead_ms)))
    lived.keep(db, now.utc_ms)
