"""Who may announce which flights, and put which gates to them: with the real service and its commands."""

import json
from pathlib import Path

import grpc
import pytest
from limen.v1 import manifests_pb2 as pb
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from backend.cli import app
from backend.store import facts, journeys, peers
from backend.store.journeys import Journey
from backend.store.peers import Peer
from backend.store.schema import audit_log
from tests.conftest import Caller, Service, flight, manifest

NOW_UTC_MS = 1_795_336_000_000


def sent(caller: Caller, number: str) -> str:
    request = pb.SubmitRequest(interchange=manifest(number, ["A1"]))
    return str(caller.manifests.Submit(request, timeout=10).journey)


def refused(service: Service) -> list[str]:
    told = select(audit_log.c.who).where(audit_log.c.result == "refused: NotAllowed")
    return service.ask(lambda db: list(db.execute(told).scalars()))


def ran(service: Service, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["device", *arguments, "--settings", str(service.root / "tvs.toml")])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def configured(service: Service) -> Service:
    (service.root / "tvs.toml").write_text(
        f'state_dir = "{service.state}"\nphotos_dir = "{service.photos}"\ncountry = "CHE"\n'
    )
    return service


def test_se01_a_carrier_cannot_announce_anothers_flight(configured: Service, operator: Caller, tmp_path: Path) -> None:
    """It would own the journey, and whom it removes would not be expected."""
    squatter, number = tmp_path / "squatter", flight()
    ran(configured, "add", "squatter", "--role", "carrier", "--airline", "YY", "--out", str(squatter))
    with pytest.raises(grpc.RpcError, match="carrier squatter may announce YY, not XX") as error:
        sent(configured.connect(squatter), number)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "squatter" in refused(configured)
    assert sent(operator, number).startswith(f"{number}/")  # an operator announces for anybody, and nobody had


@pytest.mark.parametrize("number", ["XXA12", "XY12"])
def test_se01_a_carriers_code_is_compared_whole(service: Service, number: str) -> None:
    """ "XX" before "A12" is not the flight 12 of XXA."""
    carrier = service.add("narrow", "carrier")
    content = manifest("FLIGHT", ["A1"]).replace(b"TDT+20+FLIGHT'", f"TDT+20+{number[2:]}+++{number[:2]}'".encode())
    with pytest.raises(grpc.RpcError) as error:
        carrier.manifests.Submit(pb.SubmitRequest(interchange=content), timeout=10)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_a_carrier_registered_again_keeps_its_codes_unless_told_others(configured: Service, tmp_path: Path) -> None:
    def codes(*airlines: str) -> list[str]:
        ran(configured, "add", "again", "--role", "carrier", *airlines, "--out", str(tmp_path / "again"))
        known = (json.loads(line) for line in ran(configured, "list").splitlines())
        return next(one["airlines"] for one in known if one["name"] == "again")

    assert codes("--airline", "XX", "--airline", "YY") == ["XX", "YY"]
    assert codes() == ["XX", "YY"]
    assert codes("--airline", "ZZ") == ["ZZ"]
    assert configured.ask(peers.welcomed, "again") == Peer("again", "carrier", None, generation=3, carriers=("ZZ",))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--role", "carrier"), "needs an --airline"),
        (("--role", "carrier", "--airline", "x x"), "2 to 17 capitals or digits"),
        (("--role", "console", "--airline", "XX"), "has no --airline"),
    ],
)
def test_a_device_has_an_airline_exactly_when_it_is_a_carrier(
    configured: Service, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    settings = ("--settings", str(configured.root / "tvs.toml"), "--out", str(tmp_path / "odd"))
    done = CliRunner().invoke(app, ["device", "add", "odd", *arguments, *settings])
    assert done.exit_code == 2
    assert why in " ".join(done.output.split())


def test_se01_an_operator_puts_only_gates_of_the_journeys_port_to_it(
    service: Service, carrier: Caller, gate: Caller
) -> None:
    """Else an operator of one port takes another's gate out of service."""
    zurich, geneva = service.add("o-zrh", "operator", port="ZRH"), service.add("o-gva", "operator", port="GVA")
    here = sent(carrier, flight())
    zurich.manifests.Assign(pb.AssignRequest(gate="G1", journey=here), timeout=10)
    content = manifest(number := flight(), ["A1"]).replace(b"LOC+125+ZRH", b"LOC+125+GVA")
    there = str(carrier.manifests.Submit(pb.SubmitRequest(interchange=content), timeout=10).journey)
    assert there.startswith(f"{number}/")
    with pytest.raises(grpc.RpcError, match="no gate G1 is registered at GVA") as error:
        geneva.manifests.Assign(pb.AssignRequest(gate="G1", journey=there), timeout=10)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    other = service.add("g1-gva", "gate", "G1", "GVA")
    geneva.manifests.Assign(pb.AssignRequest(gate="G1", journey=there), timeout=10)
    for who, journey in ((gate, here), (other, there)):
        watching = who.manifests.WatchGallery(pb.WatchGalleryRequest(), timeout=10)
        assert next(iter(watching)).journey == journey
        watching.cancel()


def test_gates_of_one_name_at_two_ports_board_their_own(engine: Engine) -> None:
    runs = [
        Journey(f"XX{direction}", "air", direction, "c", *ports, None, None, "2025-12-26", NOW_UTC_MS)
        for direction, ports in (("out", ("ZRH", "HKG")), ("in", ("HKG", "GVA")))
    ]
    with engine.begin() as db:
        for run in runs:
            journeys.announce(db, run)
            journeys.assign(db, "G1", run.journey)
        assert [journeys.assigned(db, run.port, "G1") for run in runs] == ["XXout", "XXin"]
        told = [facts.facts(db, run.journey, "nobody", "G1", NOW_UTC_MS) for run in runs]
    assert [one and one.boards for one in told] == ["XXout", "XXin"]
