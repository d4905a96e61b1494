"""What runs beside the RPCs: each job for as long as the service does, also after the database was away."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from backend.clock import Clock
from backend.errors import StoreDown, leaves
from backend.operations.health import STALE_MS
from backend.operations.metrics import Metrics
from backend.retention.due import Terms
from backend.store import backlog
from backend.store.engine import Store

log = structlog.get_logger()
Job = Callable[[], Coroutine[None, None, None]]
AGAIN_S = 1.0
TOLD_EVERY_S = 5.0


async def lasting(job: Job) -> None:
    """Run a job; from its start again where the database went away.  Anything else ends the service."""
    while True:
        try:
            await job()
            return
        except StoreDown as error:
            log.warning("job.waits", why=str(error))
        except ExceptionGroup as group:
            if not all(isinstance(error, StoreDown) for error in leaves(group)):
                raise
            log.warning("job.waits", why=str(leaves(group)[0]))
        await asyncio.sleep(AGAIN_S)


async def tell(metrics: Metrics, store: Store, clock: Clock, terms: Terms) -> None:
    """Count what waits, for ever."""
    seen_utc_ms = clock()
    while True:
        now = clock()
        begun = now - terms.gallery_ms
        metrics.tell(await store.read(backlog.backlog, now, begun, terms.ahead_ms), now, begun)
        metrics.ready.set(len(await store.read(backlog.searchable, now - STALE_MS)))
        for made in await store.read(backlog.became_searchable, seen_utc_ms):
            metrics.searchable.observe((made.searchable_utc_ms - made.received_utc_ms) / 1000)
            seen_utc_ms = max(seen_utc_ms, made.searchable_utc_ms)
        await asyncio.sleep(TOLD_EVERY_S)
