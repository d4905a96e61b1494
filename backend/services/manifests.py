"""Submit, WatchGallery and Assign: translate, call, translate."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

from limen.v1 import manifests_pb2 as pb
from limen.v1.manifests_pb2_grpc import ManifestsServicer

from backend import photos
from backend.errors import NotAllowed, Refused
from backend.galleries import Galleries
from backend.interceptors import Context, caller
from backend.manifests import paxlst
from backend.store import manifests
from backend.store.engine import Store
from backend.store.manifests import Traveler


class Manifests(ManifestsServicer):
    def __init__(self, store: Store, galleries: Galleries) -> None:
        self._store, self._galleries = store, galleries

    async def Submit(self, request: pb.SubmitRequest, context: Context) -> pb.SubmitReply:
        manifest = await asyncio.to_thread(paxlst.parse, request.interchange)
        people = [_traveler(person) for person in manifest.people]
        journey, now_utc_ms = manifest.journey.key, time.time_ns() // 1_000_000
        await self._store.run(manifests.announce, journey, now_utc_ms, people)
        self._galleries.want(journey)
        findings = [
            pb.Finding(segment=f.segment, position=f.position, line=f.line, problem=f.problem)
            for f in manifest.findings
        ]
        return pb.SubmitReply(journey=journey, travelers=len(people), findings=findings)

    async def Assign(self, request: pb.AssignRequest, context: Context) -> pb.AssignReply:
        if not await self._store.run(manifests.known, request.journey):
            raise Refused(f"journey {request.journey} is unknown; submit its manifest first")
        await self._store.run(manifests.assign, request.gate, request.journey)
        await self._galleries.tell()
        return pb.AssignReply()

    async def WatchGallery(self, request: pb.WatchGalleryRequest, context: Context) -> AsyncIterator[pb.GalleryState]:
        gate = caller().gate
        if gate is None:
            raise NotAllowed(f"{caller().name} stands at no gate")
        told = -1
        while True:
            async with self._galleries.changed:
                await self._galleries.changed.wait_for(lambda: self._galleries.revision != told)  # noqa: B023
                told = self._galleries.revision
            yield await self._state(gate)

    async def _state(self, gate: str) -> pb.GalleryState:
        journey = await self._store.run(manifests.assigned, gate)
        if journey is None:
            return pb.GalleryState()
        progress = self._galleries.progress(journey)
        rows = await self._store.run(manifests.expected, journey)
        people = [pb.Expected(traveler=r.traveler, name=r.name, seat=r.seat, crossed=r.crossed) for r in rows]
        state = pb.GalleryState(journey=journey, ready=progress.ready, expected=people)
        state.photos_done, state.photos_total = progress.done, progress.total
        return state


def _traveler(person: paxlst.Person) -> Traveler:
    """Without a document there is no photo to ask for: a key of its own, never found, keeps the person expected."""
    named = person.document_number != ""
    document = (person.document_type, person.document_issuer, person.document_number)
    photo_key = photos.key(*document) if named else photos.key("none", person.surname, person.given)
    return Traveler(str(uuid.uuid4()), f"{person.surname} {person.given}".strip(), person.seat, photo_key)
