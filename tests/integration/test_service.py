"""Who may call, what survives, what is told when something is wrong."""

import asyncio
import contextlib
import time
from pathlib import Path

import grpc
import pytest
import sqlcipher3.dbapi2
from limen.v1 import fleet_pb2, manifests_pb2

from backend import ca
from backend.errors import Mismatch, StoreUnfit
from backend.imaging import Imaging
from backend.operating_point import record, write
from backend.server import running
from backend.settings import Rules, Settings
from backend.store.engine import open_store
from calibration.rehearsal.cast import portrait
from tests.conftest import TODAY, Caller, Service, board, flight, manifest, question, shot
from vision.embed import template_version


def test_se01_a_certificate_of_another_authority_does_not_get_in(service: Service, tmp_path: Path) -> None:
    ca.init(tmp_path / "ca", ["localhost"])
    ca.add(tmp_path / "ca", tmp_path / "peer", "gate", "g1")
    (tmp_path / "peer" / "ca.pem").write_bytes((service.state / "ca" / "ca.pem").read_bytes())
    with pytest.raises(grpc.RpcError) as refused:
        service.connect(tmp_path / "peer").fleet.Health(fleet_pb2.HealthRequest(device="g1"), timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_se01_no_certificate_does_not_get_in(service: Service) -> None:
    root = (service.state / "ca" / "ca.pem").read_bytes()
    anonymous = Caller(grpc.secure_channel(f"localhost:{service.port}", grpc.ssl_channel_credentials(root)))
    with pytest.raises(grpc.RpcError) as refused:
        anonymous.fleet.Health(fleet_pb2.HealthRequest(device="g1"), timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_se01_a_device_of_ours_that_is_not_registered_is_told_so(service: Service, tmp_path: Path) -> None:
    ca.add(service.state / "ca", tmp_path / "peer", "gate", "stranger")
    with pytest.raises(grpc.RpcError, match="gate stranger is not registered here") as refused:
        service.connect(tmp_path / "peer").fleet.Health(fleet_pb2.HealthRequest(device="stranger"), timeout=5)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_se01_a_role_may_not_call_anothers_method(carrier: Caller, gate: Caller) -> None:
    with pytest.raises(grpc.RpcError, match="role gate may not call"):
        gate.manifests.Submit(manifests_pb2.SubmitRequest(interchange=bytes(20)), timeout=5)
    with pytest.raises(grpc.RpcError, match="role carrier may not call"):
        carrier.fleet.Health(fleet_pb2.HealthRequest(device="x"), timeout=5)


def test_a_model_mismatch_is_refused_with_what_to_do(gate: Caller) -> None:
    other = fleet_pb2.HelloRequest(device="g1", software="t", template_version="0" * 16)
    with pytest.raises(grpc.RpcError, match=r"models differ: .*make models") as refused:
        gate.fleet.Hello(other, timeout=5)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    ours = fleet_pb2.HelloRequest(device="g1", software="t", template_version=template_version())
    assert gate.fleet.Hello(ours, timeout=5) == fleet_pb2.HelloReply(gate="G1", attempts=3, liveness_enforced=True)


def test_a_wrong_manifest_is_refused_whole_with_the_place(carrier: Caller, operator: Caller) -> None:
    number = flight()
    broken = manifest(number, ["A1"]).replace(b"LOC+125+ZRH'", b"")
    with pytest.raises(grpc.RpcError, match=r"no leg .*LOC: segment 4 .* missing: expected LOC\+125") as refused:
        carrier.manifests.Submit(manifests_pb2.SubmitRequest(interchange=broken), timeout=5)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    unknown = manifests_pb2.AssignRequest(gate="G1", journey=f"{number}/{TODAY:%Y%m%d}/ZRH")
    with pytest.raises(grpc.RpcError, match="is unknown; submit its manifest first"):
        operator.manifests.Assign(unknown, timeout=5)


def test_a_manifest_sent_twice_expects_nobody_twice(carrier: Caller, operator: Caller, gate: Caller) -> None:
    number = flight()
    for _ in range(2):
        board(carrier, operator, gate, number, ["A1", "B1"])
    state = next(iter(gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=5)))
    assert len(state.expected) == 2


def test_a_bad_photo_on_file_costs_one_template_and_not_the_gallery(
    service: Service, carrier: Caller, operator: Caller, gate: Caller
) -> None:
    service.on_file("X9")
    folder = next(p for p in service.photos.iterdir() if not any(p.iterdir()))
    (folder / "half.jpg").write_bytes(b"\xff\xd8\xff" + bytes(30))
    (folder / "tiny.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    journey = board(carrier, operator, gate, flight(), ["X9", "B1"])
    reply = gate.verification.Verify(question(journey, shot("ben-live")), timeout=5)
    assert reply.WhichOneof("directive") == "proceed"


def test_a_journey_nobody_has_photos_for_is_ready_and_matches_nobody(
    carrier: Caller, operator: Caller, gate: Caller
) -> None:
    journey = board(carrier, operator, gate, flight(), ["N1", "N2"])
    reply = gate.verification.Verify(question(journey, shot("ben-live")), timeout=5)
    assert reply.WhichOneof("directive") == "recapture"


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    service = Service(tmp_path, Rules())
    service.on_file("B1", "ben-on-file-1")
    service.start()
    carrier, operator = service.add("c", "carrier"), service.add("o", "operator")
    gate = service.add("g1", "gate", "G1")
    journey = board(carrier, operator, gate, "XX1", ["B1"])
    asked = question(journey, shot("ben-live"))
    before = gate.verification.Verify(asked, timeout=5)
    service.stop()
    for photo in service.photos.rglob("*.jpg"):
        photo.unlink()  # templates were kept: photos are not needed again
    service.start()
    again = service.connect(tmp_path / "g1")
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        state = next(iter(again.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=5)))
        if state.ready:
            break
        time.sleep(0.1)
    assert again.verification.Verify(asked, timeout=5) == before
    assert (
        again.verification.Verify(question(journey, shot("ben-live")), timeout=5).WhichOneof("directive") == "proceed"
    )
    service.stop()


def test_a_gallery_that_is_not_ready_is_said_and_decides_nothing(tmp_path: Path) -> None:
    service = Service(tmp_path, Rules())
    for i in range(40):
        service.on_file(f"S{i}", "ben-on-file-2", "carla-on-file")
    service.start()
    carrier, operator = service.add("c", "carrier"), service.add("o", "operator")
    gate = service.add("g1", "gate", "G1")
    request = manifests_pb2.SubmitRequest(interchange=manifest("XX1", [f"S{i}" for i in range(40)]))
    journey = carrier.manifests.Submit(request, timeout=10).journey
    operator.manifests.Assign(manifests_pb2.AssignRequest(gate="G1", journey=journey), timeout=10)
    with pytest.raises(grpc.RpcError, match=r"is not ready; boarding goes on with documents") as refused:
        gate.verification.Verify(question(journey, shot("ben-live")), timeout=5)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    service.stop()


def test_the_database_is_encrypted_and_durable(service: Service) -> None:
    content = (service.state / "limen.db").read_bytes()
    assert not content.startswith(b"SQLite format 3")
    assert b"SPECIMEN" not in content
    assert (service.state / "store.key").stat().st_mode & 0o077 == 0
    with open_store(service.state).connect() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
        assert db.exec_driver_sql("PRAGMA cipher_version").scalar_one()


def test_a_wrong_or_missing_key_is_said_and_nothing_is_made_anew(tmp_path: Path) -> None:
    open_store(tmp_path).dispose()
    key = tmp_path / "store.key"
    held = key.read_text()
    key.write_text("ab" * 32)
    with pytest.raises(StoreUnfit, match="wrong key or damaged"):
        open_store(tmp_path)
    key.unlink()
    with pytest.raises(StoreUnfit, match=r"store\.key is missing"):
        open_store(tmp_path)
    key.write_text(held)
    open_store(tmp_path).dispose()
    assert sqlcipher3.dbapi2.sqlite_version_info >= (3, 51, 3)


async def test_an_answer_owed_to_a_caller_who_left_is_never_given_to_the_next() -> None:
    """Whoever gives up, while the child starts or works, must not shift the faces of those who follow."""
    imaging, photo = Imaging(), {n: portrait(n).read_bytes() for n in ("anna-live", "ben-live", "carla-live")}
    try:
        expected = {name: (await imaging.photo(content)).face.tobytes() for name, content in photo.items()}
        for wait_s in (0.0, 0.02, 0.15, 0.3):
            if wait_s == 0.15:
                await imaging.close()  # so that the next caller leaves while a child starts
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(imaging.photo(photo["anna-live"]), wait_s)
            for name in ("ben-live", "carla-live"):
                assert (await imaging.photo(photo[name])).face.tobytes() == expected[name]
    finally:
        await imaging.close()


async def test_an_operating_point_of_other_templates_stops_the_service(tmp_path: Path) -> None:
    write(tmp_path / "point.toml", record().model_copy(update={"template_version": "0000000000000000"}))
    settings = Settings(state_dir=tmp_path, photos_dir=tmp_path, operating_point=tmp_path / "point.toml")
    with pytest.raises(Mismatch, match=r"point\.toml is for template version 0000000000000000"):
        async with running(settings):
            pass
