"""The Traveler Verification Service as the brain sees it: questions with deadlines, answers as values."""

from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from limen.v1 import audit_pb2, fleet_pb2, manifests_pb2, people_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.audit_pb2_grpc import AuditStub
from limen.v1.fleet_pb2_grpc import FleetStub
from limen.v1.manifests_pb2_grpc import ManifestsStub
from limen.v1.people_pb2_grpc import PeopleStub
from limen.v1.verification_pb2_grpc import VerificationStub

from edge.encounter.events import (
    Ask,
    AskDocuments,
    Boarded,
    Crossed,
    NotBoarded,
    NotCrossed,
    Outcome,
    Proceed,
    Recapture,
    Unanswered,
    Wait,
)
from edge.errors import SettingsUnfit
from edge.service_health import PROBE_S, Call
from edge.settings import Service as Settings
from vision.cues import Cue
from vision.embed import template_version

Answer = Proceed | Recapture | Wait | Unanswered
Reply = TypeVar("Reply")
REPORT_S = 3.0
IDENTITY = ("ca.pem", "peer.key", "peer.pem")
# No answer of the service itself: it is away, late, or broken.  Every other status is its own word.
SILENT = frozenset(
    (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.CANCELLED,
    )
)
LOGIN_S = 4.0  # a password takes the service a second
RETRY_MS = 500  # longest pause before a lost connection is tried again
OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", RETRY_MS),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.service_config", '{"methodConfig": [{"name": [{}], "waitForReady": false}]}'),
]


@dataclass(frozen=True, slots=True)
class NoShift:
    """The service knows of no shift of the agent who asks: it has ended there."""

    why: str


class ServiceClient:
    def __init__(self, settings: Settings, device: str) -> None:
        self._deadline_s, self._device = settings.deadline_s, device
        self._channel = grpc.aio.secure_channel(settings.address, _credentials(settings.identity), OPTIONS)
        self._verification = VerificationStub(self._channel)
        self._manifests = ManifestsStub(self._channel)
        self._fleet = FleetStub(self._channel)
        self._audit = AuditStub(self._channel)
        self._health = HealthStub(self._channel)
        self._people = PeopleStub(self._channel)
        self._listener: Callable[[Call, bool], None] = lambda call, answered: None

    def listen(self, listener: Callable[[Call, bool], None]) -> None:
        """Tell it of every call, whether the service answered in time."""
        self._listener = listener

    async def probe(self) -> None:
        """Ask whether it serves; the listener hears of it."""
        try:
            reply = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=PROBE_S)
        except grpc.aio.AioRpcError as error:
            self._listener(Call.PROBE, error.code() not in SILENT)
        else:
            self._listener(Call.PROBE, reply.status == health_pb2.HealthCheckResponse.SERVING)

    async def _heard(self, call: Call, reply: Awaitable[Reply]) -> Reply:
        try:
            answer = await reply
        except grpc.aio.AioRpcError as error:
            self._listener(call, error.code() not in SILENT)
            raise
        self._listener(call, True)
        return answer

    async def hello(self, software: str) -> fleet_pb2.HelloReply:
        """Say who we are.  Raises grpc.aio.AioRpcError, with the service's own words."""
        request = fleet_pb2.HelloRequest(device=self._device, software=software, template_version=template_version())
        return await self._heard(Call.REPORT, self._fleet.Hello(request, timeout=REPORT_S))

    async def health(self, camera_ok: bool, gate_ok: bool, outbox: int) -> None:
        """Raises grpc.aio.AioRpcError."""
        request = fleet_pb2.HealthRequest(device=self._device, camera_ok=camera_ok, gate_ok=gate_ok, outbox=outbox)
        await self._heard(Call.REPORT, self._fleet.Health(request, timeout=REPORT_S))

    def gallery(self) -> AsyncIterable[manifests_pb2.GalleryState]:
        """The journey at our gate and who is expected, for as long as the connection lives."""
        return self._manifests.WatchGallery(manifests_pb2.WatchGalleryRequest())

    async def verify(self, ask: Ask, journey: str, camera: pb.Camera, shots: Sequence[pb.Shot]) -> Answer:
        """One question, one answer; no answer is a value too."""
        request = pb.VerifyRequest(encounter=ask.encounter, attempt=ask.attempt, journey=journey, device=self._device)
        if ask.traveler is not None:
            request.traveler = ask.traveler
        request.camera.CopyFrom(camera)
        request.shots.extend(shots)
        try:
            reply = await self._heard(Call.QUESTION, self._verification.Verify(request, timeout=self._deadline_s))
        except grpc.aio.AioRpcError as error:
            return Unanswered(_said(error))
        if (reply.encounter, reply.attempt) != (ask.encounter, ask.attempt):
            return Unanswered("the answer was about somebody else")
        return _answer(reply)

    async def verify_documents(self, ask: AskDocuments, journey: str) -> Proceed | Wait | Unanswered | NoShift:
        """Whether a traveler may pass by documents."""
        request = pb.VerifyDocumentsRequest(encounter=ask.encounter, journey=journey, device=self._device)
        request.traveler, request.agent = ask.traveler, ask.agent
        if ask.session:
            request.session = ask.session
        try:
            reply = await self._heard(
                Call.QUESTION, self._verification.VerifyDocuments(request, timeout=self._deadline_s)
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return NoShift(_said(error))
            return Unanswered(_said(error))
        if reply.encounter != ask.encounter:
            return Unanswered("the answer was about somebody else")
        return Proceed(reply.proceed.decision) if reply.WhichOneof("directive") == "proceed" else Wait()

    async def report(self, outcome: Outcome, journey: str, ended_utc_ms: int) -> str:
        """Tell how an encounter ended; the service's verdict.  Raises grpc.aio.AioRpcError."""
        request = pb.ReportOutcomeRequest(
            encounter=outcome.encounter,
            journey=journey,
            ended_utc_ms=ended_utc_ms,
            since_answer_ms=outcome.since_answer_ms,
        )
        match outcome.what:
            case Crossed(decision):
                request.crossed.decision = decision
            case Boarded():
                _name(request.boarded, outcome.what)
            case NotBoarded(boarding, why):
                _name(request.not_boarded, boarding)
                request.not_boarded.why = pb.NotCrossed.Why.Value(f"WHY_{why.name}")
            case NotCrossed(decision, why):
                request.not_crossed.decision = decision
                request.not_crossed.why = pb.NotCrossed.Why.Value(f"WHY_{why.name}")
        reply = await self._heard(Call.REPORT, self._verification.ReportOutcome(request, timeout=REPORT_S))
        return pb.ReportOutcomeReply.Status.Name(reply.status).removeprefix("STATUS_").lower()

    async def log_in(self, person: str, password: str) -> people_pb2.LoginReply:
        """Begin an agent's shift here.  Raises grpc.aio.AioRpcError."""
        return await self._people.Login(people_pb2.LoginRequest(person=person, password=password), timeout=LOGIN_S)

    async def end_shift(self, session: str) -> None:
        """Raises grpc.aio.AioRpcError."""
        await self._people.EndShift(people_pb2.EndShiftRequest(session=session), timeout=REPORT_S)

    async def shift_codes(self) -> people_pb2.ShiftCodesReply:
        """Raises grpc.aio.AioRpcError."""
        return await self._people.ShiftCodes(people_pb2.ShiftCodesRequest(), timeout=REPORT_S)

    async def report_shift(self, told: people_pb2.ReportShiftRequest, within_s: float) -> bool:
        """Whether the code it was begun by was good.  Raises grpc.aio.AioRpcError."""
        return (await self._people.ReportShift(told, timeout=within_s)).good

    async def append(self, entries: Sequence[audit_pb2.AuditEntry]) -> None:
        """Raises grpc.aio.AioRpcError."""
        request = audit_pb2.AppendRequest(entries=entries)
        await self._heard(Call.REPORT, self._audit.Append(request, timeout=REPORT_S))

    async def close(self) -> None:
        await self._channel.close()


def _credentials(identity: Path) -> grpc.ChannelCredentials:
    try:
        root, key, chain = ((identity / name).read_bytes() for name in IDENTITY)
    except OSError as error:
        raise SettingsUnfit(f"service.identity {identity}: {error}; `limen-tvs device add` writes it") from error
    return grpc.ssl_channel_credentials(root, key, chain)


def _name(told: pb.Boarded | pb.NotBoarded, boarding: Boarded) -> None:
    told.traveler, told.agent = boarding.traveler, boarding.agent
    if boarding.session:
        told.session = boarding.session
    if boarding.decision is not None:
        told.decision = boarding.decision


def _answer(reply: pb.VerifyReply) -> Answer:
    match reply.WhichOneof("directive"):
        case "proceed":
            return Proceed(reply.proceed.decision)
        case "recapture" if reply.recapture.cue:
            return Recapture(Cue[pb.Cue.Name(reply.recapture.cue).removeprefix("CUE_")])
        case "wait":
            return Wait()
    return Unanswered("the answer holds no directive this release knows")


def _said(error: grpc.aio.AioRpcError) -> str:
    return f"{error.code().name}: {error.details()}"[:300]
