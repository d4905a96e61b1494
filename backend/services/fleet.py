"""Hello, Health and the devices' audit lines: translate, call, translate."""

import structlog
from limen.v1 import audit_pb2, fleet_pb2
from limen.v1.audit_pb2_grpc import AuditServicer
from limen.v1.fleet_pb2_grpc import FleetServicer

from backend.errors import Mismatch, NotAllowed
from backend.interceptors import Context, caller
from backend.settings import Rules
from backend.store import crossings
from backend.store.crossings import AuditLine
from backend.store.engine import Store
from vision.embed import template_version

log = structlog.get_logger()


class Fleet(FleetServicer):
    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def Hello(self, request: fleet_pb2.HelloRequest, context: Context) -> fleet_pb2.HelloReply:
        peer = caller()
        if request.device != peer.name:
            raise NotAllowed(f"the certificate is of {peer.name}, the request says {request.device}")
        if request.template_version != template_version():
            ours = f"appliance has {request.template_version}, service has {template_version()}"
            raise Mismatch(f"models differ: {ours}; install the same release on both, then `make models`")
        log.info("device.greeted", device=peer.name, gate=peer.gate, software=request.software)
        rules = self._rules
        return fleet_pb2.HelloReply(
            gate=peer.gate or "", attempts=rules.attempts, liveness_enforced=rules.liveness_enforced
        )

    async def Health(self, request: fleet_pb2.HealthRequest, context: Context) -> fleet_pb2.HealthReply:
        state = {"camera_ok": request.camera_ok, "gate_ok": request.gate_ok, "outbox": request.outbox}
        log.info("device.reported", device=caller().name, **state)
        return fleet_pb2.HealthReply()


class Audit(AuditServicer):
    def __init__(self, store: Store) -> None:
        self._store = store

    async def Append(self, request: audit_pb2.AppendRequest, context: Context) -> audit_pb2.AppendReply:
        device = caller().name
        for e in request.entries:
            line = AuditLine(device, e.number, e.at_utc_ms, e.event, e.encounter, e.detail)
            await self._store.run(crossings.append, line)
        return audit_pb2.AppendReply(held_to=max(entry.number for entry in request.entries))
