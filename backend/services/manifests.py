"""Manifests in, galleries out: translate, call, translate."""

import asyncio
import uuid
from collections.abc import AsyncIterator

from limen.v1 import manifests_pb2 as pb
from limen.v1.manifests_pb2_grpc import ManifestsServicer
from sqlalchemy import Connection

from backend.biographic import Biographic
from backend.caller import caller
from backend.errors import NotAllowed, Refused
from backend.interceptors import Context
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.manifests import paxlst
from backend.parts import Parts
from backend.rules.scope import scope, set_on
from backend.store import journeys, travelers
from backend.store.bell import Topic
from backend.store.journeys import Journey
from backend.store.travelers import Traveler


class Manifests(ManifestsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Submit(self, request: pb.SubmitRequest, context: Context) -> pb.SubmitReply:
        parts = self._parts
        manifest = await asyncio.to_thread(paxlst.parse, request.interchange)
        day = manifest.journey.departure.date()
        people = [_traveler(person, parts.settings.country, manifest) for person in manifest.people]
        journey = Journey(
            journey=manifest.journey.key,
            mode="air",
            direction="out",
            carrier=caller().name,
            departure_port=manifest.journey.departure_port,
            arrival_port=manifest.journey.arrival_port,
            departs_utc_ms=None,
            arrives_utc_ms=None,
            policy=set_on(day).version,
            received_utc_ms=parts.clock(),
        )
        await parts.store.run(_announce, parts.keys, journey, people)
        parts.galleries.want(journey.journey)
        findings = [
            pb.Finding(segment=f.segment, position=f.position, line=f.line, problem=f.problem)
            for f in manifest.findings
        ]
        return pb.SubmitReply(
            journey=journey.journey, journeys=[journey.journey], travelers=len(people), findings=findings
        )

    async def Assign(self, request: pb.AssignRequest, context: Context) -> pb.AssignReply:
        store = self._parts.store
        if await store.run(journeys.find, request.journey) is None:
            raise Refused(f"journey {request.journey} is unknown; submit its manifest first")
        await store.run(journeys.assign, request.gate, request.journey)
        return pb.AssignReply()

    async def WatchGallery(self, request: pb.WatchGalleryRequest, context: Context) -> AsyncIterator[pb.GalleryState]:
        gate, bell = caller().gate, self._parts.store.bell
        if gate is None:
            raise NotAllowed(f"{caller().name} stands at no gate")
        while True:
            told = bell.revision(Topic.GALLERIES)
            yield await self._state(gate)
            await bell.wait(Topic.GALLERIES, told)

    async def _state(self, gate: str) -> pb.GalleryState:
        parts = self._parts
        journey = await parts.store.run(journeys.assigned, gate)
        if journey is None:
            return pb.GalleryState()
        progress = parts.galleries.progress(journey)
        rows = await parts.store.run(travelers.expected, parts.keys, journey)
        people = [
            pb.Expected(traveler=r.traveler, name=r.name, seat=r.seat, crossed=r.crossed, documents=r.documents)
            for r in rows
        ]
        state = pb.GalleryState(journey=journey, ready=progress.ready, expected=people)
        state.photos_done, state.photos_total = progress.done, progress.total
        return state


def _announce(db: Connection, keys: KeyRing, journey: Journey, people: list[Traveler]) -> None:
    for name in (of_gallery(journey.journey), of_citizens(journey.journey)):
        keys.make(name)
    journeys.announce(db, journey)
    travelers.expect(db, keys, journey.journey, people, journey.received_utc_ms)


def _traveler(person: paxlst.Person, country: str, manifest: paxlst.Manifest) -> Traveler:
    day = manifest.journey.departure.date()
    of = scope(set_on(day), person.nationality, person.birth, country, day)
    biographic = Biographic(
        surname=person.surname,
        given=person.given,
        sex=person.sex,
        birth=person.birth.isoformat() if person.birth else "",
        nationality=person.nationality,
        document_type=person.document_type,
        document_number=person.document_number,
        document_issuer=person.document_issuer,
    )
    return Traveler(str(uuid.uuid4()), biographic, person.seat, False, of.citizen, of.photographed, of.recorded)
