"""What carriers, gates, agents and people do in a scenario, each by the calls a real one makes."""

import asyncio
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import grpc
from limen.v1 import alerts_pb2, approvals_pb2, crossings_pb2, manifests_pb2
from limen.v1 import verification_pb2 as pb

from backend.clock import monotonic_ms, utc_ms
from backend.server import running
from backend.settings import Settings
from calibration.service.sinks import wait
from tests.conftest import DEPARTS, TODAY, Caller, Person, Service, question, shot

DAY_MS = 86_400_000
Status = pb.ReportOutcomeReply.Status
DAY = f"{TODAY:%y%m%d}"
LATER = f"{TODAY + timedelta(days=1):%y%m%d}"
SEA = f"TDT+20+V9+1++XYS+++::103:MS SPECIMEN'LOC+92+CHBSL'DTM+189:{DAY}0900:201'LOC+92+DEMHG'DTM+232:{DAY}2300:201'"
LOOP = f"{SEA}LOC+92+DEMHG'DTM+189:{LATER}0100:201'LOC+92+CHBSL'DTM+232:{LATER}1800:201'".replace("V9", "V7")
BUS = f"TDT+20+7+3++XYB'LOC+125+CHBSL'DTM+189:{DAY}0900:201'LOC+87+DEFBG'DTM+232:{DAY}1000:201'"


def air(number: str, start: str = "ZRH", end: str = "HKG", day: date = TODAY) -> str:
    """A flight that arrives on the day after."""
    departs, arrives = f"{day:%y%m%d}{DEPARTS}", f"{day + timedelta(days=1):%y%m%d}1800"
    return f"TDT+20+{number}'LOC+125+{start}'DTM+189:{departs}:201'LOC+87+{end}'DTM+232:{arrives}:201'"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody on a manifest, by the number of the passport.  birth: YYMMDD."""

    number: str
    nationality: str = "UTO"
    birth: str = "800203"
    seat: str = ""

    def __str__(self) -> str:
        seat = f"RFF+SEA:{self.seat}'" if self.seat else ""
        who = f"NAD+FL+++SPECIMEN:{self.number}'DTM+329:{self.birth}'NAT+2+{self.nationality}'RFF+ABO:R{self.number}'"
        return f"{who}{seat}DOC+P+{self.number}'LOC+91+UTO'"


class Shifted(Service):
    """A service whose clock runs ahead of ours."""

    ahead_ms = 0

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        settings = Settings(listen=f"127.0.0.1:{self.port}", state_dir=self.state, **self._settings)
        clocks = (lambda: utc_ms() + self.ahead_ms, lambda: monotonic_ms() + self.ahead_ms)
        async with running(settings, *clocks) as self.port:
            ready.set()
            await self._ended.wait()


def submit(carrier: Caller, leg: str, guests: Sequence[Guest]) -> list[str]:
    """A manifest; the journeys it announced."""
    people = "".join(map(str, guests))
    text = f"UNA:+.? 'UNB+UNOA:4+XX+L+{DAY}:0800+1'UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'{leg}{people}"
    text += f"CNT+42:{len(guests)}'UNT+9+1'UNZ+1+1'"
    request = manifests_pb2.SubmitRequest(interchange=text.encode())
    return list(carrier.manifests.Submit(request, timeout=10).journeys)


def opened(operator: Caller, gate: Caller, at: str, journey: str, count: int) -> list[manifests_pb2.Expected]:
    """Assign a journey to a gate and wait until it can be searched; who is expected there."""
    operator.manifests.Assign(manifests_pb2.AssignRequest(gate=at, journey=journey), timeout=10)
    watching = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=30)
    state = next(one for one in watching if one.journey == journey and one.ready and len(one.expected) == count)
    watching.cancel()
    return list(state.expected)


def expected(gate: Caller) -> dict[str, manifests_pb2.Expected]:
    """By the number of the passport, which stands for the given name here."""
    watching = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=10)
    state = next(iter(watching))
    watching.cancel()
    return {one.name.removeprefix("SPECIMEN "): one for one in state.expected}


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate with its appliance."""

    caller: Caller
    device: str

    def look(self, journey: str, live: str, encounter: str = "", attempt: int = 1) -> pb.VerifyReply:
        asked = question(journey, shot(live), encounter=encounter, attempt=attempt, device=self.device)
        reply: pb.VerifyReply = self.caller.verification.Verify(asked, timeout=20)
        return reply

    def said(self, journey: str, live: str) -> list[str]:
        """Directives of one encounter, until it proceeds or has to wait."""
        encounter, said = str(uuid.uuid4()), list[str]()
        for attempt in (1, 2, 3):
            said.append(self.look(journey, live, encounter, attempt).WhichOneof("directive") or "")
            if said[-1] != "recapture":
                break
        return said

    def passes(self, journey: str, live: str) -> Status.ValueType:
        """A face that proceeds, and the passage that is seen."""
        given = self.look(journey, live)
        assert given.WhichOneof("directive") == "proceed", given
        told = pb.ReportOutcomeRequest(encounter=given.encounter, journey=journey)
        told.ended_utc_ms, told.since_answer_ms = utc_ms(), 1500
        told.crossed.decision = given.proceed.decision
        return self.report(told)

    def boards(self, journey: str, traveler: str) -> Status.ValueType:
        """An agent has looked at the documents."""
        return self.report(boarding(journey, traveler, utc_ms()))

    def report(self, told: pb.ReportOutcomeRequest) -> Status.ValueType:
        reply: pb.ReportOutcomeReply = self.caller.verification.ReportOutcome(told, timeout=10)
        return reply.status


def boarding(journey: str, traveler: str, ended_utc_ms: int) -> pb.ReportOutcomeRequest:
    told = pb.ReportOutcomeRequest(encounter=str(uuid.uuid4()), journey=journey, ended_utc_ms=ended_utc_ms)
    told.boarded.traveler, told.boarded.agent = traveler, "AG-7"
    return told


def records(of: Person, journey: str, purpose: str = "inspection") -> list[crossings_pb2.CrossingRecord]:
    request = crossings_pb2.ListCrossingsRequest(journey=journey)
    return list(of(of.crossings.List, request, purpose=purpose).crossings)


def kinds(of: Person, journey: str) -> list[tuple[str, str]]:
    """(kind, direction) of each record, sorted."""
    return sorted((one.kind, one.direction) for one in records(of, journey))


def proceeds(gate: Gate, journey: str, live: str) -> None:
    """Wait until a gallery that was just added to finds a face."""

    def found() -> bool:
        try:
            return gate.look(journey, live).WhichOneof("directive") == "proceed"
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:  # it is being built
                raise
            return False

    wait(found, f"{live} found on {journey}")


def approved(proposer: Person, second: Person, what: approvals_pb2.ProposeRequest) -> str:
    """By two people; what came into being."""
    proposal = proposer(proposer.approvals.Propose, what).proposal
    return str(second(second.approvals.Settle, settlement(second, proposal)).made)


def settlement(second: Person, proposal: str) -> approvals_pb2.SettleRequest:
    """An approval of what the second person sees."""
    said = approvals_pb2.SettleRequest(proposal=proposal, settled=approvals_pb2.SETTLED_APPROVED, reason="looked at it")
    seen = second(second.approvals.List, approvals_pb2.ListProposalsRequest(proposal=proposal)).proposals
    said.digest = seen[0].digest if seen else ""
    return said


@contextmanager
def alerts(officer: Person) -> Iterator[Iterator[alerts_pb2.Alert]]:
    """What an officer's phone shows, as it comes."""
    stream = officer(officer.alerts.Watch, alerts_pb2.WatchAlertsRequest(), timeout=30)
    try:
        yield stream
    finally:
        stream.cancel()
