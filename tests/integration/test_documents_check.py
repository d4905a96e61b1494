"""An agent asks whether a traveler may pass by documents; on both stores, and over mutual TLS (HUM-3)."""

import uuid
from dataclasses import replace

import grpc
import pytest
from limen.v1 import verification_pb2 as pb

from backend.clock import utc_ms
from backend.crossing import Report, Status
from backend.documents_check import UNASKED, conclude_documents
from backend.errors import NotAllowed, Repeated
from backend.question import DOCUMENTS, Question
from backend.store import alerts, allowances, crossings, journeys, shifts
from backend.store.allowances import Allowance
from backend.store.decisions import Decision
from calibration.service.border import NOW, Border, boarded, intercept
from calibration.service.rig import work
from tests.conftest import Caller, Service
from tests.integration.test_claim import traveler


def asked(journey: str, who: str, encounter: str = "", payload: str = "") -> Question:
    name = encounter or str(uuid.uuid4())
    return Question(name, 1, DOCUMENTS, journey, "g1", "G1", "ZRH", who, b"", payload or name, "AG-7")


def at_gate(border: Border, count: int = 3) -> tuple[str, list[str]]:
    journey, who = border.journey(count)
    border.ask(journeys.assign, "G1", journey)
    return journey, who


def ask(border: Border, question: Question) -> Decision:
    return border.ask(conclude_documents, question, border.now_utc_ms)


def reported(border: Border, made: Decision, who: str, since_answer_ms: int = 900) -> Report:
    told = boarded(made.journey, who, border.now_utc_ms)
    found = {"encounter": made.encounter, "device": "g1", "decision": made.decision, "since_answer_ms": since_answer_ms}
    return replace(told, **found)  # type: ignore[arg-type]


def untold(border: Border) -> list[tuple[str, str | None]]:
    """(purpose, concern) of what an officer must be told of."""
    return [(made.purpose, made.concern) for made in border.ask(alerts.untold, 0)]


def test_hum3_an_answer_lets_one_person_pass_and_the_record_names_the_agent(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    question = asked(journey, anna)
    made = ask(border, question)
    assert (made.directive, made.traveler, made.purpose) == ("proceed", anna, DOCUMENTS)
    assert ask(border, question) == made, "asked again, answered alike"
    told = reported(border, made, anna)
    assert [border.tell(told) for _ in range(2)] == [Status.RECORDED] * 2
    assert untold(border) == []
    again = ask(border, asked(journey, anna))
    assert (again.directive, again.concern) == ("wait", "already_crossed")


def test_sr02_the_same_boarding_asked_about_somebody_else_is_an_error(border: Border) -> None:
    journey, (anna, ben, _) = at_gate(border)
    question = asked(journey, anna, payload="anna")
    ask(border, question)
    with pytest.raises(Repeated):
        ask(border, asked(journey, ben, question.encounter, "ben"))


def test_a_gate_asks_for_the_journey_it_boards_only(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    border.journey()  # which the gate boards now
    with pytest.raises(NotAllowed, match=f"not {journey}; assign it first"):
        ask(border, asked(journey, anna))


@pytest.mark.parametrize(("asked_about", "device"), [(0, "g1"), (1, "g2")], ids=["somebody else's", "another gate's"])
def test_an_answer_that_is_not_this_boardings_counts_as_none(border: Border, asked_about: int, device: str) -> None:
    journey, who = at_gate(border)
    made = ask(border, asked(journey, who[asked_about]))
    border.ask(intercept, journey, who[1], NOW)
    assert border.tell(replace(reported(border, made, who[1]), device=device)) is Status.RECORDED
    assert untold(border) == [(UNASKED, "intercepted")]


def test_an_answer_from_long_ago_does_not_count(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    made = ask(border, asked(journey, anna))
    border.ask(intercept, journey, anna, NOW)
    assert border.tell(reported(border, made, anna, since_answer_ms=20_001)) is Status.RECORDED
    assert untold(border) == [(UNASKED, "intercepted")]


def test_a_gate_that_opens_though_the_answer_was_to_wait_is_told_of(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    border.ask(intercept, journey, anna, NOW)
    made = ask(border, asked(journey, anna))
    assert (made.directive, made.concern, made.officer) == ("wait", "intercepted", True)
    assert border.tell(reported(border, made, anna)) is Status.RECORDED
    assert untold(border) == [(DOCUMENTS, "intercepted"), (UNASKED, "intercepted")]


def test_hum3_an_opening_without_a_passage_records_no_crossing_and_is_told_of_all_the_same(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    border.ask(intercept, journey, anna, NOW)
    told = replace(boarded(journey, anna, NOW), kind="not_boarded", why="WHY_MORE_THAN_ONE")
    assert [border.tell(told) for _ in range(2)] == [Status.RECORDED] * 2
    assert border.ask(crossings.of_journey, journey) == []
    assert untold(border) == [(UNASKED, "intercepted")]


def test_air22_an_allowance_is_spent_by_the_answer_it_made(border: Border) -> None:
    journey, (anna, *_) = at_gate(border)
    border.ask(intercept, journey, anna, NOW)
    given = Allowance("a1", journey, anna, "o.meyer", "seen", None, NOW + 2, NOW + 600_000)
    border.ask(allowances.give, given)
    border.now_utc_ms = NOW + 3
    made = ask(border, asked(journey, anna))
    assert (made.directive, made.allowance) == ("proceed", "a1")
    assert border.ask(allowances.usable, journey, anna, NOW + 4) is None


def test_over_tls_a_gate_opens_on_the_answer_alone_and_every_wait_has_one_size(
    service: Service, gate: Caller, journey: str
) -> None:
    who = traveler(gate, "A1")
    request = pb.VerifyDocumentsRequest(encounter=str(uuid.uuid4()), journey=journey, device="g1", traveler=who)
    with pytest.raises(grpc.RpcError, match="agent"):
        gate.verification.VerifyDocuments(request, timeout=5)
    request.agent = "a.keller"
    with pytest.raises(grpc.RpcError, match="no such shift"):
        gate.verification.VerifyDocuments(request, timeout=5)
    request.session = service.ask(work, "a.keller")
    first = gate.verification.VerifyDocuments(request, timeout=5)
    assert first.WhichOneof("directive") == "proceed"
    told = pb.ReportOutcomeRequest(encounter=request.encounter, journey=journey, ended_utc_ms=1, since_answer_ms=900)
    told.boarded.traveler, told.boarded.agent, told.boarded.decision = who, "a.keller", first.proceed.decision
    assert gate.verification.ReportOutcome(told, timeout=5).status == pb.ReportOutcomeReply.STATUS_RECORDED
    service.ask(shifts.end, request.session, "ZRH", utc_ms())
    assert gate.verification.VerifyDocuments(request, timeout=5) == first, "what was answered stays answered"
    ended = pb.VerifyDocumentsRequest(encounter=str(uuid.uuid4()), journey=journey, device="g1", traveler=who)
    ended.agent, ended.session = request.agent, request.session
    with pytest.raises(grpc.RpcError, match="the shift had ended"):
        gate.verification.VerifyDocuments(ended, timeout=5)
    request.session = service.ask(work, "a.keller")
    sizes = set()
    for stranger in (who, str(uuid.uuid4())):
        request.encounter, request.traveler = str(uuid.uuid4()), stranger
        reply = gate.verification.VerifyDocuments(request, timeout=5)
        assert reply.WhichOneof("directive") == "wait"
        sizes.add(reply.ByteSize())
    assert len(sizes) == 1
