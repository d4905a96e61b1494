"""Stay in touch with the service, and judge what can be asked of it now."""

import asyncio
import time
from collections.abc import Callable

import grpc
import structlog
from limen.v1.manifests_pb2 import GalleryState

from edge.encounter.events import Boarded, Event, Outcome, ServiceChanged
from edge.encounter.journal import Journal
from edge.sentences import ServiceSays
from edge.service import SILENT, ServiceClient
from edge.service_health import Call, ServiceHealth, judge, next_probe_s
from edge.view import Missing, View

log = structlog.get_logger()
RETRY_S = 1.0
SOFTWARE = "limen 0.1.0"
TECHNICIAN = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.FAILED_PRECONDITION}
LOST_AFTER = 2  # tries in a row to follow the gallery: a connection that ends is begun anew at once


class ServiceWatch:
    """`heard` gets an event when what can be asked changes."""

    def __init__(self, service: ServiceClient, journal: Journal, view: View, heard: Callable[[Event], None]) -> None:
        self._service, self._view, self._heard = service, view, heard
        self._health = ServiceHealth()
        self._gallery: GalleryState | None = None
        self._lost = ServiceSays.CONNECTING  # what to say while no gallery comes
        self._told = (False, False)
        self._boarded = {
            effect.what.traveler
            for notice in journal.pending.values()
            for effect in notice.step.effects
            if isinstance(effect, Outcome) and isinstance(effect.what, Boarded)
        }
        service.listen(self._answered)

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._probe())
            tasks.create_task(self._follow())

    def boarded(self, traveler: str) -> None:
        """By documents: the service may be away, and nobody is boarded twice until it says so itself."""
        self._boarded.add(traveler)
        self._count()

    async def _probe(self) -> None:
        while True:
            sent_s = time.monotonic()
            await self._service.probe()
            await asyncio.sleep(max(0.0, next_probe_s(self._health, sent_s) - time.monotonic()))

    def _answered(self, call: Call, answered: bool) -> None:
        self._health = judge(self._health, call, answered=answered, now_s=time.monotonic())
        self._tell()

    async def _follow(self) -> None:
        """The journey at our gate and who is expected; begun anew when the connection ends."""
        failed = 0
        while True:
            try:
                greeting = await self._service.hello(SOFTWARE)
                self._view.update(liveness_enforced=greeting.liveness_enforced)
                async for gallery in self._service.gallery():
                    failed, self._gallery = 0, gallery
                    self._count()
                    self._tell()
            except grpc.aio.AioRpcError as error:
                failed += 1
                if failed >= LOST_AFTER:
                    log.warning("gallery.lost", code=error.code().name, why=str(error.details())[:200])
                    self._gallery, self._lost = None, _meaning(error.code())
                    self._tell()
                    await asyncio.sleep(RETRY_S)

    def _count(self) -> None:
        """Of a protected traveler the carrier's reference stands for the name."""
        if self._gallery is None:
            missing = tuple(person for person in self._view.missing if person.traveler not in self._boarded)
            self._view.update(missing=missing)
            return
        expected = self._gallery.expected
        self._boarded -= {person.traveler for person in expected if person.crossed}
        still = [p for p in expected if not p.crossed and p.traveler not in self._boarded]
        missing = tuple(Missing(p.traveler, p.name or p.reference, p.seat) for p in still)
        self._view.update(journey=self._gallery.journey, expected=len(expected), missing=missing)

    def _tell(self) -> None:
        says, reachable = self._says(), self._health.up  # whatever became of the gallery: documents are asked about
        up = says is ServiceSays.READY
        if (up, reachable) != self._told:
            self._told = (up, reachable)
            log.info("service.changed", up=up, reachable=reachable, says=says)
            self._heard(ServiceChanged(up, reachable))
        gallery = self._gallery
        photos = (gallery.photos_done, gallery.photos_total) if gallery else (0, 0)
        self._view.update(service=says, service_up=up, photos=photos)

    def _says(self) -> ServiceSays:
        if not self._health.up:
            return ServiceSays.NO_ANSWER if self._health.missed else ServiceSays.CONNECTING
        if self._gallery is None:
            return self._lost
        if not self._gallery.journey:
            return ServiceSays.NO_JOURNEY
        return ServiceSays.READY if self._gallery.ready else ServiceSays.GALLERY


def _meaning(refusal: grpc.StatusCode) -> ServiceSays:
    """Of a gallery that does not come."""
    if refusal in SILENT:
        return ServiceSays.CONNECTING
    return ServiceSays.REFUSES if refusal in TECHNICIAN else ServiceSays.BUSY
