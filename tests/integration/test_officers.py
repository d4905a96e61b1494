"""From a face at the gate to an officer and back: a real service, real log-ins, real faces."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from limen.v1 import alerts_pb2, approvals_pb2, manifests_pb2
from typer.testing import CliRunner

from backend.cli import app
from backend.clock import utc_ms
from backend.commands.signed_in import TOKEN
from backend.store import schema
from tests.conftest import Caller, Person, Service, board, flight, question, shot
from tests.integration.acts import settlement
from tests.integration.desk import rows

DAY_MS = 86_400_000
EXPECTED = alerts_pb2.REASON_CLASS_EXPECTED
RELEASE, INTERCEPT = alerts_pb2.ADJUDICATION_RELEASE, alerts_pb2.ADJUDICATION_INTERCEPT


@pytest.fixture(scope="module")
def on_file(service: Service) -> None:
    service.on_file("ANNA001", "anna-on-file")
    service.on_file("BEN0001", "ben-on-file-1", "ben-on-file-2")


@pytest.fixture
def journey(on_file: None, carrier: Caller, operator: Caller, gate: Caller) -> str:
    return board(carrier, operator, gate, flight(), ["ANNA001", "BEN0001"])


@pytest.fixture(scope="module")
def officer(service: Service) -> Person:
    return service.person("o.meyer", "officer@ZRH")


@pytest.fixture(scope="module")
def analyst(service: Service) -> Person:
    return service.person("a.keller", "analyst@*", "supervisor@*")


@pytest.fixture(scope="module")
def supervisor(service: Service) -> Person:
    return service.person("s.graf", "supervisor@*")


@pytest.fixture
def watching(officer: Person) -> Iterator["Watching"]:
    stream = officer(officer.alerts.Watch, alerts_pb2.WatchAlertsRequest(), timeout=60)
    yield Watching(stream)
    stream.cancel()


class Watching:
    """What the officer's stream brings of those who stand at a gate."""

    def __init__(self, stream: Iterator[alerts_pb2.Alert]) -> None:
        self._stream = stream

    def next_of(self, journey: str) -> alerts_pb2.Alert:
        return next(alert for alert in self._stream if alert.journey == journey and alert.reason != EXPECTED)


@pytest.fixture
def entry(analyst: Person, supervisor: Person) -> Iterator[str]:
    """Ben is on the hotlist, by two people, and at the end no longer."""
    of = approvals_pb2.HotlistEntry(document_type="P", document_issuer="UTO", document_number="BEN0001")
    of.remark, of.ground, of.until_utc_ms = "ask about the cargo", "customs case 12-345", utc_ms() + DAY_MS
    made = approve(analyst, supervisor, approvals_pb2.ProposeRequest(reason="asked by customs", hotlist=of))
    yield made
    end = approvals_pb2.ProposeRequest(reason="done", hotlist_end=approvals_pb2.HotlistEnd(entry=made))
    approve(analyst, supervisor, end)


def approve(analyst: Person, supervisor: Person, what: approvals_pb2.ProposeRequest) -> str:
    proposal = analyst(analyst.approvals.Propose, what)
    return str(supervisor(supervisor.approvals.Settle, settlement(supervisor, proposal.proposal)).made)


def look(gate: Caller, journey: str, name: str, encounter: str = "", attempt: int = 1) -> str:
    """The directive for a portrait."""
    asked = question(journey, shot(name), encounter=encounter, attempt=attempt)
    return str(gate.verification.Verify(asked, timeout=20).WhichOneof("directive"))


def until_waits(gate: Caller, journey: str, name: str) -> list[str]:
    encounter = str(uuid.uuid4())
    return [look(gate, journey, name, encounter, attempt) for attempt in (1, 2, 3)]


def refused(person: Person, method: object, request: object) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as error:
        person(method, request)  # type: ignore[arg-type]
    code: grpc.StatusCode = error.value.code()
    return code


def test_air21_nobody_matches_and_an_officer_of_the_port_is_told(
    gate: Caller, journey: str, watching: Watching
) -> None:
    assert until_waits(gate, journey, "stranger-live") == ["recapture", "recapture", "wait"]
    alert = watching.next_of(journey)
    assert (alert.reason, alert.port, alert.gate) == (alerts_pb2.REASON_CLASS_NO_MATCH, "ZRH", "G1")
    assert (alert.traveler, alert.name, alert.remark) == ("", "", "")


def test_air22_a_hit_is_told_with_place_and_flight_and_after_a_release_the_gate_may_open(
    gate: Caller, journey: str, watching: Watching, officer: Person, entry: str
) -> None:
    assert until_waits(gate, journey, "ben-live") == ["recapture", "recapture", "wait"]
    alert = watching.next_of(journey)
    assert (alert.reason, alert.gate, alert.remark) == (alerts_pb2.REASON_CLASS_HOTLIST, "G1", "ask about the cargo")
    assert alert.name.startswith("SPECIMEN")
    officer(officer.alerts.Take, alerts_pb2.TakeRequest(alert=alert.alert))
    said = alerts_pb2.AdjudicateRequest(alert=alert.alert, adjudication=RELEASE, reason="talked to, nothing found")
    assert officer(officer.alerts.Adjudicate, said).adjudication == RELEASE
    assert look(gate, journey, "ben-live") == "proceed"
    assert look(gate, journey, "ben-live") == "recapture", "the release was for one time"


def test_air22_an_interception_needs_its_ground_and_then_the_gate_stays_shut(
    gate: Caller, journey: str, watching: Watching, officer: Person, entry: str
) -> None:
    look(gate, journey, "ben-live")
    alert = watching.next_of(journey)
    said = alerts_pb2.AdjudicateRequest(alert=alert.alert, adjudication=INTERCEPT, reason="wanted", ground="face match")
    assert refused(officer, officer.alerts.Adjudicate, said) is grpc.StatusCode.PERMISSION_DENIED
    officer(officer.alerts.Take, alerts_pb2.TakeRequest(alert=alert.alert))
    assert refused(officer, officer.alerts.Adjudicate, said) is grpc.StatusCode.INVALID_ARGUMENT
    said.ground = "warrant 11-204 of the court of Zurich"
    assert officer(officer.alerts.Adjudicate, said).adjudication == INTERCEPT
    assert until_waits(gate, journey, "ben-live")[-1] == "wait"


def test_hum2_a_proposed_entry_changes_nothing_at_the_gate(
    gate: Caller, journey: str, analyst: Person, supervisor: Person
) -> None:
    of = approvals_pb2.HotlistEntry(document_type="P", document_issuer="UTO", document_number="ANNA001")
    of.remark, of.ground, of.until_utc_ms = "ask about the cargo", "customs case 12-345", utc_ms() + DAY_MS
    made = analyst(analyst.approvals.Propose, approvals_pb2.ProposeRequest(reason="asked", hotlist=of))
    assert look(gate, journey, "anna-live") == "proceed"
    seen = settlement(analyst, made.proposal)
    assert refused(analyst, analyst.approvals.Settle, seen) is grpc.StatusCode.PERMISSION_DENIED
    assert look(gate, journey, "anna-live") == "proceed"


def test_an_override_lets_an_expected_traveller_pass_once(
    gate: Caller, journey: str, officer: Person, entry: str, service: Service
) -> None:
    state = next(iter(gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=20)))
    for one in state.expected:
        asked = alerts_pb2.OverrideRequest(journey=journey, traveler=one.traveler, reason="known to me, checked")
        assert officer(officer.alerts.Override, asked).until_utc_ms > utc_ms()
    assert look(gate, journey, "ben-live") == "proceed"
    given = [row for row in service.ask(rows, schema.allowances) if row["journey"] == journey]
    assert {row["given_by"] for row in given} == {"o.meyer"}


def test_acc1_a_device_a_stranger_and_an_officer_elsewhere_are_refused(
    service: Service, gate: Caller, journey: str, watching: Watching
) -> None:
    look(gate, journey, "stranger-live", attempt=3)
    alert = watching.next_of(journey)
    elsewhere, taken = service.person("o.rossi", "officer@GVA"), alerts_pb2.TakeRequest(alert=alert.alert)
    assert refused(elsewhere, elsewhere.alerts.Take, taken) is grpc.StatusCode.PERMISSION_DENIED
    nobody = Person(gate.channel, "")
    assert refused(nobody, nobody.alerts.Take, taken) is grpc.StatusCode.PERMISSION_DENIED


def run(service: Service, person: Person, name: str, *words: str) -> dict[str, object]:
    """The first line that a command prints."""
    token = service.root / f"{name}.token"
    token.touch(0o600)
    token.write_text(person.token)
    reach = ("--identity", str(service.root / f"console-{name}"), "--server", f"localhost:{service.port}")
    done = CliRunner().invoke(app, [*words, *reach, "--token", str(token)])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout.splitlines()[0]))


def test_the_commands_do_it_too(
    service: Service, gate: Caller, journey: str, officer: Person, supervisor: Person, watching: Watching
) -> None:
    look(gate, journey, "stranger-live", attempt=3)
    alert, meyer, graf = watching.next_of(journey).alert, (service, officer, "o.meyer"), (service, supervisor, "s.graf")
    assert run(*meyer, "alerts", "take", alert)["taken_by"] == "o.meyer"
    told = run(*meyer, "alerts", "adjudicate", alert, "release", "--reason", "documents are right")
    assert told["adjudication"] == "ADJUDICATION_RELEASE"
    made = run(*graf, "propose", "rule", "margin", "0.06", "--reason", "as measured")
    assert (made["kind"], made["proposed_by"]) == ("rule", "s.graf")
    assert run(*graf, "proposals", "--open")["proposal"] == made["proposal"]


def test_the_settling_command_shows_what_it_is_about_and_asks_before_it_says(
    service: Service, analyst: Person, supervisor: Person
) -> None:
    rule = approvals_pb2.RuleChange(rule="least_liveness", value=0.5)
    made = analyst(analyst.approvals.Propose, approvals_pb2.ProposeRequest(reason="as measured", rule=rule))
    words = ("settle", made.proposal, "rejected", "--reason", "not now")
    shown, told = answered(service, supervisor, "s.graf", "n\n", *words)
    assert (shown["content"]["rule"]["proposed"], "Aborted" in told) == (0.5, True)
    asked = approvals_pb2.ListProposalsRequest(proposal=made.proposal)
    assert not supervisor(supervisor.approvals.List, asked).proposals[0].settled, "nothing was sent"
    shown, told = answered(service, supervisor, "s.graf", "y\n", *words)
    assert '"settled": "SETTLED_REJECTED"' in told
    again, _ = answered(service, supervisor, "s.graf", "", *words)
    assert (again["settled_by"], "content" in again) == ("s.graf", False)


def test_a_client_that_names_no_digest_or_another_settles_nothing(analyst: Person, supervisor: Person) -> None:
    rule = approvals_pb2.RuleChange(rule="margin", value=0.06)
    made = analyst(analyst.approvals.Propose, approvals_pb2.ProposeRequest(reason="as measured", rule=rule))
    said = settlement(supervisor, made.proposal)
    for digest in ("", "0" * 64, said.digest.upper()):
        said.digest = digest
        assert refused(supervisor, supervisor.approvals.Settle, said) is grpc.StatusCode.FAILED_PRECONDITION


def answered(service: Service, person: Person, name: str, typed: str, *words: str) -> tuple[dict[str, Any], str]:
    """The first line that a command prints, and all of it."""
    reach = ("--identity", str(service.root / f"console-{name}"), "--server", f"localhost:{service.port}")
    done = CliRunner().invoke(app, [*words, *reach], input=typed, env={TOKEN: person.token})
    return json.loads(done.output.splitlines()[0]), done.output


def test_the_watch_command_prints_what_waits(service: Service, gate: Caller, journey: str, officer: Person) -> None:
    look(gate, journey, "stranger-live", attempt=3)
    reach = ("--identity", str(service.root / "console-o.meyer"), "--server", f"localhost:{service.port}")
    command = [sys.executable, "-m", "backend.cli", "alerts", "watch", *reach]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {TOKEN: officer.token}) as watch:
        assert watch.stdout is not None
        assert any(json.loads(line)["journey"] == journey for line in watch.stdout)
        watch.terminate()


def test_a_token_that_others_can_read_is_not_used(service: Service, officer: Person, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(officer.token)
    token.chmod(0o644)
    reach = ("--identity", str(service.root / "console-o.meyer"), "--server", f"localhost:{service.port}")
    done = CliRunner().invoke(app, ["alerts", "take", str(uuid.uuid4()), *reach, "--token", str(token)])
    assert done.exit_code == 2
    assert "chmod 600" in done.output
