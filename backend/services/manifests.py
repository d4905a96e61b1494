"""Manifests in, galleries and answers out: translate, call, translate."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import asdict

from limen.v1 import manifests_pb2 as pb
from limen.v1.manifests_pb2_grpc import ManifestsServicer
from sqlalchemy import Connection

from backend import expecting, submitting
from backend.acting import Acting
from backend.caller import Caller, caller
from backend.errors import Busy, KeyGone, NotAllowed, Refused, Repeated
from backend.hygiene import Hygiene, Kind
from backend.keys import KeyRing, of_gallery
from backend.manifests import paxlst
from backend.manifests.findings import PhotosRefused
from backend.parsing import Parsing
from backend.parts import Parts
from backend.store import answers, audit, journeys, messages, peers, travelers
from backend.store.bell import Topic
from backend.store.journeys import Journey
from backend.store.travelers import Sheet
from backend.submitting import Offer
from backend.wrapping import Context

SHOWN = "gallery.shown"
TRIES = 5  # while other parts of the same message come in
ACCOMMODATIONS = {
    pb.AccommodateRequest.KIND_NONE: "",
    pb.AccommodateRequest.KIND_OPT_OUT: "opt_out",
    pb.AccommodateRequest.KIND_DOCUMENTS: "documents",
}
DEFECTS = {
    Kind.NO_PHOTO: pb.Defect.KIND_NO_PHOTO,
    Kind.POOR_PHOTOS: pb.Defect.KIND_POOR_PHOTOS,
    Kind.DUPLICATE: pb.Defect.KIND_DUPLICATE,
    Kind.LOOK_ALIKE: pb.Defect.KIND_LOOK_ALIKE,
    Kind.MISMATCH: pb.Defect.KIND_MISMATCH,
}


class Manifests(ManifestsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts, self._parsing = parts, Parsing()

    async def Submit(self, request: pb.SubmitRequest, context: Context) -> pb.SubmitReply:
        acting, sha256 = self._acting(), hashlib.sha256(request.interchange).hexdigest()
        try:
            reply = await self._submit(acting, sha256, request.interchange)
        except (Refused, NotAllowed, Repeated, KeyGone, Busy) as error:
            action = "photos.refused" if isinstance(error, PhotosRefused) else "manifest.submitted"
            told = audit.by(
                acting.who, acting.now_utc_ms, action, sha256[:16], result=f"refused: {type(error).__name__}"
            )
            await self._parts.store.run(audit.note, told)
            raise
        for journey in reply.journeys:
            self._parts.galleries.want(journey)
        return reply

    async def _submit(self, acting: Acting, sha256: str, content: bytes) -> pb.SubmitReply:
        store, keys = self._parts.store, self._parts.keys
        before = await store.read(messages.answered, keys, acting.who.name, sha256)
        if before is not None:
            return pb.SubmitReply.FromString(before)
        manifest = await self._parsing.run(paxlst.parse, content)
        for _ in range(TRIES):
            held = await store.read(messages.parts, acting.who.name, submitting.names(manifest))
            offer = Offer(sha256, content, manifest, tuple(held))
            kept = await store.read(messages.waiting, keys, acting.who.name, submitting.to_read(offer))
            sent = await self._parsing.run(submitting.assembled, offer, kept)
            reply = await store.run(submitting.take, acting, self._parts.settings.country, sent)
            if reply is not None:
                return reply
        raise Busy("other parts of the same message keep coming; send this one again")

    async def WatchAnswers(self, request: pb.WatchAnswersRequest, context: Context) -> AsyncIterator[pb.CarrierAnswer]:
        store, who, after = self._parts.store, caller().name, request.held_to
        await store.run(answers.hold, who, after)
        while True:
            told = store.bell.revision(Topic.ANSWERS)
            for one in await store.read(answers.waiting, self._parts.keys, who, after):
                yield pb.CarrierAnswer(number=one.number, interchange=one.interchange)
                after = one.number
            await store.bell.wait(Topic.ANSWERS, told)

    async def Assign(self, request: pb.AssignRequest, context: Context) -> pb.AssignReply:
        await self._parts.store.run(_assign, self._acting(), request.gate, request.journey)
        return pb.AssignReply()

    async def Remove(self, request: pb.RemoveRequest, context: Context) -> pb.RemoveReply:
        await self._parts.store.run(_remove, self._acting(), request.journey, request.traveler, request.reason)
        self._parts.galleries.want(request.journey)
        return pb.RemoveReply()

    async def CloseDoors(self, request: pb.CloseDoorsRequest, context: Context) -> pb.CloseDoorsReply:
        crossed, not_crossed = await self._parts.store.run(_close, self._acting(), request.journey)
        self._parts.galleries.want(request.journey)
        return pb.CloseDoorsReply(crossed=crossed, not_crossed=not_crossed)

    async def Accommodate(self, request: pb.AccommodateRequest, context: Context) -> pb.AccommodateReply:
        kind = ACCOMMODATIONS[request.kind]
        await self._parts.store.run(_accommodate, self._acting(), request.journey, request.traveler, kind)
        self._parts.galleries.want(request.journey)
        return pb.AccommodateReply()

    async def Hygiene(self, request: pb.HygieneRequest, context: Context) -> pb.HygieneReply:
        known = await self._parts.store.run(_seen, self._acting(), request.journey)
        return _hygiene(await self._parts.galleries.hygiene(known.journey))

    async def WatchGallery(self, request: pb.WatchGalleryRequest, context: Context) -> AsyncIterator[pb.GalleryState]:
        who, bell = caller(), self._parts.store.bell
        if who.gate is None:
            raise NotAllowed(f"{who.name} stands at no gate")
        sent: pb.GalleryState | None = None
        shown: Sheet | None = None
        people: list[pb.Expected] = []
        noted = ""
        while True:
            told = bell.revision(Topic.GALLERIES)
            sheet = await self._parts.store.read(_sheet, self._parts.keys, who)
            if sheet != shown:  # names are opened only when they may be others than before
                people, shown = await asyncio.to_thread(_expected, self._parts.keys, sheet), sheet
            state = self._state(sheet.journey, people) if sheet else pb.GalleryState()
            if state != sent:  # the bell is everybody's: most of its rings are about other gates
                if people and noted != state.journey:
                    await self._note_shown(self._acting(), state.journey)
                    noted = state.journey
                yield state
                sent = state
            await bell.wait(Topic.GALLERIES, told)

    async def _note_shown(self, acting: Acting, journey: str) -> None:
        """Names go to a gate: in the log once for each device that shows them there, and when another one took over."""
        if await self._parts.store.read(_last_shown, acting, journey) != acting.who.name:
            await self._parts.store.run(acting.note, SHOWN, journey, acting.who.gate or "")

    def _state(self, journey: str, people: list[pb.Expected]) -> pb.GalleryState:
        progress = self._parts.galleries.progress(journey)
        state = pb.GalleryState(journey=journey, ready=progress.ready, expected=people)
        state.photos_done, state.photos_total = progress.done, progress.total
        return state

    def _acting(self) -> Acting:
        return Acting(caller(), self._parts.keys, self._parts.clock())


def _boards(db: Connection, who: Caller) -> str | None:
    """What boards at the caller's gate.  Another port may have a gate of that name: its travellers are not shown."""
    boards = (journeys.assigned(db, port, who.gate or "") for port in sorted(who.ports))
    return next((journey for journey in boards if journey is not None), None)


def _sheet(db: Connection, keys: KeyRing, who: Caller) -> Sheet | None:
    """Nobody is left of a journey that was purged while it was still assigned."""
    if (journey := _boards(db, who)) is None:
        return None
    return travelers.sheet(db, journey) if keys.has(of_gallery(journey)) else Sheet(journey)


def _expected(keys: KeyRing, sheet: Sheet | None) -> list[pb.Expected]:
    try:
        return [pb.Expected(**asdict(one)) for one in travelers.expected(keys, sheet)] if sheet else []
    except KeyGone:
        return []


def _last_shown(db: Connection, acting: Acting, journey: str) -> str | None:
    return audit.last_by(db, SHOWN, journey, acting.who.gate or "")


def _assign(db: Connection, acting: Acting, gate: str, journey: str) -> None:
    known = journeys.announced(db, journey)
    acting.who.require(known.port)
    if not peers.stands(db, known.port, gate):
        raise Refused(f"no gate {gate} is registered at {known.port}, where {journey} is seen; `limen-tvs device add`")
    journeys.assign(db, gate, journey)
    acting.note(db, "journey.assigned", journey, gate)


def _remove(db: Connection, acting: Acting, journey: str, traveler: str, reason: str) -> None:
    expecting.remove(db, acting, expecting.own(db, acting, journey), traveler, reason)


def _close(db: Connection, acting: Acting, journey: str) -> tuple[int, int]:
    return expecting.close_doors(db, acting, expecting.own(db, acting, journey))


def _accommodate(db: Connection, acting: Acting, journey: str, traveler: str, kind: str) -> None:
    expecting.accommodate(db, acting, expecting.own(db, acting, journey), traveler, kind)


def _seen(db: Connection, acting: Acting, journey: str) -> Journey:
    known = journeys.announced(db, journey)
    acting.who.require(known.port)
    acting.note(db, "gallery.inspected", journey, known.port)
    return known


def _hygiene(told: Hygiene) -> pb.HygieneReply:
    return pb.HygieneReply(
        journey=told.journey,
        travelers=told.travelers,
        searchable=told.searchable,
        samples=told.samples,
        ceiling=told.ceiling,
        accept=told.accept,
        defects=[pb.Defect(kind=DEFECTS[d.kind], travelers=d.travelers, detail=d.detail) for d in told.defects],
        searchable_after_ms=told.searchable_after_ms,
    )
