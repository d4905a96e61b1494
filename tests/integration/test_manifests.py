"""What carriers send becomes who is expected, and they are answered: with the real service."""

import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from datetime import timedelta

import grpc
import pytest
from limen.v1 import manifests_pb2 as pb
from pydifact import Parser
from sqlalchemy import Engine, select

from backend.acting import Acting
from backend.announcing import tell_carrier
from backend.caller import EVERYWHERE
from backend.caller import Caller as Who
from backend.errors import NotAllowed, Refused, Repeated
from backend.expecting import apply, close_doors, own
from backend.keys import KeyRing, of_citizens
from backend.manifests.cusres import Code
from backend.manifests.findings import Finding, Unusable
from backend.manifests.paxlst import parse
from backend.manifests.runs import Run, runs
from backend.store import answers, journeys, travelers
from backend.store.engine import open_store
from backend.store.schema import audit_log, messages
from tests.conftest import TODAY, Caller, Service, flight
from tests.unit.backend.paxlst_specimens import ANNA, BEN, CARL, HEAD, LEG, interchange, message

NOW_UTC_MS = 1_795_336_000_000  # the morning of 22 November 2026
IN_2019_UTC_MS = 1_574_400_000_000  # as above, seven years before
COUNTRY = "CHE"
DORA = "NAD+FL+++SPECIMEN:DORA'ATT+2++F'DTM+329:700101'NAT+2+UTO'RFF+ABO:P4'"


def leg(number: str) -> str:
    """Of today: the service purges what is long over, and builds nothing that is far ahead."""
    today, tomorrow = f"{TODAY:%y%m%d}", f"{TODAY + timedelta(days=1):%y%m%d}"
    dated = LEG.replace("261122", today).replace("261123", tomorrow)
    return dated.replace("XX0138", number)


def sent(carrier: Caller, content: bytes) -> pb.SubmitReply:
    reply: pb.SubmitReply = carrier.manifests.Submit(pb.SubmitRequest(interchange=content), timeout=10)
    return reply


def told(content: bytes) -> list[tuple[str, str]]:
    """(the carrier's reference of a person, what to do)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        segments = list(Parser().parse(content.decode("latin-1")))
    found, reference = [], ""
    for one in segments:
        if one.tag == "ERP":
            reference = ""
        if one.tag == "RFF" and one.elements[0][0] == "ABO":
            reference = one.elements[0][1]
        if one.tag == "ERC" and one.elements[0].endswith("Z"):
            found.append((reference, one.elements[0]))
    return found


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


@pytest.fixture
def acting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acting]:
    keys = KeyRing(tmp_path_factory.mktemp("keys"))
    yield Acting(Who("carrier", "carrier", None, frozenset({EVERYWHERE})), keys, NOW_UTC_MS)


def planned(content: bytes, country: str = COUNTRY, now_utc_ms: int = NOW_UTC_MS) -> tuple[list[Run], list[Finding]]:
    manifest = parse(content)
    found = list(manifest.findings)
    return runs(manifest.messages[0], country, found, now_utc_ms), found


def test_scope_follows_the_policy_set_of_the_day(engine: Engine, acting: Acting) -> None:
    young = BEN.replace("19900101", "20150101").replace("NAT+2+CHE", "NAT+2+UTO")
    for year, now_utc_ms, photographed in (("26", NOW_UTC_MS, True), ("19", IN_2019_UTC_MS, False)):
        content = interchange(message([young, ANNA], leg=LEG.replace("2611", f"{year}11")))
        (run,), _ = planned(content, now_utc_ms=now_utc_ms)
        told = parse(content).messages[0]
        with engine.begin() as db:
            apply(db, acting, run, told.function, COUNTRY)
            people = {one.biographic.given: one for one in travelers.of_journey(db, acting.keys, run.key)}
        assert people["BEN"].photographed is photographed
        assert people["BEN"].recorded is photographed
        assert people["ANNA MARIA"].photographed


def test_each_leg_that_touches_the_country_is_a_journey_with_who_is_aboard() -> None:
    route = (
        "TDT+20+XX7'LOC+125+JFK'DTM+189:2611220900:201'LOC+87+ZRH'DTM+232:2611222300:201'"
        "TDT+20+XX7'LOC+125+ZRH'DTM+189:2611230100:201'LOC+87+HKG'DTM+232:2611231900:201'"
        "TDT+20+XX7'LOC+125+HKG'DTM+189:2611232100:201'LOC+87+SIN'"
    )
    off = ANNA.replace("LOC+178+ZRH'LOC+179+HKG", "LOC+178+JFK'LOC+179+ZRH")
    on = ANNA.replace("C3", "C8").replace("LOC+179+HKG", "LOC+179+SIN")
    told, found = planned(interchange(message([off, on, BEN], leg=route)))
    assert [(run.key, run.direction) for run in told] == [("XX7/20261122/JFK", "in"), ("XX7/20261123/ZRH", "out")]
    assert [[one.given for one in run.people] for run in told] == [["ANNA MARIA", "BEN"], ["ANNA MARIA", "BEN"]]
    assert [run.people[0].documents[0].number for run in told] == ["L898902C3", "L898902C8"]
    assert told[0].arrives_utc_ms == 1_795_384_800_000
    assert found == []


def test_sea1_a_closed_loop_crosses_no_border_and_land_b_a_bus_does() -> None:
    loop = (
        "TDT+20+V9+1++XYS+++::103:MS SPECIMEN'LOC+92+USMIA'DTM+189:2611220900:201'LOC+92+BSNAS'DTM+232:2611230900:201'"
        "LOC+92+BSNAS'DTM+189:2611231800:201'LOC+92+USMIA'DTM+232:2611240900:201'"
    )
    told, _ = planned(interchange(message([ANNA], leg=loop)), "USA")
    assert [(run.direction, run.leg.mode) for run in told] == [("", "sea"), ("", "sea")]
    bus = "TDT+20+7+3++XYB'LOC+125+CHBSL'DTM+189:2611220900:201'LOC+87+DEFBG'"
    (run,), found = planned(interchange(message([ANNA], leg=bus)))
    assert (run.key, run.direction, run.leg.mode) == ("XYB7/20261122/CHBSL", "out", "bus")
    assert run.departs_utc_ms == 1_795_334_400_000
    assert found == []


@pytest.mark.parametrize(
    ("route", "why"),
    [
        (LEG.replace("ZRH", "QQQ").replace("HKG", "QQX"), "no leg begins or ends in CHE"),
        (LEG.replace("ZRH", "JFK"), "no leg begins or ends in CHE"),
        (LEG.replace("2611", "1611"), "no policy set was in force on 2016-11-22"),
        (LEG.replace("LOC+125+ZRH'", ""), r"missing: expected LOC\+125"),
    ],
)
def test_a_journey_that_cannot_be_placed_is_refused(route: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        planned(interchange(message([ANNA], leg=route)))


def test_a_port_without_a_clock_is_reported_and_the_journey_has_no_time() -> None:
    (run,), found = planned(interchange(message([ANNA], leg=LEG.replace("ZRH'", "USQQQ'"))), "USA")
    assert run.departs_utc_ms is None
    assert [one.problem for one in found] == ["USQQQ: the clock of the port is not known; the journey has no time"]


def taken(engine: Engine, acting: Acting, content: bytes) -> Run:
    (run,), _ = planned(content)
    with engine.begin() as db:
        apply(db, acting, run, parse(content).messages[0].function, COUNTRY)
    return run


def test_a_list_that_replaces_leaves_only_who_it_names_and_a_cancelled_journey_is_kept(
    engine: Engine, acting: Acting
) -> None:
    run = taken(engine, acting, interchange(message([ANNA, BEN])))
    taken(engine, acting, interchange(message([BEN, CARL], bgm="BGM+745++5'")))
    taken(engine, acting, interchange(message([], bgm="BGM+266+XF'")))
    with engine.begin() as db:
        people = travelers.of_journey(db, acting.keys, run.key)
        known = journeys.find(db, run.key)
    assert sorted(one.biographic.given for one in people) == ["BEN", "CARL"]
    assert known is not None
    assert known.cancelled


def test_somebody_listed_twice_is_expected_once_and_reported(engine: Engine, acting: Acting) -> None:
    (run,), _ = planned(interchange(message([ANNA, ANNA])))
    with engine.begin() as db:
        change = apply(db, acting, run, parse(interchange(message([ANNA]))).messages[0].function, COUNTRY)
        assert travelers.count(db, run.key) == 1
    assert [(one.segment, one.problem) for one in change.findings] == [("NAD", "is listed twice; expected once")]


def test_hum1_only_an_interception_tells_a_carrier_not_to_board(engine: Engine, acting: Acting) -> None:
    run = taken(engine, acting, interchange(message([ANNA])))
    with engine.begin() as db:
        (one,) = travelers.of_journey(db, acting.keys, run.key)
        assert tell_carrier(db, acting.keys, run.key, one.traveler, Code.DO_NOT_BOARD, NOW_UTC_MS)
        assert not tell_carrier(db, acting.keys, run.key, str(uuid.uuid4()), Code.DO_NOT_BOARD, NOW_UTC_MS)
        (kept,) = answers.waiting(db, acting.keys, "carrier", 0)
        assert told(kept.interchange) == [("P1", "1Z")]
        assert b"BGM+132'" in kept.interchange
        assert b"SPECI" not in kept.interchange
        answers.hold(db, "carrier", kept.number)
        assert answers.waiting(db, acting.keys, "carrier", 0) == []


def test_ret1_doors_close_once_and_nobody_is_added_after(engine: Engine, acting: Acting) -> None:
    run = taken(engine, acting, interchange(message([ANNA, BEN])))
    with engine.begin() as db:
        for _ in range(2):
            assert close_doors(db, acting, own(acting, run.key, journeys.find(db, run.key))) == (0, 2)
        closed = db.execute(select(audit_log.c.subject).where(audit_log.c.action == "doors.closed")).all()
        assert db.execute(select(messages)).all() == []
    assert len(closed) == 1
    with pytest.raises(Refused, match="are closed"):
        taken(engine, acting, interchange(message([CARL])))


def test_an_error_between_legs_leaves_nothing(engine: Engine, acting: Acting) -> None:
    (run,), _ = planned(interchange(message([ANNA])))
    stranger = Acting(Who("other", "carrier", None, frozenset({EVERYWHERE})), acting.keys, NOW_UTC_MS)
    taken(engine, acting, interchange(message([ANNA])))
    with pytest.raises((NotAllowed, Repeated)), engine.begin() as db:
        apply(db, stranger, run, parse(interchange(message([BEN]))).messages[0].function, COUNTRY)
    with engine.begin() as db:
        assert travelers.count(db, run.key) == 1
