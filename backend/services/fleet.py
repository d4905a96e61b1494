"""Hello and Health: translate, call, translate."""

import structlog
from limen.v1 import fleet_pb2
from limen.v1.fleet_pb2_grpc import FleetServicer

from backend.caller import caller
from backend.errors import Mismatch
from backend.parts import Parts
from backend.wrapping import Context
from vision.embed import template_version

log = structlog.get_logger()


class Fleet(FleetServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Hello(self, request: fleet_pb2.HelloRequest, context: Context) -> fleet_pb2.HelloReply:
        peer = caller()
        peer.require_own(request.device)
        if request.template_version != template_version():
            ours = f"appliance has {request.template_version}, service has {template_version()}"
            raise Mismatch(f"models differ: {ours}; install the same release on both, then `make models`")
        log.info("device.greeted", device=peer.name, gate=peer.gate, software=request.software)
        rules = await self._parts.verifier.rules()
        return fleet_pb2.HelloReply(
            gate=peer.gate or "", attempts=rules.attempts, liveness_enforced=rules.liveness_enforced
        )

    async def Health(self, request: fleet_pb2.HealthRequest, context: Context) -> fleet_pb2.HealthReply:
        state = {"camera_ok": request.camera_ok, "gate_ok": request.gate_ok, "outbox": request.outbox}
        log.info("device.reported", device=caller().name, **state)
        return fleet_pb2.HealthReply()
