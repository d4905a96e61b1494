"""What a device may write into the log: a closed vocabulary, each line once and never with another text."""

import uuid

import grpc
import pytest
from limen.v1 import audit_pb2
from limen.v1.audit_pb2 import AuditEntry
from limen.v1.audit_pb2_grpc import AuditStub
from sqlalchemy import Connection, select

from backend.store import schema
from edge.courier import _entries
from edge.encounter.codec import Step
from edge.encounter.events import Boarded, CallAgent, Crossed, Effect, Grant, NotBoarded, NotCrossed, Outcome, Tick, Why
from edge.encounter.journal import Notice
from tests.conftest import Caller, Service

OF = str(uuid.uuid4())
LARGEST = 2**53 - 1


def append(caller: Caller, *entries: AuditEntry) -> grpc.StatusCode | None:
    try:
        AuditStub(caller.channel).Append(audit_pb2.AppendRequest(entries=entries), timeout=10)
    except grpc.RpcError as error:
        return error.code()
    return None


def line(number: int = 1, event: str = "agent.called", detail: str = "agent called", **more: object) -> AuditEntry:
    return AuditEntry(**{"number": number, "at_utc_ms": 5, "event": event, "detail": detail, **more})  # type: ignore[arg-type]


def kept(db: Connection, device: str) -> list[tuple[int, str]]:
    of = schema.audit.c
    rows = db.execute(select(of.number, of.detail).where(of.device == device).order_by(of.number))
    return [(row.number, row.detail) for row in rows]


def actions(db: Connection, device: str) -> list[str]:
    of = schema.audit_log.c
    return list(db.execute(select(of.action).where(of.who == device).order_by(of.number)).scalars())


ENDS = (Crossed("d"), NotCrossed("d", Why.DOUBTFUL), Boarded("t", "a"), NotBoarded(Boarded("t", "a"), Why.DOUBTFUL))
STEPS: list[tuple[Effect, ...]] = [
    (Grant(OF, str(uuid.uuid4())),),
    (Grant(OF, "a.keller"),),
    (CallAgent(OF),),
    *((Outcome(OF, end, 0),) for end in ENDS),
    (Outcome(OF, ENDS[1], 0), CallAgent(OF)),
    (Outcome(OF, ENDS[0], 0), Grant(OF, "AG-7")),
]


def test_all_that_an_appliance_says_is_kept(service: Service) -> None:
    caller = service.add("talker", "gate", "G7")
    for number, effects in enumerate(STEPS, 1):
        notice = Notice(number, 1, "XX1", Step(0.0, Tick(), effects))
        assert append(caller, *_entries(notice)) is None, effects
    assert len(service.ask(kept, "talker")) == len(STEPS)


@pytest.mark.parametrize(
    "wrong",
    [
        line(event="door.opened"),
        line(detail="Anna Specimen, P1234567"),
        line(detail="agent called; Anna Specimen"),
        line(detail="agent called\nagent called"),
        line(detail=""),
        line(event="gate.granted", detail="granted by Anna Specimen"),
        line(event="gate.granted", detail="ended: Crossed"),
        line(event="encounter.ended", detail="ended: Anna"),
        line(detail="agent called; " * 5 + "agent called"),
        line(encounter="Anna Specimen"),
        line(encounter="x" * 36),
        line(0),
        line(-1),
        line(LARGEST + 1),
        line(at_utc_ms=253402300800000),
    ],
    ids=str,
)
def test_anything_else_is_refused_and_nothing_of_the_request_is_kept(service: Service, wrong: AuditEntry) -> None:
    caller = service.add(f"w{uuid.uuid4().hex[:8]}", "gate", "G8")
    assert append(caller, line(7), wrong) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_line_told_again_is_acknowledged_and_one_with_another_text_is_refused_and_logged(service: Service) -> None:
    caller = service.add("again", "gate", "G9")
    assert append(caller, line(1), line(LARGEST)) is None
    assert append(caller, line(1)) is None
    for other in (line(1, "gate.granted", "granted by AG-7"), line(1, at_utc_ms=6), line(1, encounter=OF)):
        assert append(caller, line(2), other) is grpc.StatusCode.ALREADY_EXISTS
    assert append(caller, line(3), line(3, at_utc_ms=6)) is grpc.StatusCode.ALREADY_EXISTS
    assert service.ask(kept, "again") == [(1, "agent called"), (LARGEST, "agent called")]
    assert service.ask(actions, "again") == ["device.lines", *["request.contradicted"] * 4]
    assert append(service.add("others", "gate", "G9"), line(1, at_utc_ms=9)) is None, "numbers are each device's own"
