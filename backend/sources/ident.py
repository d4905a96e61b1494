"""Photos from the biometric repository (IDENT): ANSI/NIST-ITL files over HTTP."""

import asyncio
import time
import uuid
from collections.abc import Sequence

from backend.biographic import Biographic
from backend.clock import Clock
from backend.sources import itl
from backend.sources.photo import NotAsked, Photo, SourceDown
from backend.sources.wire import Wire


class Ident:
    """It is told the travel document and nothing else."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire, self._clock = wire, clock

    @property
    def name(self) -> str:
        return self._wire.name

    async def photos(self, person: Biographic) -> Sequence[Photo]:
        if not person.document_number:
            return []
        day = time.strftime("%Y%m%d", time.gmtime(self._clock() / 1000))
        try:
            key = person.document_type, person.document_issuer, person.document_number
            asked = itl.question(*key, day, uuid.uuid4().hex)
        except itl.NotItl as error:
            raise NotAsked(f"{self.name}: the travel document cannot be written: {error}") from error
        reply = await self._wire.ask(asked, itl.MEDIA_TYPE)
        try:
            return [] if reply is None else await asyncio.to_thread(itl.faces, reply.content)
        except itl.NotItl as error:
            raise SourceDown(f"{self.name}: {error}") from error
