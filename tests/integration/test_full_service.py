"""A whole service whose disk takes nothing: what it answers, what health and metrics say, and that it comes back."""

import resource
import urllib.request
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from limen.v1 import audit_pb2
from limen.v1.audit_pb2_grpc import AuditStub
from sqlalchemy import text

from calibration.rehearsal.lane import free_port
from calibration.service.postgres import Postgres
from calibration.service.rig import Rig
from tests.integration.test_store_writes import FULL

SERVING, AWAY = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def told(channel: grpc.Channel, wanted: int) -> None:
    """Wait until the service says so of itself."""
    for reply in HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60, wait_for_ready=True):
        if reply.status == wanted:
            return


def report(channel: grpc.Channel, number: int) -> None:
    entry = audit_pb2.AuditEntry(number=number, at_utc_ms=number, event="agent.called", detail="agent called")
    AuditStub(channel).Append(audit_pb2.AppendRequest(entries=[entry]), timeout=20)


def failed(channel: grpc.Channel, number: int) -> grpc.RpcError:
    try:
        report(channel, number)
    except grpc.RpcError as error:
        return error
    raise AssertionError("it was taken")


def scraped(where: str) -> str:
    with urllib.request.urlopen(f"http://{where}/metrics", timeout=20) as reply:
        return str(reply.read().decode())


def test_a_full_postgresql_is_not_serving_says_so_and_serves_again(tmp_path: Path) -> None:
    metrics = f"127.0.0.1:{free_port(0)}"
    with Postgres() as server:
        rig = Rig(tmp_path, server.database(), more=f'metrics = "{metrics}"\nstandby = "synchronous"\n')
        rig.add("gate", "gate", "G1")
        with rig, rig.connect("gate") as channel:
            told(channel, SERVING)
            report(channel, 1)
            assert 'limen_store_trouble{kind="full"} 0.0' in scraped(metrics)
            assert "limen_standby_missing 1.0" in scraped(metrics)
            rig.ask(
                lambda db: [db.execute(text(line)) for line in (FULL, *(_on(t) for t in ("audit", "store_checks")))]
            )
            error = failed(channel, 2)
            assert (error.code(), "no room" in str(error.details())) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)
            told(channel, AWAY)
            assert 'limen_store_trouble{kind="full"} 1.0' in scraped(metrics)
            assert "limen_store_up 0.0" in scraped(metrics)
            rig.ask(lambda db: [db.execute(text(f"DROP TRIGGER full_disk ON {t}")) for t in ("audit", "store_checks")])
            told(channel, SERVING)
            report(channel, 2)
    assert "INTERNAL" not in (tmp_path / "service.log").read_text()


def test_a_file_that_can_grow_no_more_is_not_serving_ends_nobody_and_serves_again(tmp_path: Path) -> None:
    """No byte of any file of the process, its log included, as on a disk that fails or a quota that is used up."""
    rig = Rig(tmp_path)
    rig.add("gate", "gate", "G1")
    with rig, rig.connect("gate") as channel:
        told(channel, SERVING)
        report(channel, 1)
        limits = resource.prlimit(rig.process, resource.RLIMIT_FSIZE)
        resource.prlimit(rig.process, resource.RLIMIT_FSIZE, (1, limits[1]))
        error = failed(channel, 2)
        assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED), error
        told(channel, AWAY)
        resource.prlimit(rig.process, resource.RLIMIT_FSIZE, limits)
        told(channel, SERVING)
        report(channel, 2)


def _on(table: str) -> str:
    return f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()"
