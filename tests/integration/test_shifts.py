"""Agents at the podium: a shift begun with a password through the gate, or in an outage by a one-time code."""

import hashlib
import uuid
from pathlib import Path

import grpc
import pytest
from limen.v1 import people_pb2 as pb
from limen.v1.people_pb2_grpc import PeopleStub
from sqlalchemy import Connection, select

from backend.clock import utc_ms
from backend.people import codes, passwords
from backend.people.login import NO
from backend.people.posts import Post, parse
from backend.store import backlog, people, schema, shifts
from backend.store.people import Account
from tests.conftest import PASSWORD, Caller, Service
from tests.podium import drawn

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def far(service: Service) -> Caller:
    return service.add("g-far", "gate", "G1", "GVA")


@pytest.fixture(scope="module")
def other(service: Service) -> Caller:
    return service.add("g-other", "gate", "G2", "ZRH")


def agent(service: Service, *posts: str) -> str:
    """A new account with the usual password."""
    name = f"a.{uuid.uuid4().hex[:8]}"
    service.ask(people.add, Account(name, passwords.hashed(PASSWORD)), [parse(one) for one in posts or ("agent@ZRH",)])
    return name


def log_in(at: Caller, name: str, password: str = PASSWORD) -> pb.LoginReply:
    reply: pb.LoginReply = PeopleStub(at.channel).Login(pb.LoginRequest(person=name, password=password), timeout=20)
    return reply


def refused(at: Caller, name: str, password: str = PASSWORD) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as error:
        log_in(at, name, password)
    return error.value.code(), error.value.details() or ""


def problem(service: Service, session: str, name: str, port: str = "ZRH", at_utc_ms: int = 0) -> str:
    return service.ask(shifts.problem, session, name, port, at_utc_ms or utc_ms())


def report(at: Caller, name: str, verifier: str, session: str = "", begun_utc_ms: int = 0) -> bool:
    told = pb.ReportShiftRequest(session=session or str(uuid.uuid4()), person=name, verifier=verifier)
    told.begun_utc_ms = begun_utc_ms or utc_ms()
    return bool(PeopleStub(at.channel).ReportShift(told, timeout=10).good)


def held(at: Caller) -> pb.ShiftCodesReply:
    reply: pb.ShiftCodesReply = PeopleStub(at.channel).ShiftCodes(pb.ShiftCodesRequest(), timeout=10)
    return reply


def actions(db: Connection, person: str) -> list[str]:
    of = schema.audit_log.c
    return list(db.execute(select(of.action).where(of.subject == person).order_by(of.number)).scalars())


def test_a_shift_begins_at_a_gate_lasts_ten_hours_and_is_no_token(service: Service, gate: Caller) -> None:
    name, before = agent(service, "agent@ZRH", "officer@ZRH"), utc_ms()
    begun = log_in(gate, name)
    assert (begun.token, begun.until_utc_ms - before >= 10 * HOUR_MS) == ("", True)
    assert problem(service, begun.session, name) == ""
    console = service.add(f"c-{name}", "console")
    with pytest.raises(grpc.RpcError) as none:
        PeopleStub(console.channel).WhoAmI(
            pb.WhoAmIRequest(), metadata=(("authorization", f"Bearer {begun.session}"),), timeout=10
        )
    assert none.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert service.ask(actions, name) == ["shift.begun"]


def test_only_an_agent_of_the_gates_port_begins_one_and_the_refusal_does_not_say_why(
    service: Service, gate: Caller, far: Caller
) -> None:
    here, officer, all_over = agent(service), agent(service, "officer@ZRH"), agent(service, "agent@*")
    said = {refused(far, here), refused(gate, officer), refused(gate, here, "wrong password"), refused(gate, "nobody")}
    assert said == {(grpc.StatusCode.PERMISSION_DENIED, NO)}
    assert {log_in(at, all_over).token for at in (gate, far)} == {""}
    assert service.ask(actions, officer) == ["person.login_refused"]


def test_a_shift_vouches_for_its_agent_its_port_and_its_time_alone(
    service: Service, gate: Caller, other: Caller
) -> None:
    name, someone = agent(service), agent(service)
    begun = log_in(gate, name)
    assert problem(service, begun.session, name) == ""
    assert problem(service, begun.session, someone) == "no such shift at this port"
    assert problem(service, begun.session, name, "GVA") == "no such shift at this port"
    assert problem(service, str(uuid.uuid4()), name) == "no such shift at this port"
    assert problem(service, begun.session, name, at_utc_ms=begun.until_utc_ms) == "outside the shift"
    PeopleStub(other.channel).EndShift(pb.EndShiftRequest(session=begun.session), timeout=10)
    assert problem(service, begun.session, name, at_utc_ms=utc_ms() + HOUR_MS) == "the shift had ended"
    assert problem(service, begun.session, name, at_utc_ms=utc_ms() - 1) == "", "what was done in it stays done"
    assert service.ask(actions, name) == ["shift.begun", "shift.ended"]


def test_a_gate_of_another_port_ends_no_shift(service: Service, gate: Caller, far: Caller) -> None:
    name = agent(service)
    begun = log_in(gate, name)
    PeopleStub(far.channel).EndShift(pb.EndShiftRequest(session=begun.session), timeout=10)
    assert problem(service, begun.session, name, at_utc_ms=utc_ms() + HOUR_MS) == ""


@pytest.mark.parametrize("how", ["barred", "posted elsewhere", "new password"])
def test_a_shift_ends_with_what_it_rests_on(service: Service, gate: Caller, how: str) -> None:
    name = agent(service)
    begun = log_in(gate, name)
    match how:
        case "barred":
            service.ask(people.welcome, name, False)
            service.ask(people.welcome, name, True)
        case "posted elsewhere":
            service.ask(people.leave, name, Post("agent", "ZRH"))
        case _:
            service.ask(people.set_password, name, passwords.hashed("another good password"))
    assert problem(service, begun.session, name, at_utc_ms=utc_ms() + HOUR_MS) == "the shift had ended"


def test_codes_are_ten_of_sixty_bits_shown_once_and_gates_get_hashes_that_name_nobody(
    service: Service, gate: Caller, far: Caller, tmp_path: Path
) -> None:
    name = agent(service)
    made = drawn(service, name)
    assert len({*made}) == 10
    assert all(len(code.replace("-", "")) * 5 == 60 for code in made)
    told = held(gate)
    mine = {codes.verifier(told.salt, name, code) for code in made}
    assert mine <= set(told.verifiers)
    assert list(told.verifiers) == sorted(told.verifiers)
    assert not mine & set(held(far).verifiers)
    words = f"{name}\n{made[0].replace('-', '')}".encode()
    assert hashlib.scrypt(words, salt=told.salt, n=32768, r=8, p=1, maxmem=2**26, dklen=32).hex() in mine
    assert name.encode() not in told.SerializeToString()
    again = drawn(service, name)
    assert not mine & set(held(gate).verifiers), "those from before are void"
    service.ask(people.welcome, name, False)
    assert not {codes.verifier(told.salt, name, code) for code in again} & set(held(gate).verifiers)


def test_a_code_is_typed_as_people_type() -> None:
    salt, code = b"s" * 16, "01AB-CDEF-GH0J"
    for typed in ("01abcdefgh0j", "OIAB CDEF GHOJ", "oLab-cdef-ghOj"):
        assert codes.verifier(salt, " A.Keller", typed) == codes.verifier(salt, "a.keller", code)
    assert codes.verifier(salt, "b.keller", code) != codes.verifier(salt, "a.keller", code)


def test_no_codes_for_who_is_no_agent(service: Service) -> None:
    officer = service.person("o.codeless", "officer@ZRH")
    with pytest.raises(grpc.RpcError, match="role officer may not call"):
        officer(officer.people.IssueCodes, pb.IssueCodesRequest())


def test_ops1_a_shift_begun_by_a_code_is_checked_on_delivery(
    service: Service, gate: Caller, other: Caller, far: Caller, tmp_path: Path
) -> None:
    name, someone = agent(service), agent(service)
    salt = held(gate).salt
    first, second, third, fourth = (codes.verifier(salt, name, c) for c in drawn(service, name)[:4])
    session = str(uuid.uuid4())
    assert report(gate, name, first, session)
    assert report(gate, name, first, session), "told again"
    assert problem(service, session, name) == ""
    assert first not in held(gate).verifiers
    doubtful = service.ask(shifts.doubtful, 0)
    assert not report(other, name, first), "used twice"
    assert not report(gate, someone, second), "another agent's"
    assert not report(gate, name, "0" * 64), "unknown"
    assert not report(far, name, third), "no agent there"
    service.ask(people.welcome, name, False)
    late = str(uuid.uuid4())
    assert not report(gate, name, fourth, late), "barred"
    assert problem(service, late, name) == "barred, or no agent of this port"
    assert service.ask(shifts.doubtful, 0) - doubtful == 5
    assert service.ask(backlog.backlog, utc_ms(), 0, 0).doubtful >= 5
    assert service.ask(actions, name).count("shift.doubtful") == 4


def test_ops1_a_code_withdrawn_after_its_shift_began_is_good(service: Service, gate: Caller, tmp_path: Path) -> None:
    name, salt = agent(service), held(gate).salt
    before, after = (codes.verifier(salt, name, c) for c in drawn(service, name)[:2])
    begun = utc_ms()
    drawn(service, name)
    assert report(gate, name, before, begun_utc_ms=begun)
    assert not report(gate, name, after, begun_utc_ms=utc_ms() + 1000)


def test_a_session_of_another_shift_is_refused(service: Service, gate: Caller, tmp_path: Path) -> None:
    name, salt = agent(service), held(gate).salt
    one, two = (codes.verifier(salt, name, c) for c in drawn(service, name)[:2])
    session = str(uuid.uuid4())
    assert report(gate, name, one, session)
    with pytest.raises(grpc.RpcError) as error:
        report(gate, name, two, session)
    assert error.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert two in held(gate).verifiers
