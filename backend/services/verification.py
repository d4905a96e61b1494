"""Verify, Identify and ReportOutcome: translate, call, translate."""

import hashlib
import time
from functools import partial

from google.protobuf.message import Message
from limen.v1 import verification_pb2 as pb
from limen.v1.verification_pb2_grpc import VerificationServicer
from sqlalchemy import Connection

from backend.caller import caller
from backend.crossing import Report, Status, recording, report
from backend.documents_check import conclude_documents
from backend.errors import NoShift
from backend.looking import Shot
from backend.named_fields import copied
from backend.parts import Parts
from backend.question import CROSS, DOCUMENTS, IDENTIFY, Question
from backend.store import decisions, shifts
from backend.store.decisions import Decision
from backend.verifier import Submission
from backend.wrapping import Context

STATUS = {
    Status.RECORDED: pb.ReportOutcomeReply.STATUS_RECORDED,
    Status.DUPLICATE: pb.ReportOutcomeReply.STATUS_DUPLICATE,
    Status.LATE: pb.ReportOutcomeReply.STATUS_LATE,
}

_NONE = pb.NotCrossed.WHY_UNSPECIFIED


class Verification(VerificationServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Verify(self, request: pb.VerifyRequest, context: Context) -> pb.VerifyReply:
        return _reply(await self._parts.verifier.verify(_submission(request, context, CROSS)))

    async def Identify(self, request: pb.VerifyRequest, context: Context) -> pb.IdentifyReply:
        held = await self._parts.verifier.verify(_submission(request, context, IDENTIFY))
        reply = pb.IdentifyReply(encounter=held.encounter, attempt=held.attempt)
        if held.traveler is None:
            _decline(reply, held)
        else:
            known = await self._parts.store.read(decisions.known, held.journey, held.traveler)
            reply.identified.traveler, reply.identified.seat = held.traveler, known.seat
        return reply

    async def VerifyDocuments(self, request: pb.VerifyDocumentsRequest, context: Context) -> pb.VerifyDocumentsReply:
        asked, now_utc_ms = _documents_question(request), self._parts.clock()
        held = await self._parts.store.run(_by_agent, asked, request.session, now_utc_ms)
        reply = pb.VerifyDocumentsReply(encounter=held.encounter)
        if held.directive == "proceed":
            reply.proceed.decision = held.decision
        else:
            reply.wait.SetInParent()
        return reply

    async def ReportOutcome(self, request: pb.ReportOutcomeRequest, context: Context) -> pb.ReportOutcomeReply:
        status = await self._parts.store.run(report, recording(self._parts), _report(request))
        return pb.ReportOutcomeReply(status=STATUS[status])


def _submission(request: pb.VerifyRequest, context: Context, purpose: str) -> Submission:
    peer = caller()
    peer.require_own(request.device)
    left_s = context.time_remaining()
    question = Question(
        encounter=request.encounter,
        attempt=request.attempt,
        purpose=purpose,
        journey=request.journey,
        device=peer.name,
        gate=peer.gate or "",
        port=peer.port,
        claimed=request.traveler if request.HasField("traveler") else None,
        capture=_capture(request),
        request_sha256=_digest(purpose, request),
        role=peer.role,
    )
    shots = [Shot(s.image, [(p.x, p.y) for p in s.points], s.liveness.score) for s in request.shots]
    return Submission(question, shots, time.monotonic() + (left_s or 0.0))


def _by_agent(db: Connection, asked: Question, session: str, now_utc_ms: int) -> Decision:
    """What was answered stays answered, though the shift has ended since."""
    return conclude_documents(db, asked, now_utc_ms, partial(_require_shift, db, asked, session, now_utc_ms))


def _require_shift(db: Connection, asked: Question, session: str, now_utc_ms: int) -> None:
    """Raises NoShift for an agent who has none at this port now."""
    problem = shifts.problem(db, session, asked.agent, asked.port, now_utc_ms, now=True)
    if problem or not shifts.works_at(db, asked.agent, asked.port):
        raise NoShift(f"{asked.agent}: {problem or 'no agent of this port any more'}; log in at the gate")


def _documents_question(request: pb.VerifyDocumentsRequest) -> Question:
    peer = caller()
    peer.require_own(request.device)
    return Question(
        encounter=request.encounter,
        attempt=1,
        purpose=DOCUMENTS,
        journey=request.journey,
        device=peer.name,
        gate=peer.gate or "",
        port=peer.port,
        claimed=request.traveler,
        capture=b"",
        request_sha256=_digest(DOCUMENTS, request),
        agent=request.agent,
    )


def _digest(purpose: str, request: Message) -> str:
    return hashlib.sha256(purpose.encode() + request.SerializeToString(deterministic=True)).hexdigest()


def _capture(request: pb.VerifyRequest) -> bytes:
    """What the device said about itself and its images, without the images: a VerifyRequest."""
    described = pb.VerifyRequest(camera=copied(request.camera))
    if request.HasField("traveler"):
        described.traveler = request.traveler
    described.shots.extend(copied(shot, "image") for shot in request.shots)
    return described.SerializeToString()


def _reply(held: Decision) -> pb.VerifyReply:
    reply = pb.VerifyReply(encounter=held.encounter, attempt=held.attempt)
    if held.directive == "proceed":
        reply.proceed.decision = held.decision
    else:
        _decline(reply, held)
    return reply


def _decline(reply: pb.VerifyReply | pb.IdentifyReply, held: Decision) -> None:
    """Another picture, or an agent; why is not on the wire."""
    if held.directive == "recapture":
        reply.recapture.cue = pb.Cue.Value(f"CUE_{(held.cue or '').upper()}")
        reply.recapture.attempts_left = held.attempts_left
    else:
        reply.wait.SetInParent()


def _report(request: pb.ReportOutcomeRequest) -> Report:
    kind = request.WhichOneof("outcome") or ""
    decision, traveler, agent, why, session = _told_of(request)
    peer = caller()
    return Report(
        encounter=request.encounter,
        journey=request.journey,
        device=peer.name,
        gate=peer.gate or "",
        port=peer.port,
        ended_utc_ms=request.ended_utc_ms,
        since_answer_ms=request.since_answer_ms,
        kind=kind,
        decision=decision or None,
        traveler=traveler or None,
        agent=agent or None,
        why=pb.NotCrossed.Why.Name(why) if why else None,
        session=session,
    )


def _told_of(request: pb.ReportOutcomeRequest) -> tuple[str, str, str, pb.NotCrossed.Why.ValueType, str]:
    """(decision, traveler, agent, why, session), empty where the outcome has none."""
    match request.WhichOneof("outcome"):
        case "crossed":
            return request.crossed.decision, "", "", _NONE, ""
        case "not_crossed":
            return request.not_crossed.decision, "", "", request.not_crossed.why, ""
        case "boarded":
            of = request.boarded
            return of.decision, of.traveler, of.agent, _NONE, of.session
        case _:
            ended = request.not_boarded
            return ended.decision, ended.traveler, ended.agent, ended.why, ended.session
