"""What carriers send becomes who is expected, and they are answered: with the real service."""

import threading
import time
import uuid
from datetime import timedelta

import grpc
import pytest
from limen.v1 import manifests_pb2 as pb
from sqlalchemy import select

from backend.keys import KeyRing, of_citizens
from backend.store import travelers
from backend.store.engine import open_store
from backend.store.schema import audit_log
from tests.conftest import TODAY, Caller, Service, flight
from tests.integration.lists import told
from tests.unit.backend.paxlst_specimens import ANNA, BEN, CARL, HEAD, LEG, interchange, message

DORA = "NAD+FL+++SPECIMEN:DORA'ATT+2++F'DTM+329:700101'NAT+2+UTO'RFF+ABO:P4'"


def leg(number: str) -> str:
    """Of today: the service purges what is long over, and builds nothing that is far ahead."""
    today, tomorrow = f"{TODAY:%y%m%d}", f"{TODAY + timedelta(days=1):%y%m%d}"
    dated = LEG.replace("261122", today).replace("261123", tomorrow)
    return dated.replace("XX0138", number)


def sent(carrier: Caller, content: bytes) -> pb.SubmitReply:
    reply: pb.SubmitReply = carrier.manifests.Submit(pb.SubmitRequest(interchange=content), timeout=10)
    return reply


def expected(service: Service, journey: str) -> list[tuple[str, str]]:
    """(name, seat) of everyone expected, as the store has them."""
    keys, engine = KeyRing(service.state / "keys"), open_store(service.state, to_read=True)
    with engine.connect() as db:
        people = travelers.of_journey(db, keys, journey)
    engine.dispose()
    return sorted((one.biographic.name, one.seat) for one in people)


def ids(service: Service, journey: str) -> dict[str, str]:
    keys, engine = KeyRing(service.state / "keys"), open_store(service.state, to_read=True)
    with engine.connect() as db:
        found = {one.biographic.given: one.traveler for one in travelers.of_journey(db, keys, journey)}
    engine.dispose()
    return found


def noted(service: Service, action: str) -> list[tuple[str, str]]:
    engine = open_store(service.state, to_read=True)
    with engine.connect() as db:
        rows = db.execute(select(audit_log.c.subject, audit_log.c.result).where(audit_log.c.action == action)).all()
    engine.dispose()
    return [(row.subject, row.result) for row in rows]


def test_air2_a_manifest_is_expected_answered_and_noted(service: Service, carrier: Caller) -> None:
    number = flight()
    reply = sent(carrier, interchange(message([ANNA, BEN, DORA, CARL], leg=leg(number))))
    assert reply.journeys == [f"{number}/{TODAY:%Y%m%d}/ZRH"]
    assert reply.travelers == 4
    assert [(one.segment, one.position) for one in reply.findings] == [("DOC", 28)]
    assert told(reply.answer) == [("P1", "0Z"), ("P2", "0Z"), ("P4", "4Z"), ("", "0Z")]
    assert expected(service, reply.journey)[0] == ("CREW CARL", "")
    assert (reply.journey, "new: 4 added, 0 changed, 0 removed") in noted(service, "manifest.submitted")


def test_the_same_bytes_again_get_the_same_reply_and_change_nothing(service: Service, carrier: Caller) -> None:
    content = interchange(message([ANNA, BEN], leg=leg(flight())))
    first = sent(carrier, content)
    before = len(noted(service, "manifest.submitted"))
    assert sent(carrier, content) == first
    assert len(noted(service, "manifest.submitted")) == before


def test_a_carrier_changes_only_its_own_journeys(service: Service, carrier: Caller) -> None:
    other, number = service.add(f"other-{uuid.uuid4().hex[:6]}", "carrier"), flight()
    sent(carrier, interchange(message([ANNA], leg=leg(number))))
    with pytest.raises(grpc.RpcError, match="was announced by another carrier") as refused:
        sent(other, interchange(message([BEN], leg=leg(number))))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert any(result == "refused: NotAllowed" for _, result in noted(service, "manifest.submitted"))
    assert len(expected(service, f"{number}/{TODAY:%Y%m%d}/ZRH")) == 1


def test_changes_add_remove_and_reseat_until_the_doors_close(service: Service, carrier: Caller) -> None:
    number = flight()
    journey = sent(carrier, interchange(message([ANNA, BEN], leg=leg(number)))).journey
    change = message([ANNA.replace("12A", "1F"), CARL], leg=leg(number), bgm="BGM+745+CP'")
    sent(carrier, interchange(change))
    assert ("SPECI'MEN ANNA MARIA", "1F") in expected(service, journey)
    sent(carrier, interchange(message([BEN], leg=leg(number), bgm="BGM+745+XR'")))
    assert [name for name, _ in expected(service, journey)] == ["CREW CARL", "SPECI'MEN ANNA MARIA"]
    closed = carrier.manifests.CloseDoors(pb.CloseDoorsRequest(journey=journey), timeout=5)
    assert (closed.crossed, closed.not_crossed) == (0, 2)
    keys, latest_s = KeyRing(service.state / "keys"), time.monotonic() + 20
    while keys.has(of_citizens(journey)):
        assert time.monotonic() < latest_s, "the citizens' key is still there"
        time.sleep(0.1)
    with pytest.raises(grpc.RpcError, match=r"doors of .* are closed"):
        sent(carrier, interchange(message([ANNA, BEN, CARL], leg=leg(number))))
    assert len(expected(service, journey)) == 2


def test_a_changed_document_is_another_traveller_to_look_for(service: Service, carrier: Caller) -> None:
    number = flight()
    journey = sent(carrier, interchange(message([ANNA], leg=leg(number)))).journey
    before = ids(service, journey)
    sent(carrier, interchange(message([ANNA.replace("L898902C3", "Q1")], leg=leg(number), bgm="BGM+745+CP'")))
    after = ids(service, journey)
    assert before.keys() == after.keys()
    assert before["ANNA MARIA"] != after["ANNA MARIA"]


def test_dig2_an_opt_out_is_for_citizens_and_documents_for_anybody(
    service: Service, carrier: Caller, operator: Caller
) -> None:
    journey = sent(carrier, interchange(message([ANNA, BEN], leg=leg(flight())))).journey
    who = ids(service, journey)

    def ask(name: str, kind: pb.AccommodateRequest.Kind.ValueType) -> None:
        request = pb.AccommodateRequest(journey=journey, traveler=who[name], kind=kind)
        operator.manifests.Accommodate(request, timeout=5)

    ask("BEN", pb.AccommodateRequest.KIND_OPT_OUT)
    ask("ANNA MARIA", pb.AccommodateRequest.KIND_DOCUMENTS)
    with pytest.raises(grpc.RpcError, match="only citizens may decline"):
        ask("ANNA MARIA", pb.AccommodateRequest.KIND_OPT_OUT)
    assert (who["BEN"], "opt_out") in noted(service, "traveler.accommodated")


def test_a_traveller_is_removed_with_a_reason(service: Service, carrier: Caller) -> None:
    journey = sent(carrier, interchange(message([ANNA, BEN], leg=leg(flight())))).journey
    who = ids(service, journey)["BEN"]
    carrier.manifests.Remove(pb.RemoveRequest(journey=journey, traveler=who, reason="no show"), timeout=5)
    assert [name for name, _ in expected(service, journey)] == ["SPECI'MEN ANNA MARIA"]
    assert (who, "no show") in noted(service, "traveler.removed")
    with pytest.raises(grpc.RpcError, match="is not expected on"):
        carrier.manifests.Remove(pb.RemoveRequest(journey=journey, traveler=who, reason="no show"), timeout=5)


def test_photos_of_a_carrier_are_refused_and_noted(service: Service, carrier: Caller) -> None:
    content = interchange(message([ANNA], leg=leg(flight()))).replace(b"ATT", b"FTX+PHOTO+++X'ATT")
    with pytest.raises(grpc.RpcError, match="photos come from the sources of record only"):
        sent(carrier, content)
    assert noted(service, "photos.refused")[-1][1] == "refused: PhotosRefused"


def test_parts_wait_sealed_and_become_one_in_any_order(service: Service, carrier: Caller) -> None:
    number = flight()
    said = [("02", BEN), ("03:F", CARL), ("01:C", ANNA)]
    parts = [
        interchange(message([one], leg=leg(number), part=f"+{number}/A+{part}", count=2), head=HEAD)
        for part, one in said
    ]
    assert sent(carrier, parts[0]).parts_missing == 2
    assert sent(carrier, parts[0]).parts_missing == 2
    second = sent(carrier, parts[1])
    assert (second.parts_missing, len(second.journeys)) == (1, 0)
    content = (service.state / "limen.db").read_bytes()
    assert b"SPECIMEN" not in content
    whole = sent(carrier, parts[2])
    assert (whole.parts_missing, whole.travelers, len(whole.findings)) == (0, 3, 0)
    assert told(whole.answer) == [("P1", "0Z"), ("P2", "0Z"), ("", "0Z")]


def test_parts_that_contradict_each_other_are_refused_and_nothing_is_half_written(carrier: Caller) -> None:
    number = flight()

    def part(person: str, which: str) -> bytes:
        return interchange(message([person], leg=leg(number), part=f"+{number}/B+{which}", count=2))

    sent(carrier, part(ANNA, "02:F"))
    with pytest.raises(grpc.RpcError, match="two parts say they are the last"):
        sent(carrier, part(BEN, "03:F"))
    with pytest.raises(grpc.RpcError, match="part 2 was sent before with another content"):
        sent(carrier, part(BEN, "02:F"))
    assert sent(carrier, part(BEN, "01:C")).travelers == 2


def test_answers_come_until_they_are_acknowledged(service: Service) -> None:
    carrier = service.add(f"slow-{uuid.uuid4().hex[:6]}", "carrier")
    sent(carrier, interchange(message([ANNA], leg=leg(flight()))))
    watching = carrier.manifests.WatchAnswers(pb.WatchAnswersRequest(), timeout=20)
    first = next(watching)
    threading.Timer(0.2, sent, (carrier, interchange(message([BEN], leg=leg(flight()))))).start()
    second = next(watching)
    watching.cancel()
    assert second.number > first.number
    assert told(second.interchange) == [("P2", "0Z")]
    again = carrier.manifests.WatchAnswers(pb.WatchAnswersRequest(held_to=first.number), timeout=20)
    assert next(again) == second
    again.cancel()
