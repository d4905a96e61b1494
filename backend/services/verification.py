"""Verify and ReportOutcome: translate, call, translate."""

import hashlib
import time

from limen.v1 import verification_pb2 as pb
from limen.v1.verification_pb2_grpc import VerificationServicer

from backend.caller import EVERYWHERE, caller
from backend.crossing import Report, Status, report
from backend.errors import NotAllowed
from backend.interceptors import Context
from backend.parts import Parts
from backend.store.decisions import Decision
from backend.verifier import Shot, Submission

STATUS = {
    Status.RECORDED: pb.ReportOutcomeReply.STATUS_RECORDED,
    Status.DUPLICATE: pb.ReportOutcomeReply.STATUS_DUPLICATE,
    Status.LATE: pb.ReportOutcomeReply.STATUS_LATE,
}


class Verification(VerificationServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Verify(self, request: pb.VerifyRequest, context: Context) -> pb.VerifyReply:
        return _reply(await self._parts.verifier.verify(_submission(request, context)))

    async def ReportOutcome(self, request: pb.ReportOutcomeRequest, context: Context) -> pb.ReportOutcomeReply:
        status = await self._parts.store.run(report, self._parts.keys, _report(request))
        return pb.ReportOutcomeReply(status=STATUS[status])


def _submission(request: pb.VerifyRequest, context: Context) -> Submission:
    peer = caller()
    if request.device != peer.name:
        raise NotAllowed(f"the certificate is of {peer.name}, the request says {request.device}")
    left_s = context.time_remaining()
    shots = [Shot(s.image, [(p.x, p.y) for p in s.points], s.liveness.score) for s in request.shots]
    return Submission(
        encounter=request.encounter,
        attempt=request.attempt,
        journey=request.journey,
        device=peer.name,
        gate=peer.gate or "",
        port=next(iter(peer.ports - {EVERYWHERE}), ""),
        claimed=request.traveler if request.HasField("traveler") else None,
        shots=shots,
        capture=_capture(request),
        request_sha256=hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest(),
        expires_s=time.monotonic() + (left_s or 0.0),
    )


def _capture(request: pb.VerifyRequest) -> bytes:
    """What the device said about itself and its images, without the images: a VerifyRequest."""
    described = pb.VerifyRequest(camera=request.camera)
    if request.HasField("traveler"):
        described.traveler = request.traveler
    for shot in request.shots:
        kept = described.shots.add()
        kept.CopyFrom(shot)
        kept.ClearField("image")
    return described.SerializeToString()


def _reply(held: Decision) -> pb.VerifyReply:
    reply = pb.VerifyReply(encounter=held.encounter, attempt=held.attempt)
    match held.directive:
        case "proceed":
            reply.proceed.decision = held.decision
        case "recapture":
            reply.recapture.cue = pb.Cue.Value(f"CUE_{(held.cue or '').upper()}")
            reply.recapture.attempts_left = held.attempts_left
        case _:
            reply.wait.SetInParent()
    return reply


def _report(request: pb.ReportOutcomeRequest) -> Report:
    kind = request.WhichOneof("outcome") or ""
    told = {"crossed": request.crossed.decision, "not_crossed": request.not_crossed.decision}
    return Report(
        encounter=request.encounter,
        journey=request.journey,
        device=caller().name,
        gate=caller().gate or "",
        port=next(iter(caller().ports - {EVERYWHERE}), ""),
        ended_utc_ms=request.ended_utc_ms,
        since_answer_ms=request.since_answer_ms,
        kind=kind,
        decision=told.get(kind),
        traveler=request.boarded.traveler or None,
        agent=request.boarded.agent or None,
        why=pb.NotCrossed.Why.Name(request.not_crossed.why) if kind == "not_crossed" else None,
    )
