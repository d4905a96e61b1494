"""The devices' audit lines and searches of the log: translate, call, translate."""

from limen.v1 import audit_pb2 as pb
from limen.v1.audit_pb2_grpc import AuditServicer

from backend.caller import caller
from backend.interceptors import Context
from backend.parts import Parts
from backend.store import crossings
from backend.store.crossings import AuditLine


class Audit(AuditServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Append(self, request: pb.AppendRequest, context: Context) -> pb.AppendReply:
        device = caller().name
        for e in request.entries:
            line = AuditLine(device, e.number, e.at_utc_ms, e.event, e.encounter, e.detail)
            await self._parts.store.run(crossings.append, line)
        return pb.AppendReply(held_to=max(entry.number for entry in request.entries))
