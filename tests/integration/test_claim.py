"""A face compared with the one traveller whose document was scanned, over mutual TLS, on real faces."""

import asyncio
import uuid

import grpc
import pytest
from limen.v1 import manifests_pb2
from limen.v1 import verification_pb2 as pb

from backend.matching.threshold import accept
from backend.operating_point import read_operating_point
from backend.store import decisions
from backend.store.decisions import Answer
from edge.encounter.events import Ask, Proceed, Recapture
from edge.service import ServiceClient
from edge.settings import Service as Settings
from tests.conftest import Caller, Service, board, flight, question, shot
from vision.cues import Cue

FMR = 0.001


def traveler(gate: Caller, number: str) -> str:
    """The id of the one with this travel document among those expected at the gate."""
    watching = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=10)
    expected = next(iter(watching)).expected
    watching.cancel()
    return next(str(person.traveler) for person in expected if number in person.name)


def claim(journey: str, claimed: str, *shots: pb.Shot, encounter: str = "", attempt: int = 1) -> pb.VerifyRequest:
    asked = question(journey, *shots, encounter=encounter, attempt=attempt)
    asked.traveler = claimed
    return asked


def answer(service: Service, encounter: str) -> Answer:
    """The last answer of an encounter, as an auditor reads it."""
    return decisions.answer(service.ask(decisions.of_encounter, encounter)[-1])


def test_air21_whoever_the_document_belongs_to_proceeds_and_the_record_says_it_was_1_to_1(
    service: Service, gate: Caller, journey: str
) -> None:
    asked = claim(journey, traveler(gate, "B1"), shot("ben-live-evening"))
    assert gate.verification.Verify(asked, timeout=5).WhichOneof("directive") == "proceed"
    kept = answer(service, asked.encounter)
    assert (kept.assisted, kept.gallery_size, kept.runner_up) == (True, 1, None)
    assert kept.accept == accept(read_operating_point(), 1, FMR)
    assert kept.policy.endswith("claim 1:1")
    searched = question(journey, shot("ben-live-evening"))
    gate.verification.Verify(searched, timeout=5)
    kept = answer(service, searched.encounter)
    assert (kept.assisted, kept.gallery_size, kept.policy) == (False, 3, "2025-12-26")


@pytest.mark.parametrize("live", ["stranger-live", "carla-live", "ben-live"])
def test_somebody_elses_document_never_proceeds_and_is_not_made_good_by_a_search(
    service: Service, gate: Caller, journey: str, live: str
) -> None:
    encounter, claimed, told = str(uuid.uuid4()), traveler(gate, "A1"), []
    for attempt in (1, 2, 3):
        asked = claim(journey, claimed, shot(live), encounter=encounter, attempt=attempt)
        told.append(gate.verification.Verify(asked, timeout=5))
    assert [reply.WhichOneof("directive") for reply in told] == ["recapture", "recapture", "wait"]
    assert told[-1].wait.ByteSize() == 0
    assert answer(service, encounter).concern == "no_match"


def test_a_claim_that_cannot_be_answered_looks_like_one_that_is_wrong(
    service: Service, gate: Caller, carrier: Caller, operator: Caller
) -> None:
    journey = board(carrier, operator, gate, flight(), ["A1", "N1"])
    told = {}
    for what, claimed in (("no photo on file", traveler(gate, "N1")), ("not on this journey", str(uuid.uuid4()))):
        asked = claim(journey, claimed, shot("ben-live"))
        told[what] = gate.verification.Verify(asked, timeout=5)
        told[what].encounter = ""
        assert answer(service, asked.encounter).concern == "not_listed"
    wrong = gate.verification.Verify(claim(journey, traveler(gate, "A1"), shot("ben-live")), timeout=5)
    wrong.encounter = ""
    assert told == {"no photo on file": wrong, "not on this journey": wrong}
    assert wrong.WhichOneof("directive") == "recapture"


def test_a_claim_of_whoever_is_aboard_waits(service: Service, gate: Caller, journey: str) -> None:
    claimed = traveler(gate, "C1")
    asked = claim(journey, claimed, shot("carla-live"))
    decision = gate.verification.Verify(asked, timeout=5).proceed.decision
    told = pb.ReportOutcomeRequest(encounter=asked.encounter, journey=journey, ended_utc_ms=1, since_answer_ms=900)
    told.crossed.decision = decision
    assert gate.verification.ReportOutcome(told, timeout=5).status == pb.ReportOutcomeReply.STATUS_RECORDED
    again = claim(journey, claimed, shot("carla-live"))
    assert gate.verification.Verify(again, timeout=5).WhichOneof("directive") == "wait"
    assert answer(service, again.encounter).concern == "already_crossed"


def test_sr02_the_same_key_with_another_claim_is_an_error(gate: Caller, journey: str) -> None:
    asked = claim(journey, traveler(gate, "B1"), shot("ben-live"))
    first = gate.verification.Verify(asked, timeout=5)
    assert gate.verification.Verify(asked, timeout=5) == first
    for other in (traveler(gate, "A1"), None):
        changed = pb.VerifyRequest()
        changed.CopyFrom(asked)
        if other is None:
            changed.ClearField("traveler")
        else:
            changed.traveler = other
        with pytest.raises(grpc.RpcError) as refused:
            gate.verification.Verify(changed, timeout=5)
        assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


def test_a_claim_that_is_no_id_is_refused(gate: Caller, journey: str) -> None:
    with pytest.raises(grpc.RpcError, match="traveler: must be a valid UUID"):
        gate.verification.Verify(claim(journey, "12A", shot("ben-live")), timeout=5)
    empty = claim(journey, "", shot("ben-live"))
    with pytest.raises(grpc.RpcError, match="traveler"):
        gate.verification.Verify(empty, timeout=5)


def test_the_appliance_asks_about_the_claimed_traveller_alone(service: Service, gate: Caller, journey: str) -> None:
    claimed = {number: traveler(gate, number) for number in ("A1", "B1")}
    camera = pb.Camera(name="test", width=1920, height=1080)

    async def ask(of: str | None) -> object:
        client = ServiceClient(Settings(address=f"localhost:{service.port}", identity=service.root / "g1"), "g1")
        try:
            return await client.verify(Ask(str(uuid.uuid4()), 1, ("s",), of), journey, camera, [shot("ben-live")])
        finally:
            await client.close()

    assert isinstance(asyncio.run(ask(claimed["B1"])), Proceed)
    assert asyncio.run(ask(claimed["A1"])) == Recapture(Cue.LOOK_HERE)
    assert isinstance(asyncio.run(ask(None)), Proceed)
