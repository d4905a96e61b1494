"""SR-08: what one peer, or nobody in particular, may do to the others: a real service, its TLS, whole attacks."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import cast

import grpc
import pytest
from google.protobuf.descriptor import Descriptor
from limen.v1 import approvals_pb2, manifests_pb2
from limen.v1 import verification_pb2 as pb
from sqlalchemy import Connection, select

from backend.store.schema import audit_log
from calibration.service import attacks
from calibration.service.access import running
from calibration.service.attackers import DEVICE, KINDS, WATCH
from calibration.service.attacks import Site
from calibration.service.bombs import bombs
from calibration.service.border_post import requests
from calibration.service.calling import Call, said
from tests.conftest import Caller, Person, Service
from tests.integration.callers import Callers

LASTS_S = 3.0
WATCHER = """
import sys, grpc, time
from pathlib import Path
from limen.v1 import manifests_pb2
from limen.v1.manifests_pb2_grpc import ManifestsStub
pem = [(Path(sys.argv[1]) / name).read_bytes() for name in ("ca.pem", "peer.key", "peer.pem")]
channel = grpc.secure_channel(f"localhost:{sys.argv[2]}", grpc.ssl_channel_credentials(*pem))
stream = ManifestsStub(channel).WatchGallery(manifests_pb2.WatchGalleryRequest())
next(stream)
print("watches", flush=True)
time.sleep(600)
"""
TIMES = 100_000
TOLD = {
    "streams": "RESOURCE_EXHAUSTED",
    "unsaid": "RESOURCE_EXHAUSTED",
    "zipped": "INVALID_ARGUMENT",
    "plain": "INVALID_ARGUMENT",
    "two_megabytes": "INVALID_ARGUMENT",
    "idle": "left open",
    "half_open": "ended",
    "slow": "ended",
    "handshakes": "ended",
    "calls": "OK",
    "resets": "taken back",
}


@pytest.fixture(scope="module")
def attacked() -> Iterator[Site]:
    with attacks.site() as there:
        yield there


@pytest.mark.parametrize("kind", KINDS)
def test_sr08_nobody_is_refused_while_one_peer_does_its_worst(attacked: Site, kind: str) -> None:
    found = attacked.under(kind, LASTS_S)
    late = found.refused.count("DEADLINE_EXCEEDED")  # of a machine that does other things
    assert len(found.refused) == late < len(found.took_ms), found.refused
    assert found.held == 0, "SR-10: the service's loop was held by something it did"
    assert found.told[TOLD[kind]] > 0, "the attack was what it says"


def test_sr08_every_message_of_most_elements_of_nothing_is_refused_zipped_or_not(attacked: Site) -> None:
    """By name of the field: of what was taken instead, what was said."""
    rig = attacked.rig
    taken = []
    options = [("grpc.default_compression_algorithm", 2)]
    for how in ([], options):
        with grpc.secure_channel(rig.address, rig.credentials(DEVICE), how) as channel:
            for name, content in bombs(pb.VerifyRequest.DESCRIPTOR, TIMES):
                came = said(channel, Call("/limen.v1.Verification/Verify", content))
                taken += [] if came.startswith("INVALID_ARGUMENT") else [(name, came)]
                assert len(came) < 600, "both ends pay for the words of a status"
    assert taken == []


def test_a_second_connection_of_a_device_may_not_watch_and_its_key_is_said_to_be_elsewhere(service: Service) -> None:
    first = service.add("g77", "gate", "G77")
    elsewhere = [("grpc.use_local_subchannel_pool", 1)]
    pem = [(service.root / "g77" / name).read_bytes() for name in ("ca.pem", "peer.key", "peer.pem")]
    watching = first.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=60)
    next(watching)
    with grpc.secure_channel(f"localhost:{service.port}", grpc.ssl_channel_credentials(*pem), elsewhere) as channel:
        second = Caller(channel)
        with pytest.raises(grpc.RpcError) as refused:
            next(second.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=20))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "key is in use elsewhere" in str(refused.value.details())
        assert service.ask(_refusals, "g77") == [WATCH], "on record"
        watching.cancel()
        state = next(second.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=20))
        assert state == manifests_pb2.GalleryState(), "the first has gone"


def _refusals(db: Connection, who: str) -> list[str]:
    rows = db.execute(select(audit_log.c.subject).where(audit_log.c.who == who))
    return [row.subject for row in rows]


def test_an_appliance_that_lost_its_line_is_not_locked_out_by_its_own_old_connection(service: Service) -> None:
    again = service.add("g78", "gate", "G78")
    words = [sys.executable, "-c", WATCHER, str(service.root / "g78"), str(service.port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"watches\n"
        first.send_signal(signal.SIGSTOP)  # its connection stays, and answers no ping
        try:
            assert "key is in use elsewhere" in _watched(again)
            until_s = time.monotonic() + 60
            while (came := _watched(again)) and time.monotonic() < until_s:
                time.sleep(0.2)
        finally:
            first.kill()
    assert came == ""


def _watched(gate: Caller) -> str:
    """What was said against it."""
    try:
        next(iter(gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=20)))
    except grpc.RpcError as error:
        return str(error.details())
    return ""


def test_sr08_every_method_refuses_most_elements_of_nothing() -> None:
    taken = []
    with running() as (rig, place):
        callers = Callers(rig)
        for method, request in requests(place).items():
            for name, content in bombs(cast(Descriptor, request.DESCRIPTOR), TIMES):
                came = callers.raw(method, content)
                taken += [] if came.startswith("INVALID_ARGUMENT") else [(method, name, came)]
    assert taken == []


def test_one_person_who_calls_without_end_leaves_the_others_of_that_console_their_turn(service: Service) -> None:
    one, other = service.person("s.greedy", "supervisor@ZRH"), service.person("s.modest", "supervisor@ZRH")
    other = Person(one.channel, other.token)  # on the console of the first
    asked = approvals_pb2.ListProposalsRequest()
    for _ in range(3):
        flood = [one.approvals.List.future(asked, timeout=20, metadata=tuple(one.metadata())) for _ in range(200)]
        other(other.approvals.List, asked)
        told = {call.code() for call in flood}
        assert told == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}, "and the console was not ended"
