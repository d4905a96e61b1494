"""One flight from ZRH with its crossing and its alert, everybody who could ask about them, and what they could ask."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from limen.v1 import alerts_pb2, approvals_pb2, audit_pb2, crossings_pb2, fleet_pb2, manifests_pb2, people_pb2
from limen.v1 import verification_pb2 as pb
from sqlalchemy import Connection

from backend import ca
from backend.clock import utc_ms
from backend.daily import Daily
from backend.keys import RECORDS
from backend.people.login import digest
from backend.people.posts import Post
from backend.store import alerts, crossings, decisions, peers, people, reconciliations, travelers
from backend.store.alerts import Alert
from backend.store.crossings import Crossing
from backend.store.decisions import Decision
from backend.store.peers import Peer
from backend.store.people import Account
from backend.store.travelers import Traveler
from calibration.service.journeys import POLICY
from calibration.service.rig import PORT, Boarding, Rig, cropped, question, shot
from vision.embed import template_version

JOURNEY, DEVICE = "ACCESS/1", "g1"
BARRED, MOVED = "t.barred", "t.moved"  # technicians, to be barred and to lose a post
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Place:
    """crossing, alert: ids of what is at ZRH."""

    boarding: Boarding
    who: list[Traveler]
    crossing: str
    alert: str


def furnish(rig: Rig) -> Place:
    """Before the service runs: the flight, a crossing that the repository disputes, an alert nobody came to in time."""
    boarding = rig.board(JOURNEY, DEVICE, 6)
    who = rig.ask(travelers.of_journey, rig.keys, JOURNEY)
    place = Place(boarding, who, str(uuid.uuid4()), str(uuid.uuid4()))
    rig.ask(_furnish, rig, place)
    return place


def device(rig: Rig, name: str, role: str, port: str) -> None:
    """A peer at a port; a gate or touchpoint at a place of its own name."""
    ca.add(rig.root / "tvs" / "ca", rig.root / name, role, name)
    rig.ask(peers.welcome, Peer(name, role, name if role in ("gate", "touchpoint") else None, port))


def session(db: Connection, name: str, posts: list[Post]) -> str:
    """The token of an open session; the account is made when it is missing."""
    if people.find(db, name) is None:
        people.add(db, Account(name), posts)
    token, now = secrets.token_urlsafe(32), utc_ms()
    people.open_session(db, digest(token), name, now, now + HOUR_MS)
    return token


def requests(place: Place) -> Mapping[str, Message]:
    """A valid one for each method, about what is at ZRH.  The device of what a gate asks must still be named."""
    verify = question(place.boarding, [shot(cropped("stranger-live"))])
    return {
        "/limen.v1.Verification/Verify": verify,
        "/limen.v1.Verification/Identify": verify,
        "/limen.v1.Verification/VerifyDocuments": pb.VerifyDocumentsRequest(
            encounter=str(uuid.uuid4()), journey=JOURNEY, traveler=place.who[1].traveler, agent="AG-1"
        ),
        "/limen.v1.Verification/ReportOutcome": pb.ReportOutcomeRequest(
            encounter=str(uuid.uuid4()),
            journey=JOURNEY,
            ended_utc_ms=utc_ms(),
            boarded=pb.Boarded(traveler=place.who[1].traveler, agent="AG-1"),
        ),
        **_of_carriers(place),
        **_of_people(place),
        **_of_accounts(),
        "/limen.v1.Fleet/Hello": fleet_pb2.HelloRequest(
            device=DEVICE, software="t", template_version=template_version()
        ),
        "/limen.v1.Fleet/Health": fleet_pb2.HealthRequest(device=DEVICE),
        "/limen.v1.Audit/Append": audit_pb2.AppendRequest(
            entries=[audit_pb2.AuditEntry(number=1, at_utc_ms=1, event="agent.called", detail="agent called")]
        ),
        "/limen.v1.Audit/Search": audit_pb2.SearchAuditRequest(),
        "/limen.v1.Audit/View": audit_pb2.ViewRequest(kept=audit_pb2.KEPT_DECISIONS),
        "/grpc.health.v1.Health/Check": health_pb2.HealthCheckRequest(),
        "/grpc.health.v1.Health/Watch": health_pb2.HealthCheckRequest(),
    }


def _of_carriers(place: Place) -> Mapping[str, Message]:
    who, kinds = [one.traveler for one in place.who], manifests_pb2.AccommodateRequest
    return {
        "/limen.v1.Manifests/Submit": manifests_pb2.SubmitRequest(interchange=b"no manifest at all"),
        "/limen.v1.Manifests/WatchAnswers": manifests_pb2.WatchAnswersRequest(),
        "/limen.v1.Manifests/WatchGallery": manifests_pb2.WatchGalleryRequest(),
        "/limen.v1.Manifests/Assign": manifests_pb2.AssignRequest(gate="elsewhere", journey=JOURNEY),
        "/limen.v1.Manifests/Remove": manifests_pb2.RemoveRequest(journey=JOURNEY, traveler=who[2], reason="no show"),
        "/limen.v1.Manifests/CloseDoors": manifests_pb2.CloseDoorsRequest(journey=JOURNEY),
        "/limen.v1.Manifests/Accommodate": kinds(journey=JOURNEY, traveler=who[3], kind=kinds.KIND_DOCUMENTS),
        "/limen.v1.Manifests/Hygiene": manifests_pb2.HygieneRequest(journey=JOURNEY),
    }


def _of_people(place: Place) -> Mapping[str, Message]:
    rule = approvals_pb2.RuleChange(rule="margin", value=0.06)
    return {
        "/limen.v1.Alerts/Watch": alerts_pb2.WatchAlertsRequest(),
        "/limen.v1.Alerts/Take": alerts_pb2.TakeRequest(alert=place.alert),
        "/limen.v1.Alerts/Adjudicate": alerts_pb2.AdjudicateRequest(
            alert=place.alert, adjudication=alerts_pb2.ADJUDICATION_RELEASE, reason="documents in order"
        ),
        "/limen.v1.Alerts/Override": alerts_pb2.OverrideRequest(
            journey=JOURNEY, traveler=place.who[4].traveler, reason="known to me"
        ),
        "/limen.v1.Approvals/Propose": approvals_pb2.ProposeRequest(reason="too many misses", rule=rule),
        "/limen.v1.Approvals/Settle": approvals_pb2.SettleRequest(
            proposal=str(uuid.uuid4()), settled=approvals_pb2.SETTLED_REJECTED, reason="not needed"
        ),
        "/limen.v1.Approvals/List": approvals_pb2.ListProposalsRequest(),
        "/limen.v1.Crossings/List": crossings_pb2.ListCrossingsRequest(journey=JOURNEY),
        "/limen.v1.Crossings/Correct": crossings_pb2.CorrectRequest(
            crossing=place.crossing, reason="was not there", voided=True
        ),
        "/limen.v1.Crossings/Overstays": crossings_pb2.OverstaysRequest(port=PORT),
        "/limen.v1.Crossings/Reconciliations": crossings_pb2.ReconciliationsRequest(),
        "/limen.v1.Crossings/Reconcile": crossings_pb2.ReconcileRequest(
            crossing=place.crossing, stands=True, reason="looked at both"
        ),
    }


def _of_accounts() -> Mapping[str, Message]:
    return {
        "/limen.v1.People/Login": people_pb2.LoginRequest(person="nobody.here", password="whatever it was"),
        "/limen.v1.People/EndShift": people_pb2.EndShiftRequest(session=str(uuid.uuid4())),
        "/limen.v1.People/ShiftCodes": people_pb2.ShiftCodesRequest(),
        "/limen.v1.People/ReportShift": people_pb2.ReportShiftRequest(
            session=str(uuid.uuid4()), person="nobody.here", verifier="0" * 64, begun_utc_ms=1
        ),
        "/limen.v1.People/SetPassword": people_pb2.SetPasswordRequest(
            person="nobody.here", first_half="0", second_half="0", password="whatever it was"
        ),
        "/limen.v1.People/IssueCodes": people_pb2.IssueCodesRequest(),
        "/limen.v1.People/Bar": people_pb2.BarRequest(person=BARRED, reason="misuse"),
        "/limen.v1.People/TakePost": people_pb2.TakePostRequest(
            person=MOVED, post=people_pb2.Post(role="technician", port=PORT), reason="moves away"
        ),
        "/limen.v1.People/Logout": people_pb2.LogoutRequest(),
        "/limen.v1.People/WhoAmI": people_pb2.WhoAmIRequest(),
    }


def _furnish(db: Connection, rig: Rig, place: Place) -> None:
    now, decision = utc_ms(), str(uuid.uuid4())
    crossings.confirm(db, _crossing(db, rig, place, now), (), now)
    reconciliations.open_one(db, place.crossing, "other", now)
    for name in (BARRED, MOVED):
        people.add(db, Account(name), [Post("technician", PORT)])
    decisions.record(db, _wait(decision, now))
    alerts.put(
        db,
        Alert(
            alert=place.alert,
            decision=decision,
            reason="no_match",
            port=PORT,
            gate=f"at-{DEVICE}",
            journey=JOURNEY,
            traveler=None,
            entry=None,
            raised_utc_ms=now,
            escalated_utc_ms=now,
        ),
    )


def _crossing(db: Connection, rig: Rig, place: Place, now_utc_ms: int) -> Crossing:
    who = place.who[5]
    return Crossing(
        crossing=place.crossing,
        journey=JOURNEY,
        traveler=who.traveler,
        person=travelers.person_of(db, who.traveler),
        encounter=str(uuid.uuid4()),
        kind="biographic",
        direction="out",
        port=PORT,
        gate=f"at-{DEVICE}",
        device=DEVICE,
        agent="AG-1",
        policy=POLICY,
        citizen=False,
        sealed=Daily(rig.keys, RECORDS).seal(who.biographic.pack(), place.crossing, now_utc_ms),
        crossed_utc_ms=now_utc_ms,
        until_utc_ms=None,
    )


def _wait(decision: str, now_utc_ms: int) -> Decision:
    return Decision(
        encounter=str(uuid.uuid4()),
        attempt=1,
        request_sha256="0" * 64,
        decision=decision,
        purpose="cross",
        device=DEVICE,
        gate=f"at-{DEVICE}",
        port=PORT,
        journey=JOURNEY,
        directive="wait",
        cue=None,
        attempts_left=0,
        concern="no_match",
        traveler=None,
        subject=None,
        score=None,
        runner_up=None,
        accept=0.4,
        gallery_size=6,
        policy=POLICY,
        assisted=False,
        officer=True,
        allowance=None,
        capture=b"",
        decided_utc_ms=now_utc_ms,
    )
