"""The job that looks every half minute what must go, and sooner when doors close.

One journey that fails does not keep another.
"""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from backend.clock import Clock
from backend.errors import StoreDown
from backend.keys import KeyRing
from backend.retention import days, purge
from backend.retention.due import DAY_MS, HOUR_MS, Terms
from backend.settings import Settings
from backend.store.bell import Topic
from backend.store.engine import Store

log = structlog.get_logger()
LEAST_PAUSE_S = 2.0  # between two looks: what changes in a row is one change


def terms_of(settings: Settings) -> Terms:
    return Terms(settings.retention.gallery_days * DAY_MS, int(settings.ahead_h * HOUR_MS))


async def run(store: Store, keys: KeyRing, clock: Clock, settings: Settings) -> None:
    """For ever.  The doors of a journey may have closed whenever one has changed (RET-1)."""
    loop, pause_s = asyncio.get_running_loop(), min(LEAST_PAUSE_S, settings.retention.every_s)
    while True:
        seen, until_s = store.bell.revision(Topic.GALLERIES), loop.time() + settings.retention.every_s
        await once(store, keys, clock, terms_of(settings))
        while loop.time() < until_s:
            await asyncio.sleep(pause_s)
            seen = await store.bell.wait(Topic.GALLERIES, seen, max(0.0, until_s - loop.time()))
            await _citizens(store, keys, clock())


async def once(store: Store, keys: KeyRing, clock: Clock, terms: Terms) -> int:
    """Purge what is due now; how many journeys failed and stay for the next time."""
    now_utc_ms = clock()
    failed = await _citizens(store, keys, now_utc_ms)
    failed += await _each(store, keys, now_utc_ms, lambda db: purge.galleries_due(db, terms, now_utc_ms), purge.gallery)
    await _try(store, "leftovers", lambda db: purge.leftovers(db, now_utc_ms))
    await _try(store, "days", lambda db: days.end(db, keys, now_utc_ms))
    return failed


async def _citizens(store: Store, keys: KeyRing, now_utc_ms: int) -> int:
    return await _each(store, keys, now_utc_ms, lambda db: purge.citizens_due(db, keys, now_utc_ms), purge.citizens)


async def _each(
    store: Store,
    keys: KeyRing,
    now_utc_ms: int,
    due: Callable[[Connection], list[str]],
    act: Callable[[Connection, KeyRing, str, int], object],
) -> int:
    failed = 0
    try:
        wanted = await store.read(due)
    except (SQLAlchemyError, StoreDown, OSError) as error:
        log.error("purge.failed", what="list", why=type(error).__name__)
        return 1
    for journey in wanted:
        failed += not await _try(store, journey, lambda db: act(db, keys, journey, now_utc_ms))  # noqa: B023
    return failed


async def _try(store: Store, what: str, act: Callable[[Connection], object]) -> bool:
    """A failed one is said and tried again the next time: what is due stays due."""
    try:
        await store.run(act)
    except (SQLAlchemyError, StoreDown, OSError) as error:
        log.error("purge.failed", what=what, why=type(error).__name__)
        return False
    return True
