"""Questions and answers over mutual TLS, on real faces."""

import threading
import time
import uuid

import grpc
import pytest
from limen.v1 import verification_pb2 as pb

from tests.conftest import Caller, Service, board, flight, question, shot

Status = pb.ReportOutcomeReply


def crossed(journey: str, encounter: str, decision: str, since_answer_ms: int = 1500) -> pb.ReportOutcomeRequest:
    ended_utc_ms = time.time_ns() // 1_000_000
    request = pb.ReportOutcomeRequest(encounter=encounter, journey=journey, ended_utc_ms=ended_utc_ms)
    request.since_answer_ms, request.crossed.decision = since_answer_ms, decision
    return request


def code(raised: pytest.ExceptionInfo[grpc.RpcError]) -> tuple[grpc.StatusCode, str | None]:
    return raised.value.code(), raised.value.details()


@pytest.mark.parametrize("live", ["anna-live", "ben-live", "ben-live-evening", "carla-live"])
def test_air2_a_traveller_with_another_photo_on_file_proceeds(gate: Caller, journey: str, live: str) -> None:
    reply = gate.verification.Verify(question(journey, shot(live)), timeout=5)
    assert reply.WhichOneof("directive") == "proceed"


def test_air21_a_stranger_waits_after_his_attempts_and_the_operator_is_not_told_why(gate: Caller, journey: str) -> None:
    encounter, answers = str(uuid.uuid4()), []
    for attempt in (1, 2, 3):
        asked = question(journey, shot("stranger-live"), encounter=encounter, attempt=attempt)
        answers.append(gate.verification.Verify(asked, timeout=5))
    assert [a.WhichOneof("directive") for a in answers] == ["recapture", "recapture", "wait"]
    assert [a.recapture.attempts_left for a in answers[:2]] == [2, 1]
    assert answers[2].wait.ByteSize() == 0


def test_a_dark_capture_is_asked_for_again_with_the_reason(gate: Caller, journey: str) -> None:
    reply = gate.verification.Verify(question(journey, shot("ben-live", light=0.12)), timeout=5)
    assert reply.recapture.cue == pb.CUE_MORE_LIGHT


def test_liveness_is_enforced_by_default(gate: Caller, journey: str) -> None:
    reply = gate.verification.Verify(question(journey, shot("ben-live", live=0.1)), timeout=5)
    assert reply.WhichOneof("directive") == "recapture"


def test_sr02_the_same_question_gets_the_same_answer_also_from_many_at_once(gate: Caller, journey: str) -> None:
    asked = question(journey, shot("ben-live"))
    decisions: list[str] = []

    def ask() -> None:
        decisions.append(gate.verification.Verify(asked, timeout=9).proceed.decision)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decisions) == 12
    assert len(set(decisions)) == 1
    assert decisions[0]


def test_sr02_the_same_key_with_another_payload_is_an_error(gate: Caller, journey: str) -> None:
    asked = question(journey, shot("ben-live"))
    gate.verification.Verify(asked, timeout=5)
    other = question(journey, shot("anna-live"), encounter=asked.encounter)
    with pytest.raises(grpc.RpcError) as refused:
        gate.verification.Verify(other, timeout=5)
    assert code(refused)[0] is grpc.StatusCode.ALREADY_EXISTS


def test_a_crossing_is_recorded_once_however_often_it_is_told(gate: Caller, journey: str, service: Service) -> None:
    asked = question(journey, shot("carla-live"))
    decision = gate.verification.Verify(asked, timeout=5).proceed.decision
    told = crossed(journey, asked.encounter, decision)
    replies = [gate.verification.ReportOutcome(told, timeout=5).status for _ in range(3)]
    assert replies == [Status.STATUS_RECORDED] * 3
    again = gate.verification.Verify(question(journey, shot("carla-live")), timeout=5)
    assert again.WhichOneof("directive") == "wait", "already aboard"


def test_sr06_two_gates_one_person_exactly_one_crossing(
    gate: Caller, service: Service, carrier: Caller, operator: Caller
) -> None:
    other = service.add("g2", "gate", "G2")
    number = flight()
    journey = board(carrier, operator, gate, number, ["B1"])
    board(carrier, operator, other, number, ["B1"], at="G2")
    statuses = []
    asked = [question(journey, shot("ben-live"), device=device) for device in ("g1", "g2")]
    decisions = [
        c.verification.Verify(q, timeout=5).proceed.decision for c, q in zip((gate, other), asked, strict=True)
    ]
    assert all(decisions)
    for caller, q, decision in zip((gate, other), asked, decisions, strict=True):
        statuses.append(caller.verification.ReportOutcome(crossed(journey, q.encounter, decision), timeout=5).status)
    assert statuses == [Status.STATUS_RECORDED, Status.STATUS_DUPLICATE]


def test_a_passage_long_after_the_answer_is_not_a_crossing(gate: Caller, journey: str) -> None:
    asked = question(journey, shot("ben-live"))
    decision = gate.verification.Verify(asked, timeout=5).proceed.decision
    late = crossed(journey, asked.encounter, decision, since_answer_ms=21_000)
    assert gate.verification.ReportOutcome(late, timeout=5).status == Status.STATUS_LATE
    again = gate.verification.Verify(question(journey, shot("ben-live")), timeout=5)
    assert again.WhichOneof("directive") == "proceed", "nothing was recorded"


def test_a_decision_of_somebody_else_confirms_nothing(gate: Caller, journey: str) -> None:
    asked = question(journey, shot("ben-live"))
    decision = gate.verification.Verify(asked, timeout=5).proceed.decision
    with pytest.raises(grpc.RpcError) as refused:
        gate.verification.ReportOutcome(crossed(journey, str(uuid.uuid4()), decision), timeout=5)
    assert code(refused)[0] is grpc.StatusCode.PERMISSION_DENIED


def test_an_agents_boarding_is_recorded_as_biographic(gate: Caller, journey: str) -> None:
    from limen.v1 import manifests_pb2

    watching = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=10)
    anyone = next(iter(watching)).expected[0].traveler
    watching.cancel()
    request = pb.ReportOutcomeRequest(encounter=str(uuid.uuid4()), journey=journey, ended_utc_ms=1)
    request.boarded.traveler, request.boarded.agent = anyone, "AG-7"
    assert gate.verification.ReportOutcome(request, timeout=5).status == Status.STATUS_RECORDED


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (b"GIF89a" + bytes(100), "neither JPEG nor PNG"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff" + bytes(60), "claims 65535 x 65535"),
        (b"\xff\xd8\xff\xe0" + bytes(80), "damaged|cut short|half"),
    ],
    ids=["GIF", "bomb", "noise"],
)
def test_se08_a_hostile_image_is_refused_and_the_service_goes_on(
    gate: Caller, journey: str, image: bytes, why: str
) -> None:
    bad = shot("ben-live")
    bad.image = image
    with pytest.raises(grpc.RpcError, match=why) as refused:
        gate.verification.Verify(question(journey, bad), timeout=5)
    assert code(refused)[0] is grpc.StatusCode.INVALID_ARGUMENT
    good = gate.verification.Verify(question(journey, shot("ben-live")), timeout=5)
    assert good.WhichOneof("directive") == "proceed"


def test_bad_requests_name_the_field_and_the_limit(gate: Caller, journey: str) -> None:
    with pytest.raises(grpc.RpcError, match=r"encounter: must be a valid UUID.*attempt"):
        gate.verification.Verify(question(journey, shot("ben-live"), encounter="x", attempt=77), timeout=5)
    nan = shot("ben-live")
    nan.liveness.score = float("nan")
    with pytest.raises(grpc.RpcError, match="score"):
        gate.verification.Verify(question(journey, nan), timeout=5)


def test_sr01_a_call_without_a_deadline_is_refused(gate: Caller, journey: str) -> None:
    with pytest.raises(grpc.RpcError, match="a deadline"):
        gate.verification.Verify(question(journey, shot("ben-live")))


def test_sr01_nothing_is_decided_after_the_deadline(gate: Caller, journey: str) -> None:
    asked = question(journey, shot("ben-live"))
    with pytest.raises(grpc.RpcError) as late:
        gate.verification.Verify(asked, timeout=0.002)
    assert code(late)[0] is grpc.StatusCode.DEADLINE_EXCEEDED


def test_another_journey_than_the_gates_is_refused(gate: Caller, carrier: Caller, operator: Caller) -> None:
    before, now = (board(carrier, operator, gate, flight(), ["B1"]) for _ in range(2))
    with pytest.raises(grpc.RpcError, match=f"gate G1 boards {now}, not {before}"):
        gate.verification.Verify(question(before, shot("ben-live")), timeout=5)
