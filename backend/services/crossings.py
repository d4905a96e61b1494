"""List, Correct, Overstays and Reconcile: translate, call, translate."""

from limen.v1 import crossings_pb2 as pb
from limen.v1.crossings_pb2_grpc import CrossingsServicer

from backend import amending, viewing
from backend.amending import Correction
from backend.caller import caller
from backend.crossing import recording
from backend.parts import Parts
from backend.viewing import Seen
from backend.wrapping import Context


class Crossings(CrossingsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def List(self, request: pb.ListCrossingsRequest, context: Context) -> pb.ListCrossingsReply:
        seen = await self._parts.store.run(viewing.crossings_of, self._parts.acting(), request.journey)
        return pb.ListCrossingsReply(crossings=[_record(one) for one in seen])

    async def Correct(self, request: pb.CorrectRequest, context: Context) -> pb.CorrectReply:
        traveler = request.traveler if request.WhichOneof("how") == "traveler" else None
        wanted = Correction(request.crossing, request.reason, request.redress, traveler)
        how = recording(self._parts)
        return pb.CorrectReply(amendment=await self._parts.store.run(amending.correct, how, caller(), wanted))

    async def Overstays(self, request: pb.OverstaysRequest, context: Context) -> pb.OverstaysReply:
        found = await self._parts.store.run(viewing.overstays, self._parts.acting(), request.port)
        reply = pb.OverstaysReply()
        for move in found:
            until = move.until_utc_ms or 0
            reply.overstays.add(
                crossing=move.crossing, port=move.port, arrived_utc_ms=move.crossed_utc_ms, until_utc_ms=until
            )
        return reply

    async def Reconciliations(self, request: pb.ReconciliationsRequest, context: Context) -> pb.ReconciliationsReply:
        reply = pb.ReconciliationsReply()
        for one in await self._parts.store.run(viewing.disagreements, self._parts.acting()):
            reply.open.add(crossing=one.crossing, port=one.port, verdict=one.verdict, opened_utc_ms=one.opened_utc_ms)
        return reply

    async def Reconcile(self, request: pb.ReconcileRequest, context: Context) -> pb.ReconcileReply:
        how = recording(self._parts)
        about = (request.crossing, request.stands, request.reason)
        await self._parts.store.run(amending.reconcile, how, caller(), *about)
        return pb.ReconcileReply()


def _record(seen: Seen) -> pb.CrossingRecord:
    of = seen.crossing
    return pb.CrossingRecord(
        crossing=of.crossing,
        traveler=of.traveler,
        name=seen.name,
        protected=seen.protected,
        kind=of.kind,
        direction=of.direction,
        gate=of.gate,
        crossed_utc_ms=of.crossed_utc_ms,
        voided=of.voided_utc_ms is not None,
        queued_for=seen.queued_for,
    )
