"""Requests are measured before they become messages: the largest valid one passes, most elements of nothing do not."""

from operator import attrgetter
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from hypothesis import given
from hypothesis import strategies as st
from limen.v1 import audit_pb2
from limen.v1 import verification_pb2 as pb

from backend import bounds
from backend.errors import Refused, StoreUnfit
from backend.named_fields import copied
from backend.server import SERVICES
from calibration.service.bombs import bombs, tainted

FILES: list[Any] = [*SERVICES, health_pb2.DESCRIPTOR]
REQUESTS: set[Descriptor] = {
    method.input_type for file in FILES for service in file.services_by_name.values() for method in service.methods
}
TIMES = 10_000
CANARY = b"the face of somebody"


def largest() -> list[Message]:
    shot = pb.Shot(image=b"i" * 524_288, points=[pb.Point(x=1, y=1)] * 5, box=pb.Box(x=1, y=1, width=1, height=1))
    shot.frame, shot.age_ms = 2**62, 5000
    components = [pb.Component(id=92, native=1, quality=100)] * 28
    shot.quality.CopyFrom(pb.Quality(inter_eye_px=1, pose=pb.Pose(yaw_deg=1), policy="é" * 20, components=components))
    evidence = [pb.Evidence(name="é" * 40, value=1)] * 16
    shot.liveness.CopyFrom(pb.Liveness(model="é" * 80, score=1, evidence=evidence))
    verify = pb.VerifyRequest(encounter="e" * 36, attempt=10, journey="é" * 80, device="é" * 80, shots=[shot] * 3)
    entry = audit_pb2.AuditEntry(number=2**62, at_utc_ms=2**62, event="a" * 80, encounter="e" * 36, detail="€" * 400)
    return [verify, audit_pb2.AppendRequest(entries=[entry] * 100)]


@pytest.mark.parametrize("message", largest(), ids=lambda message: message.DESCRIPTOR.name)
def test_the_largest_valid_request_passes(message: Message) -> None:
    bounds.check(message.SerializeToString(), bounds.limits(message.DESCRIPTOR))


@pytest.mark.parametrize("kind", sorted(REQUESTS, key=attrgetter("full_name")), ids=attrgetter("name"))
def test_sr08_most_elements_of_nothing_are_refused_whatever_the_field(kind: Descriptor) -> None:
    limits = bounds.limits(kind)
    taken = [name for name, content in bombs(kind, TIMES) if not _refused(content, limits)]
    assert taken == []


def test_a_request_is_refused_after_its_first_elements() -> None:
    with pytest.raises(Refused, match=r"VerifyRequest.shots comes more than 3 times"):
        bounds.check(b"\x32\x00" * 4 + b"\xff" * 1000, bounds.limits(pb.VerifyRequest.DESCRIPTOR))


def test_an_answer_without_a_limit_could_not_be_asked_for() -> None:
    with pytest.raises(StoreUnfit, match="has no max_items"):
        bounds.limits(audit_pb2.SearchAuditReply.DESCRIPTOR)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read_and_raise_nothing_else(content: bytes) -> None:
    for kind in (pb.VerifyRequest, audit_pb2.AppendRequest):
        _refused(content, bounds.limits(kind.DESCRIPTOR))


@pytest.mark.parametrize("message", largest(), ids=lambda message: message.DESCRIPTOR.name)
def test_a_copy_holds_what_is_named_and_nothing_else(message: Message) -> None:
    canaries = type(message).FromString(tainted(message, CANARY))
    assert canaries.SerializeToString().count(CANARY) > 100
    assert copied(canaries) == message
    assert CANARY not in copied(canaries).SerializeToString()


def _refused(content: bytes, limits: bounds.Limits) -> bool:
    try:
        bounds.check(content, limits)
    except Refused:
        return True
    return False
