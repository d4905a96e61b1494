"""Whether the service can be asked: once its galleries are back, while its database takes writes, until it drains."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

import structlog
from grpc_health.v1 import health_pb2 as pb
from grpc_health.v1.health_pb2_grpc import HealthServicer

from backend.clock import Clock
from backend.errors import NotReady, StoreDown
from backend.galleries import Galleries
from backend.settings import SYNCHRONOUS
from backend.store import backlog
from backend.store.engine import Store
from backend.store.outage import Trouble
from backend.store.probe import Found
from backend.wrapping import Context

log = structlog.get_logger()
EVERY_S = 0.5
WARM_S = 30.0  # so long galleries may keep a replica from being asked; then it serves those it has
TOLD_S = 0.5  # until clients that watch our health have heard that we drain
TURN_S, QUIET_TURNS = 0.02, 10
STALE_MS = 6 * 3_600_000  # a journey that left so long ago need not be searchable


class Readiness:
    """What the service says of itself; `watchers` are told at once."""

    def __init__(self, services: Iterable[str], standby: str | None = None) -> None:
        """standby: as the settings ask for it."""
        self._services, self._standby = frozenset(services) | {""}, standby
        self.changed = asyncio.Event()  # of the next change: take it before you look
        self.warm = False
        self.store = Found(Trouble.AWAY)
        self.draining = asyncio.Event()
        self.watchers = 0
        self.taken = 0  # calls, since the start

    @property
    def serving(self) -> bool:
        return self.warm and self.store.trouble is None and not self.draining.is_set()

    @property
    def standby_missing(self) -> bool:
        """A synchronous one is asked for and the server waits for none: it is said, and the service goes on."""
        return self._standby == SYNCHRONOUS and self.store.synchronous is False

    def status(self, service: str) -> pb.HealthCheckResponse:
        if service not in self._services:
            return pb.HealthCheckResponse(status=pb.HealthCheckResponse.SERVICE_UNKNOWN)
        serving = pb.HealthCheckResponse.SERVING if self.serving else pb.HealthCheckResponse.NOT_SERVING
        return pb.HealthCheckResponse(status=serving)

    def found(self, *, warm: bool, store: Found) -> None:
        before = self.warm, self.store.trouble
        alone = self.standby_missing
        self.warm, self.store = warm, store
        if before != (warm, store.trouble):
            log.info("service.stands", warm=warm, store=store.trouble or "writes", why=store.why)
            self._tell()
        if self.standby_missing and not alone:
            log.error("store.standby_missing", advice="records acknowledged from now on are in one place only")

    def drain(self) -> None:
        self.draining.set()
        self._tell()

    async def all_taken(self, longest_s: float) -> None:
        """Until no call was taken for a while: what has arrived but was not yet taken would be cut off by a stop.

        A busy loop takes one call a turn, so turns are counted, not only time.
        """
        until_s, seen, quiet = time.monotonic() + longest_s, self.taken, 0
        while quiet < QUIET_TURNS and time.monotonic() < until_s:
            await asyncio.sleep(TURN_S)
            quiet = quiet + 1 if self.taken == seen else 0
            seen = self.taken

    def _tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class Health(HealthServicer):  # type: ignore[misc]  # it comes without types
    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def Check(self, request: pb.HealthCheckRequest, context: Context) -> pb.HealthCheckResponse:
        return self._readiness.status(request.service)

    async def Watch(self, request: pb.HealthCheckRequest, context: Context) -> AsyncIterator[pb.HealthCheckResponse]:
        readiness = self._readiness
        readiness.watchers += 1
        try:
            while not readiness.draining.is_set():
                changed = readiness.changed
                yield readiness.status(request.service)
                await changed.wait()
            yield readiness.status(request.service)
            await asyncio.sleep(TOLD_S)
        finally:
            readiness.watchers -= 1


async def watch(readiness: Readiness, store: Store, galleries: Galleries, clock: Clock) -> None:
    """Look at the database and the galleries, for ever."""
    until_s, warm = time.monotonic() + WARM_S, False
    while True:
        found = await store.probe.look()
        if not warm and found.trouble is None:
            warm = time.monotonic() > until_s or await _warm(store, galleries, clock)
        readiness.found(warm=warm, store=found)
        await asyncio.sleep(EVERY_S)


async def _warm(store: Store, galleries: Galleries, clock: Clock) -> bool:
    try:
        wanted = await store.read(backlog.searchable, clock() - STALE_MS)
    except StoreDown:
        return False
    return all(_searchable(galleries, journey) for journey in wanted)


def _searchable(galleries: Galleries, journey: str) -> bool:
    try:
        galleries.of(journey)
    except NotReady:
        return False
    return True
