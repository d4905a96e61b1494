"""What an operator relies on: health, metrics, reflection, logs without names, a drain, a doctor."""

import datetime
import itertools
import json
import re
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub
from limen.v1 import manifests_pb2
from typer.testing import CliRunner, Result

from backend.cli import app
from backend.operations.doctor import findings
from backend.operations.finding import Verdict
from backend.operations.metrics import Metrics
from backend.settings import Records, Rules, Settings, Source
from calibration.rehearsal.lane import free_port
from calibration.service.postgres import Postgres
from edge.screens.metrics import Metrics as GateMetrics
from edge.screens.places import Places
from edge.view import View
from tests.conftest import Caller, Service, board, flight, question, shot

SERVING, AWAY = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
NOBODY = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
PROJECT = Path(__file__).parents[2]
NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def metrics() -> str:
    return f"127.0.0.1:{free_port(0)}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, server: Postgres, metrics: str) -> Iterator[Service]:
    """On PostgreSQL, with metrics."""
    service = Service(tmp_path_factory.mktemp("ops"), Rules(), database=server.database(), metrics=metrics)
    for number, name in (("QX4711A", "anna-on-file"), ("QX4711B", "ben-on-file-1")):
        service.on_file(number, name)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def peers(running: Service) -> tuple[Caller, Caller, Caller]:
    return running.add("carrier", "carrier"), running.add("operator", "operator"), running.add("g1", "gate", "G1")


def told(peer: Caller, wanted: int, of: str = "") -> None:
    """Wait until the service says so of itself."""
    for reply in HealthStub(peer.channel).Watch(health_pb2.HealthCheckRequest(service=of), timeout=30):
        if reply.status == wanted:
            return


def scraped(metrics: str) -> str:
    with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=5) as reply:
        text: str = reply.read().decode()
    return text


def test_health_follows_the_database_and_the_service_recovers_by_itself(
    running: Service, peers: tuple[Caller, Caller, Caller], server: Postgres
) -> None:
    gate = peers[2]
    check = HealthStub(gate.channel).Check
    told(gate, SERVING, "limen.v1.Verification")
    server.stop("immediate")
    try:
        told(gate, AWAY)
        assert check(health_pb2.HealthCheckRequest(service="limen.v1.Manifests"), timeout=5).status == AWAY
        with pytest.raises(grpc.RpcError, match="the database does not answer") as failed:
            peers[1].manifests.Assign(manifests_pb2.AssignRequest(gate="G1", journey="none"), timeout=5)
        assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        server.start()
    told(gate, SERVING)
    with pytest.raises(grpc.RpcError, match="unknown"):
        peers[1].manifests.Assign(manifests_pb2.AssignRequest(gate="G1", journey="none"), timeout=5)
    assert check(health_pb2.HealthCheckRequest(service="nothing"), timeout=5).status == NOBODY


def test_metrics_and_logs_tell_of_answers_and_name_nobody(
    peers: tuple[Caller, Caller, Caller], metrics: str, running: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    told(peers[2], SERVING)
    journey = board(*peers, flight(), ["QX4711A", "QX4711B"])
    asked = question(journey, shot("ben-live"))
    reply = peers[2].verification.Verify(asked, timeout=10)
    with pytest.raises(grpc.RpcError):
        peers[2].verification.Verify(question("elsewhere", shot("ben-live")), timeout=10)
    text = scraped(metrics)
    assert re.search(r'limen_answers_total\{directive="proceed",method="/limen.v1.Verification/Verify"\} [1-9]', text)
    assert re.search(r'limen_rpc_seconds_count\{code="OK",method="/limen.v1.Verification/Verify"\} [1-9]', text)
    assert re.search(r'limen_rpc_seconds_count\{code="[A-Z_]+",method="/limen.v1.Manifests/Submit"\} [1-9]', text)
    assert re.search(r'limen_store_seconds_count\{kind="write"\} [1-9]', text)
    assert "limen_serving 1.0" in text
    assert "limen_store_up 1.0" in text
    captured = capfd.readouterr()
    secrets = ["SPECIMEN", "QX4711", journey, asked.encounter, reply.proceed.decision]
    for secret in secrets:
        assert secret not in text
    logged = captured.out + captured.err
    assert "rpc.refused" in logged, "the log is read at all"
    for secret in ("SPECIMEN", "QX4711", asked.shots[0].image[:20].hex()):
        assert secret not in logged


def test_every_metric_the_rules_name_is_one_the_service_or_a_gate_serves() -> None:
    rules = (PROJECT / "deploy" / "prometheus-rules.yml").read_text().split("- alert: ")[1:]
    named = {name for rule in rules for name in re.findall(r"\blimen_[a-z_]+", rule)}
    served = {
        name + suffix
        for registry in (Metrics().registry, GateMetrics(View(), Places()).registry)
        for family in registry.collect()
        for name in [family.name]
        for suffix in {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(family.type, ("",))
    }
    assert len(rules) >= 8
    assert named <= served
    for rule in rules:
        assert re.search(r"expr: [\s\S]+severity: (page|ticket)}[\s\S]+summary: \".+\"", rule)
        assert re.search(r"\blimen_", rule)


def test_no_metric_has_a_label_that_could_hold_a_person_or_a_journey() -> None:
    found = Metrics()
    labels = {label for metric in vars(found).values() for label in getattr(metric, "_labelnames", ())}
    assert labels == {"method", "code", "directive", "kind", "system", "why"}


def test_reflection_is_for_those_who_look_after_the_service(peers: tuple[Caller, Caller, Caller]) -> None:
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    with pytest.raises(grpc.RpcError) as refused:
        list(ServerReflectionStub(peers[2].channel).ServerReflectionInfo(iter([asked]), timeout=5))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_sr04_a_drain_answers_what_is_in_flight_and_ends_streams_so_that_callers_go_elsewhere(tmp_path: Path) -> None:
    service = Service(tmp_path, Rules(), drain_s=60.0)
    service.on_file("B1", "ben-on-file-1")
    service.start()
    carrier, operator = service.add("carrier", "carrier"), service.add("operator", "operator")
    gate = service.add("g1", "gate", "G1")
    journey = board(carrier, operator, gate, flight(), ["B1"])
    watching = gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=60)
    health = HealthStub(gate.channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
    next(watching)
    assert [reply.status for reply in itertools.takewhile(lambda r: r.status == AWAY, health)] in ([], [AWAY])
    asked = [gate.verification.Verify.future(question(journey, shot("ben-live")), timeout=50) for _ in range(20)]
    while not any(call.done() for call in asked):
        time.sleep(0.005)
    stopping = threading.Thread(target=service.stop)
    stopping.start()
    with pytest.raises(grpc.RpcError, match="going out of service: ask another") as ended:
        list(watching)
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
    assert {call.result().WhichOneof("directive") for call in asked} == {"proceed"}
    assert [reply.status for reply in health] == [AWAY]
    stopping.join()
    with pytest.raises(grpc.RpcError):
        gate.verification.Verify(question(journey, shot("ben-live")), timeout=2)


def doctored(settings: Settings) -> dict[str, tuple[Verdict, str]]:
    return {
        found.check: (found.verdict, f"{found.what} {found.advice}")
        for found in findings(settings, datetime.datetime.now(datetime.UTC))
    }


def test_the_doctor_finds_nothing_wrong_with_a_sound_service(running: Service, server: Postgres) -> None:
    settings = Settings(state_dir=running.state, photos_dir=running.photos, database=server.database())
    found = doctored(settings)
    assert [check for check, (verdict, _) in found.items() if verdict is Verdict.WRONG] == []
    assert found["keys apart"][0] is Verdict.WARNING
    assert found["schema"] == (Verdict.WARNING, "the database is empty the first start makes the tables")
    found = doctored(settings.model_copy(update={"database": ""}))
    assert "limen.db is not there yet" in found["database"][1]


def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    service = Service(tmp_path, Rules())
    ca = service.state / "ca"
    (ca / "service.key").chmod(0o644)
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o755)
    nobody = f"http://127.0.0.1:{free_port(0)}/"
    settings = Settings(
        state_dir=service.state,
        keys_dir=keys,
        photos_dir=tmp_path / "none",
        database="postgresql://limen:canary@127.0.0.1:1/none",
        records=Records(ident=nobody),
        sources=(Source(kind="state", url=nobody),),
        operating_point=tmp_path / "point.toml",
    )
    found = doctored(settings)
    for check, said in (
        ("service key", "others may read .*chmod go="),
        ("keys", "others may read .*chmod go="),
        ("database", "is it running, and do address and password hold"),
        ("photos", "none is no folder we can read set photos_dir"),
        ("records ident", "refused ask its operators"),
        ("source state", "refused ask its operators"),
        ("operating point", r"point\.toml .*limen-calibrate identify"),
    ):
        assert found[check][0] is Verdict.WRONG
        assert re.search(said, found[check][1])
    assert found["keys apart"][0] is Verdict.OK
    assert "canary" not in str(found)
    later = {f.check: f.verdict for f in findings(settings, NOW + datetime.timedelta(days=380))}
    assert later["certificate service"] is Verdict.WARNING
    later = {f.check: f.verdict for f in findings(settings, NOW + datetime.timedelta(days=400))}
    assert (later["certificate service"], later["certificate ca"]) == (Verdict.WRONG, Verdict.OK)


def test_the_commands_migrate_check_back_up_and_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").mkdir(mode=0o700)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        service = Service(tmp_path / name, Rules())
        text = f'state_dir = "{service.state}"\nkeys_dir = "{tmp_path}/keys"\nphotos_dir = "{service.photos}"\n'
        (tmp_path / f"{name}.toml").write_text(text)

    def tvs(*arguments: str, settings: str = "old.toml") -> Result:
        return CliRunner().invoke(app, [*arguments, "--settings", settings])

    assert "schema 0005" in tvs("migrate").stdout
    done = tvs("doctor", "--json")
    assert {"check": "schema", "verdict": "ok", "what": "0005", "advice": ""} in json.loads(done.stdout)
    assert done.exit_code == 0
    assert "it opens with" in tvs("backup", "b.limen").stdout
    assert "rows restored" in tvs("restore", "b.limen", settings="new.toml").stdout
    again = tvs("restore", "b.limen", settings="new.toml")
    assert (again.exit_code, "empty database only" in again.stderr) == (2, True)
    (tmp_path / "new" / "tvs" / "ca" / "service.pem").unlink()
    plain = tvs("doctor", settings="new.toml")
    assert plain.exit_code == 1
    assert re.search(r"wrong +certificate service .*run `limen-tvs ca init`", plain.stdout)
    (tmp_path / "none.toml").write_text("speed = 1\n")
    plain = tvs("doctor", settings="none.toml")
    assert plain.exit_code == 1
    assert re.search(r"wrong +settings .*speed: Extra inputs are not permitted", plain.stdout)
