"""Agents at a real appliance's podium, with a real service and without one; pages over TLS."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select

from backend.clock import utc_ms
from backend.people import codes as issued
from backend.people import passwords
from backend.people.posts import parse
from backend.store import people, schema, shifts
from backend.store.people import Account
from edge.agents import codes, kept
from edge.agents.shifts import FILE, Begun, Shifts
from edge.agents.tries import FREE
from edge.encounter.events import AskDocuments, Boarded, Outcome, Proceed
from edge.errors import JournalUnfit
from edge.sentences import Refusal
from edge.service import NoShift, ServiceClient
from edge.settings import Service
from tests.conftest import PASSWORD, Caller, board, flight
from tests.conftest import Service as Running
from tests.podium import AGENT, CODES, drawn, hold_codes, identity, shifts_at

Answer = TypeVar("Answer")
HOUR_MS = 3_600_000


def agent(service: Running, *posts: str) -> str:
    name = f"a.{uuid.uuid4().hex[:8]}"
    service.ask(people.add, Account(name, passwords.hashed(PASSWORD)), [parse(one) for one in posts or ("agent@ZRH",)])
    return name


class Podium:
    """The gate g1's shifts, its files and its line to the service, for one run of a loop."""

    def __init__(self, folder: Path, client: ServiceClient) -> None:
        folder.mkdir(exist_ok=True)
        self.client, self.shifts = client, Shifts(client, folder)

    async def begin(self, name: str, secret: str = PASSWORD) -> Begun:
        began = await self.shifts.begin(name, secret, "10.0.0.1")
        assert isinstance(began, Begun), began
        return began


def run(service: Running, folder: Path, what: Callable[[Podium], Awaitable[Answer]], port: int = 0) -> Answer:
    """What happens at a podium of g1.  port: of the service, 1 for one that is away."""

    async def with_podium() -> Answer:
        settings = Service(address=f"localhost:{port or service.port}", identity=service.root / "g1")
        client = ServiceClient(settings, "g1")
        try:
            return await what(Podium(folder, client))
        finally:
            await client.close()

    return asyncio.run(with_podium())


def in_outage(service: Running, name: str, tmp_path: Path) -> list[str]:
    """Codes of an agent, which the gate has fetched before the service went away."""
    made = drawn(service, name)

    async def fetch(podium: Podium) -> None:
        await podium.shifts._fetch()

    run(service, tmp_path / "gate", fetch)
    return made


def test_both_ends_make_the_same_of_a_code() -> None:
    for typed in ("01AB-CDEF-GH0J", "oiab cdefgh0j"):
        assert codes.verifier(b"salt", "A.Keller ", typed) == issued.verifier(b"salt", "a.keller", typed)


def test_ops1_a_code_begins_one_shift_in_an_outage_and_the_service_hears_of_it(
    service: Running, gate: Caller, tmp_path: Path
) -> None:
    name = agent(service)
    code, *_ = in_outage(service, name, tmp_path)

    async def twice(podium: Podium) -> Begun:
        assert await podium.shifts.begin("b.somebody", code, "10.0.0.1") is Refusal.AWAY
        began = await podium.begin(name, code)
        assert await podium.shifts.begin(name, code, "10.0.0.1") is Refusal.AWAY
        return began

    began = run(service, tmp_path / "gate", twice, port=1)

    async def again(podium: Podium) -> None:
        assert podium.shifts.of(began.cookie) is not None, "the appliance was restarted: the shift goes on"
        assert await podium.shifts.begin(name, code, "10.0.0.1") is Refusal.AWAY, "and the code stays used"

    run(service, tmp_path / "gate", again, port=1)
    assert service.ask(shifts.problem, began.shift.session, name, "ZRH", utc_ms()) == "no such shift at this port"

    async def deliver(podium: Podium) -> None:
        await podium.shifts.deliver()
        assert podium.shifts.of(began.cookie) is not None

    run(service, tmp_path / "gate", deliver)
    assert service.ask(shifts.problem, began.shift.session, name, "ZRH", utc_ms()) == ""


def test_ops1_a_shift_whose_code_was_not_good_ends_on_delivery(service: Running, gate: Caller, tmp_path: Path) -> None:
    name = agent(service)
    code, *_ = in_outage(service, name, tmp_path)

    async def begin(podium: Podium) -> Begun:
        return await podium.begin(name, code)

    began = run(service, tmp_path / "gate", begin, port=1)
    service.ask(people.welcome, name, False)

    async def deliver(podium: Podium) -> None:
        await podium.shifts.deliver()
        assert podium.shifts.of(began.cookie) is None

    run(service, tmp_path / "gate", deliver)
    assert kept.read(tmp_path / "gate" / FILE).shifts == (), "nor is it open after a start of the appliance"


def test_ops1_a_shift_that_its_agent_ended_in_an_outage_stays_ended_and_the_service_hears_of_it(
    service: Running, gate: Caller, tmp_path: Path
) -> None:
    name = agent(service)
    code, *_ = in_outage(service, name, tmp_path)

    async def begin_and_end(podium: Podium) -> Begun:
        began = await podium.begin(name, code)
        await podium.shifts.end(began.shift)
        return began

    began = run(service, tmp_path / "gate", begin_and_end, port=1)

    async def again(podium: Podium) -> None:
        assert podium.shifts.of(began.cookie) is None, "after a start of the appliance too"
        assert not await podium.shifts.deliver()

    run(service, tmp_path / "gate", again, port=1)

    async def deliver(podium: Podium) -> None:
        assert await podium.shifts.deliver()

    run(service, tmp_path / "gate", deliver)
    session = began.shift.session
    assert service.ask(shifts.problem, session, name, "ZRH", began.shift.begun_utc_ms) == ""
    assert service.ask(shifts.problem, session, name, "ZRH", utc_ms() + HOUR_MS) == "the shift had ended"
    assert kept.read(tmp_path / "gate" / FILE).shifts == ()


def test_er06_a_gate_whose_clock_is_a_day_off_begins_a_shift_as_long_as_any(
    service: Running, gate: Caller, tmp_path: Path
) -> None:
    name = agent(service)

    async def begin(podium: Podium) -> None:
        for off_ms in (24 * HOUR_MS, -24 * HOUR_MS):
            off = Shifts(podium.client, tmp_path / "gate", partial(_utc_ms, off_ms))
            began = await off.begin(name, PASSWORD, "10.0.0.1")
            assert isinstance(began, Begun)
            assert off.of(began.cookie) is not None

    run(service, tmp_path / "gate", begin)


def _utc_ms(off_ms: int) -> int:
    return utc_ms() + off_ms


async def test_a_full_disk_is_said_and_uses_up_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_codes(tmp_path / "j", 1)
    podium = shifts_at(tmp_path / "j", identity(tmp_path))

    def full(file: Path, held: kept.Kept) -> None:
        raise JournalUnfit(f"{file}: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "write", full)
        assert await podium.begin(AGENT, CODES[0], "a") is Refusal.DISK
    assert isinstance(await podium.begin(AGENT, CODES[0], "a"), Begun)


def test_ops1_a_shift_that_began_before_an_outage_goes_on(service: Running, gate: Caller, tmp_path: Path) -> None:
    name = agent(service)

    async def begin(podium: Podium) -> Begun:
        return await podium.begin(name)

    async def later(podium: Podium) -> None:
        assert podium.shifts.of(began.cookie) is not None
        assert await podium.shifts.begin(name, PASSWORD, "10.0.0.1") is Refusal.AWAY, "a password is no code"

    began = run(service, tmp_path / "gate", begin)
    run(service, tmp_path / "gate", later, port=1)
    text = (tmp_path / "gate" / FILE).read_text()
    assert PASSWORD not in text
    assert began.cookie not in text
    assert (tmp_path / "gate" / FILE).stat().st_mode & 0o777 == 0o600


def test_hum3_documents_are_asked_about_in_a_shift_of_the_named_agent_only(
    service: Running, gate: Caller, carrier: Caller, operator: Caller, tmp_path: Path
) -> None:
    journey = board(carrier, operator, gate, flight(), ["A1", "B1", "C1"])
    (one, two, *_), name, other = service.ask(_travelers, journey), agent(service), agent(service)

    async def ask(podium: Podium) -> None:
        client, session = podium.client, (await podium.begin(name)).shift.session

        async def answer(who: str, by: str, traveler: str = one) -> object:
            return await client.verify_documents(AskDocuments(str(uuid.uuid4()), traveler, who, by), journey)

        assert isinstance(await answer(name, session), Proceed)
        for who, by in ((name, ""), (other, session), (name, str(uuid.uuid4()))):
            assert isinstance(await answer(who, by), NoShift)
        boarding = Outcome(str(uuid.uuid4()), Boarded(one, name, session=session), 0)
        assert await client.report(boarding, journey, utc_ms()) == "recorded"
        doubtful = Outcome(str(uuid.uuid4()), Boarded(two, other, session=session), 0)
        assert await client.report(doubtful, journey, utc_ms()) == "recorded", "it happened all the same"
        assert await asyncio.to_thread(service.ask, _doubts, boarding.encounter) == []
        wrong = [f"agent {other}: no such shift at this port"]
        assert await asyncio.to_thread(service.ask, _doubts, doubtful.encounter) == wrong
        await asyncio.to_thread(service.ask, people.welcome, name, False)
        assert isinstance(await answer(name, session, two), NoShift)

    run(service, tmp_path / "gate", ask)


def _travelers(db: Connection, journey: str) -> list[str]:
    return list(db.scalars(select(schema.travelers.c.traveler).where(schema.travelers.c.journey == journey)))


def _doubts(db: Connection, encounter: str) -> list[str]:
    of = schema.audit_log.c
    said = select(of.result).where(of.subject == encounter, of.action == "agent.not_vouched_for")
    return list(db.scalars(said))


async def test_wrong_codes_are_slowed_and_neither_they_nor_names_are_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hold_codes(tmp_path / "j", 1)
    podium = shifts_at(tmp_path / "j", identity(tmp_path))
    said = [await podium.begin("a.secretive", "WRONG-CODE", "10.9.8.7") for _ in range(FREE + 1)]
    assert said == [Refusal.AWAY] * FREE + [Refusal.SLOWED]
    assert await podium.begin(AGENT, CODES[0], "10.9.8.7") is Refusal.SLOWED, "not even the right one"
    assert isinstance(await podium.begin(AGENT, CODES[0], "10.9.8.6"), Begun)
    told = "".join(capfd.readouterr())
    assert "10.9.8.7" in told
    for secret in ("WRONG-CODE", "a.secretive", CODES[0]):
        assert secret not in told


async def test_one_code_tried_many_times_at_once_begins_one_shift(tmp_path: Path) -> None:
    hold_codes(tmp_path / "j", 1)
    podium = shifts_at(tmp_path / "j", identity(tmp_path))
    tried: list[Coroutine[None, None, Begun | Refusal]] = [
        podium.begin(AGENT, CODES[0], f"10.0.0.{n}") for n in range(12)
    ]
    said = await asyncio.gather(*tried)
    assert len([one for one in said if isinstance(one, Begun)]) == 1
    assert Refusal.BUSY in said


async def test_er06_a_clock_that_jumps_makes_no_shift_longer(tmp_path: Path) -> None:
    now = [1_800_000_000_000]
    hold_codes(tmp_path / "j", 2)
    of = identity(tmp_path)
    client = ServiceClient(Service(address="localhost:1", identity=of), "g1")
    podium = Shifts(client, tmp_path / "j", lambda: now[0])
    began = await podium.begin(AGENT, CODES[0], "a")
    assert isinstance(began, Begun)
    for jump in (24, -48):
        now[0] += jump * HOUR_MS
        assert podium.of(began.cookie) is not None
    after = Shifts(client, tmp_path / "j", lambda: now[0])
    assert after._ends_s[began.shift.session] - time.monotonic() <= 10 * 3600
    now[0] += 100 * HOUR_MS
    assert Shifts(client, tmp_path / "j", lambda: now[0]).of(began.cookie) is None
    await client.close()


def test_a_file_that_is_damaged_is_named_and_no_code_is_good_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"used": [')
    with pytest.raises(JournalUnfit, match=r"it is damaged; have .* draw new one-time codes, then remove it"):
        kept.read(tmp_path / FILE)
