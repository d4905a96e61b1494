"""What an operator and a touchpoint learn of a hotlist hit, and what is left of a citizen's image: nothing."""

import time
import uuid
from pathlib import Path

import grpc
import pytest
from limen.v1 import verification_pb2 as pb
from sqlalchemy import Connection, select

from backend.biographic import Biographic
from backend.keys import KeyRing
from backend.store.schema import captures, decisions, metadata, travelers
from backend.store.travelers import Traveler
from calibration.service import neutral
from calibration.service.rig import stand_against
from tests.conftest import Caller, Service, board, flight, question, shot


def hotlisted(db: Connection, keys: KeyRing, number: str) -> str:
    paper = Biographic("", "", document_type="P", document_number=number, document_issuer="UTO")
    return stand_against(db, keys, Traveler("", paper), time.time_ns() // 1_000_000)


def last(db: Connection, encounter: str) -> object:
    rows = db.execute(select(decisions).where(decisions.c.encounter == encounter).order_by(decisions.c.attempt)).all()
    return rows[-1]


@pytest.fixture(scope="module")
def listed(service: Service) -> str:
    """The number of a document somebody on the hotlist travels with."""
    service.on_file("H1", "anna-on-file")
    service.ask(hotlisted, KeyRing(service.state / "keys"), "H1")
    return "H1"


def ask_thrice(gate: Caller, journey: str, live: str) -> list[pb.VerifyReply]:
    encounter = str(uuid.uuid4())
    asked = [question(journey, shot(live), encounter=encounter, attempt=n) for n in (1, 2, 3)]
    return [gate.verification.Verify(one, timeout=10) for one in asked]


def test_air22_a_hotlist_hit_is_the_same_bytes_as_a_no_match(
    gate: Caller, carrier: Caller, operator: Caller, listed: str
) -> None:
    journey = board(carrier, operator, gate, flight(), [listed, "B1"])
    hit, nobody = ask_thrice(gate, journey, "anna-live"), ask_thrice(gate, journey, "stranger-live")
    assert [reply.WhichOneof("directive") for reply in hit] == ["recapture", "recapture", "wait"]
    for one, other in zip(hit, nobody, strict=True):
        assert one.ByteSize() == other.ByteSize()
        one.encounter = other.encounter = str(uuid.UUID(int=0))
        assert one.SerializeToString() == other.SerializeToString()


@pytest.mark.parametrize("path", neutral.ATTEMPTS)
def test_se12_whom_an_officer_must_talk_to_is_answered_as_nobody_is_on_every_path(path: str) -> None:
    figure = neutral.answers("sqlcipher", neutral.measured("sqlcipher", 2, path))
    assert (figure.failures, figure.trials) == (0, 3 * neutral.ATTEMPTS[path]), figure.words


def test_air1_a_touchpoint_learns_who_and_where_they_sit_but_nothing_of_a_hit_and_no_gate_opens(
    service: Service, gate: Caller, carrier: Caller, operator: Caller, listed: str
) -> None:
    journey = board(carrier, operator, gate, flight(), [listed, "B1"])
    asked = question(journey, shot("ben-live"))
    found = gate.verification.Identify(asked, timeout=10)
    assert found.identified.seat == service.ask(_seat, found.identified.traveler)
    decision = service.ask(last, asked.encounter).decision  # type: ignore[attr-defined]
    told = pb.ReportOutcomeRequest(encounter=asked.encounter, journey=journey, since_answer_ms=900)
    told.ended_utc_ms, told.crossed.decision = time.time_ns() // 1_000_000, decision
    with pytest.raises(grpc.RpcError) as refused:
        gate.verification.ReportOutcome(told, timeout=10)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.RpcError) as other:
        gate.verification.Verify(asked, timeout=10)
    assert other.value.code() is grpc.StatusCode.ALREADY_EXISTS, "its key is not good for a gate"
    hit, nobody = (
        gate.verification.Identify(question(journey, shot(n)), timeout=10) for n in ("anna-live", "stranger-live")
    )
    assert hit.WhichOneof("directive") == "recapture"
    hit.encounter = nobody.encounter = ""
    assert hit.SerializeToString() == nobody.SerializeToString()


def _seat(db: Connection, traveler: str) -> str:
    return str(db.execute(select(travelers.c.seat).where(travelers.c.traveler == traveler)).scalar_one())


def _citizen(db: Connection, journey: str) -> None:
    changed = {"citizen": True, "recorded": False}
    db.execute(travelers.update().where(travelers.c.journey == journey).values(changed))


def _captured(db: Connection, journey: str) -> list[str]:
    return list(db.execute(select(captures.c.encounter).where(captures.c.journey == journey)).scalars())


def _dump(db: Connection) -> bytes:
    """Everything in the database, as whoever holds its key reads it."""
    rows = (row for table in metadata.sorted_tables for row in db.execute(table.select()))
    return b"".join(value for row in rows for value in row if isinstance(value, bytes))


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_ret1_pr01_nothing_of_a_citizens_live_image_is_written_anywhere(
    service: Service, gate: Caller, carrier: Caller, operator: Caller
) -> None:
    journey = board(carrier, operator, gate, flight(), ["B1"])
    service.ask(_citizen, journey)
    asked = question(journey, shot("ben-live-evening"))
    assert gate.verification.Verify(asked, timeout=10).WhichOneof("directive") == "proceed"
    assert service.ask(_captured, journey) == []
    image = asked.shots[0].image
    written = files(service.state) + service.ask(_dump)
    canaries = [image[at : at + 64] for at in range(0, len(image) - 64, 64)]
    assert not any(canary in written for canary in canaries)


def test_ret2_a_recorded_travellers_live_image_is_kept_sealed_for_the_repository(
    service: Service, gate: Caller, carrier: Caller, operator: Caller
) -> None:
    journey = board(carrier, operator, gate, flight(), ["B1"])
    asked = question(journey, shot("ben-live"))
    assert gate.verification.Verify(asked, timeout=10).WhichOneof("directive") == "proceed"
    assert service.ask(_captured, journey) == [asked.encounter]
    assert asked.shots[0].image[100:164] not in files(service.state)
