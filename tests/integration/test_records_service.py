"""Crossings at a running service: a face at the gate, systems of record that hold it, people who look and amend."""

import json
import time
from collections.abc import Iterator

import grpc
import pytest
from limen.v1 import crossings_pb2 as pb
from limen.v1 import verification_pb2
from typer.testing import CliRunner

from backend.cli import app
from backend.commands.signed_in import TOKEN
from backend.settings import Records, Rules
from backend.store import decisions, outbox
from backend.store.outbox import SYSTEMS
from backend.store.schema import captures
from calibration.service.sinks import Sinks, wait
from tests.conftest import Caller, Person, Service, board, flight, question, shot


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sinks: Sinks) -> Iterator[Service]:
    root = tmp_path_factory.mktemp("told")
    service = Service(root, Rules(), records=Records.model_validate(sinks.urls()))
    service.on_file("A1", "anna-on-file")
    service.on_file("B1", "ben-on-file-1", "ben-on-file-2")
    service.start()
    told = "".join(f'{system} = "{url}"\n' for system, url in sinks.urls().items())
    state = f'state_dir = "{service.state}"\nphotos_dir = "{service.photos}"\n[records]\n{told}'
    (root / "tvs.toml").write_text(state)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def clerk(service: Service) -> Person:
    return service.person("r.keller", "records@ZRH")


@pytest.fixture
def journey(carrier: Caller, operator: Caller, gate: Caller) -> str:
    return board(carrier, operator, gate, flight(), ["A1", "B1"])


def pass_through(gate: Caller, journey: str, live: str) -> verification_pb2.ReportOutcomeReply:
    asked = question(journey, shot(live))
    given = gate.verification.Verify(asked, timeout=10)
    told = verification_pb2.ReportOutcomeRequest(encounter=asked.encounter, journey=journey)
    told.ended_utc_ms, told.since_answer_ms = time.time_ns() // 1_000_000, 1500
    told.crossed.decision = given.proceed.decision
    return gate.verification.ReportOutcome(told, timeout=10)


def listed(clerk: Person, journey: str) -> list[pb.CrossingRecord]:
    request = pb.ListCrossingsRequest(journey=journey)
    return list(clerk(clerk.crossings.List, request, purpose="redress").crossings)


def test_air2_a_face_at_the_gate_is_a_crossing_every_system_holds_and_we_no_longer(
    service: Service, gate: Caller, journey: str, clerk: Person, sinks: Sinks
) -> None:
    assert pass_through(gate, journey, "ben-live").status == verification_pb2.ReportOutcomeReply.STATUS_RECORDED
    wait(lambda: not service.ask(outbox.waiting), "the systems told")
    (record,) = listed(clerk, journey)
    assert (record.kind, record.direction, record.gate, record.voided) == ("biometric", "out", "G1", False)
    assert record.name == "", "we keep no copy"
    assert [sinks.effects(system)[record.crossing] for system in SYSTEMS] == [1, 1, 1]
    (line,) = (x for x in (sinks.folder / "ident.jsonl").read_text().splitlines() if record.crossing in x)
    assert json.loads(line)["image_bytes"] > 1000, "the live image"
    assert service.ask(lambda db: db.execute(captures.select()).all()) == []


def test_red1_a_records_officer_corrects_and_the_one_wronged_crosses(
    service: Service, gate: Caller, journey: str, clerk: Person, sinks: Sinks
) -> None:
    pass_through(gate, journey, "ben-live")
    (wrong,) = listed(clerk, journey)
    request = pb.CorrectRequest(crossing=wrong.crossing, reason="it was another person", redress="RED1234", voided=True)
    with pytest.raises(grpc.RpcError, match="needs a purpose"):
        clerk(clerk.crossings.Correct, request)
    amendment = clerk(clerk.crossings.Correct, request, purpose="redress").amendment
    wait(lambda: not service.ask(outbox.waiting), "the systems told")
    assert [sinks.effects(system)[amendment] for system in SYSTEMS] == [1, 1, 1]
    assert pass_through(gate, journey, "ben-live").status == verification_pb2.ReportOutcomeReply.STATUS_RECORDED
    assert sorted(one.voided for one in listed(clerk, journey)) == [False, True]
    assert service.ask(decisions.crossed, journey, wrong.traveler)


def test_se04_records_are_for_those_who_have_a_post_at_the_port_and_a_purpose(service: Service, journey: str) -> None:
    elsewhere = service.person("r.dubois", "records@GVA")
    request = pb.ListCrossingsRequest(journey=journey)
    with pytest.raises(grpc.RpcError, match="no post at port ZRH") as refused:
        elsewhere(elsewhere.crossings.List, request, purpose="case")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.RpcError, match="needs a purpose: one of case, inspection"):
        elsewhere(elsewhere.crossings.Overstays, pb.OverstaysRequest(), purpose="redress")
    assert list(elsewhere(elsewhere.crossings.Overstays, pb.OverstaysRequest(), purpose="case").overstays) == []


def test_what_the_repository_disputes_is_listed_and_settled(
    service: Service, gate: Caller, journey: str, clerk: Person, sinks: Sinks
) -> None:
    sinks.behave("ident", "disagree")
    pass_through(gate, journey, "anna-live")
    wait(lambda: not service.ask(outbox.waiting), "the systems told")
    sinks.behave("ident")
    (record,) = listed(clerk, journey)
    open_ = clerk(clerk.crossings.Reconciliations, pb.ReconciliationsRequest()).open
    assert [(one.crossing, one.port, one.verdict) for one in open_] == [(record.crossing, "ZRH", "differs")]
    settled = pb.ReconcileRequest(crossing=record.crossing, stands=False, reason="compared by hand")
    clerk(clerk.crossings.Reconcile, settled, purpose="case")
    assert not clerk(clerk.crossings.Reconciliations, pb.ReconciliationsRequest()).open
    assert [one.voided for one in listed(clerk, journey)] == [True]


def test_what_waits_is_said_with_since_when_and_why(service: Service, gate: Caller, journey: str, sinks: Sinks) -> None:
    sinks.behave("adis", "down")
    pass_through(gate, journey, "ben-live")
    wait(lambda: [row.trouble for row in service.ask(outbox.waiting)] == ["unreached: HTTP 503"], "the trouble")
    auditor = service.person("r.outbox", "auditor@*")
    where = ("--identity", str(service.root / "console-r.outbox"), "--server", f"localhost:{service.port}")
    done = CliRunner().invoke(app, ["outbox", *where], env={TOKEN: auditor.token})
    sinks.behave("adis")
    (row,) = map(json.loads, done.stdout.splitlines())
    assert (row["system"], row["trouble"], row["tries"] >= 1) == ("adis", "unreached: HTTP 503", True)
    assert abs(row["queued_utc_ms"] - time.time_ns() // 1_000_000) < 600_000
    assert "SPECIMEN" not in done.stdout
    wait(lambda: not service.ask(outbox.waiting), "the system told")
