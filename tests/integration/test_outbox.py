"""Systems of record are told: at least once over real HTTP, with one effect each, whatever fails in between."""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from backend.amending import Correction, correct
from backend.caller import Caller
from backend.daily import day
from backend.keys import RECORDS, KeyRing, of_day, of_gallery
from backend.operations.work import lasting
from backend.sending import Sending, catch_up
from backend.settings import Records
from backend.store import outbox, reconciliations
from backend.store.engine import Store
from backend.store.outbox import SYSTEMS, Waiting
from backend.store.schema import audit_log, captures
from calibration.service.border import Border, boarded, live_image
from calibration.service.sinks import Sinks

CLERK = Caller("r.keller", "records", ports=frozenset({"ZRH"}), purpose="redress")
RETRY_MS = 2_000


@pytest.fixture(scope="module")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sinks]:
    with Sinks(tmp_path_factory.mktemp("sinks")) as sinks:
        yield sinks


@pytest.fixture(autouse=True)
def behaving(sinks: Sinks) -> None:
    for system in SYSTEMS:
        sinks.behave(system)


class Desk:
    """A border whose systems are told when `tell` is called, by a clock that stands still in between."""

    def __init__(self, engine: Engine, root: Path, sinks: Sinks, **settings: str) -> None:
        self.border, self.sinks = Border(engine, KeyRing(root / "keys")), sinks
        self._records = Records.model_validate(sinks.urls() | settings)
        self._engine = engine

    async def tell(self, systems: Sequence[str] = SYSTEMS) -> list[int]:
        """One look at what is due, at each system; how many rows were tried."""
        store = Store(self._engine)
        sending = Sending(store, self.border.keys, lambda: self.border.now_utc_ms, self._records)
        async with sending.client() as client:
            return [await sending.once(client, system) for system in systems]

    def told(self, systems: Sequence[str] = SYSTEMS) -> list[int]:
        return asyncio.run(self.tell(systems))

    def waiting(self, crossing: str = "") -> list[Waiting]:
        return [row for row in self.border.ask(outbox.waiting) if crossing in ("", row.crossing)]

    def crossed(self, image: bytes | None = None, citizens: int = 0) -> str:
        journey, (traveler,) = self.border.journey(1, citizens=citizens)
        return self.border.cross(journey, traveler, image=image)

    def captures(self) -> int:
        return int(self.border.ask(lambda db: db.execute(select(func.count()).select_from(captures)).scalar_one()))


@pytest.fixture
def desk(engine: Engine, tmp_path: Path, sinks: Sinks) -> Desk:
    return Desk(engine, tmp_path, sinks)


def test_air2_each_system_does_it_once_and_then_we_keep_no_copy(desk: Desk) -> None:
    crossing = desk.crossed(live_image())
    assert desk.border.held(crossing).sealed is not None
    assert desk.told(("tecs", "adis")) == [1, 1]
    assert desk.border.held(crossing).sealed is not None, "the repository does not hold it yet"
    assert desk.captures() == 1
    assert desk.told() == [1, 0, 0]
    assert [desk.sinks.effects(system)[crossing] for system in SYSTEMS] == [1, 1, 1]
    assert desk.waiting() == []
    assert desk.border.held(crossing).sealed is None
    assert desk.captures() == 0
    log = audit_log.c
    told = select(log.place).where(log.subject == crossing, log.action == "crossing.told")
    assert set(desk.border.ask(lambda db: list(db.execute(told).scalars()))) == set(SYSTEMS)


def test_ret1_the_repository_is_never_told_of_a_citizen_and_the_others_get_no_image(desk: Desk) -> None:
    crossing, image = desk.crossed(live_image(), citizens=1), live_image()
    assert desk.told() == [0, 1, 1]
    assert desk.captures() == 0
    stranger = desk.crossed(image)
    desk.told()
    lines = {s: (desk.sinks.folder / f"{s}.jsonl").read_text().splitlines() for s in SYSTEMS}
    assert not any(crossing in line for line in lines["ident"])
    (told,) = (line for line in lines["ident"] if stranger in line)
    assert f'"image_bytes": {len(image)}' in told
    assert all('"image_bytes": 0' in line for system in ("tecs", "adis") for line in lines[system])


def test_ret2_a_record_whose_image_was_purged_is_told_without_it(desk: Desk) -> None:
    crossing = desk.crossed(live_image())
    desk.border.keys.destroy(of_gallery(desk.border.held(crossing).journey))
    desk.told()
    assert desk.sinks.effects("ident")[crossing] == 1


def test_the_xml_form_is_taken_as_the_traditional_is(engine: Engine, tmp_path: Path, sinks: Sinks) -> None:
    desk = Desk(engine, tmp_path, sinks, ident_form="xml")
    crossing = desk.crossed(live_image())
    desk.told()
    assert [desk.sinks.effects(system)[crossing] for system in SYSTEMS] == [1, 1, 1]


def test_er03_a_system_that_is_down_is_asked_less_and_less_often_and_at_once_when_it_is_back(desk: Desk) -> None:
    first = desk.crossed()
    desk.sinks.behave("tecs", "down")
    pauses = []
    for _ in range(14):
        assert desk.told(("tecs",)) == [1]
        (row,) = (row for row in desk.waiting(first) if row.system == "tecs")
        assert row.trouble == "unreached: HTTP 503"
        pauses.append(row.next_utc_ms - desk.border.now_utc_ms)
        desk.border.now_utc_ms = row.next_utc_ms - 1
        assert desk.told(("tecs",)) == [0], "not before its time"
        desk.border.now_utc_ms += 1
    assert pauses == [min(RETRY_MS * 2**n, 3_600_000) for n in range(14)]
    assert desk.told(("tecs",)) == [1], "the pause is long now"
    desk.sinks.behave("tecs")
    second = desk.crossed()
    assert desk.told(("tecs",)) == [1], "the second, which has not waited"
    assert desk.told(("tecs",)) == [1], "and with it the first is due"
    assert desk.sinks.effects("tecs")[first] == desk.sinks.effects("tecs")[second] == 1


def test_a_system_that_is_down_or_slow_holds_up_no_other(desk: Desk) -> None:
    crossing = desk.crossed()
    desk.sinks.behave("ident", "hold_before")

    async def both() -> list[int]:
        slow = asyncio.create_task(desk.tell(("ident",)))
        await asyncio.to_thread(desk.sinks.wait_held, "ident")
        others = await desk.tell(("tecs", "adis"))
        assert {row.system for row in desk.waiting(crossing)} == {"ident"}
        await asyncio.to_thread(desk.sinks.behave, "ident")
        await slow
        return others

    assert asyncio.run(both()) == [1, 1]
    assert desk.waiting() == []


def test_sr05_an_answer_that_was_lost_does_not_make_it_happen_twice(desk: Desk) -> None:
    crossing = desk.crossed(live_image())
    for system in SYSTEMS:
        desk.sinks.behave(system, "drop", times=1)
    assert desk.told() == [1, 1, 1]
    assert {row.trouble for row in desk.waiting(crossing)} == {"unreached: RemoteProtocolError"}
    desk.border.now_utc_ms += RETRY_MS
    assert desk.told() == [1, 1, 1]
    assert desk.waiting() == []
    assert [desk.sinks.effects(system)[crossing] for system in SYSTEMS] == [1, 1, 1]


def test_sr05_a_system_that_was_killed_still_knows_what_it_did(desk: Desk) -> None:
    crossing = desk.crossed()
    desk.sinks.behave("adis", "drop", times=1)
    desk.told()
    desk.sinks.kill()
    desk.border.now_utc_ms += RETRY_MS
    assert desk.told() == [0, 0, 1]
    desk.sinks.start()
    desk.border.now_utc_ms += 2 * RETRY_MS
    assert desk.told() == [0, 0, 1]
    assert desk.waiting() == []
    assert desk.sinks.effects("adis")[crossing] == 1


def test_sr05_what_a_replica_has_claimed_no_other_sends_until_the_claim_is_over(desk: Desk) -> None:
    crossing, now = desk.crossed(), desk.border.now_utc_ms
    assert len(desk.border.ask(outbox.claim, "tecs", now, now + 30_000, 10)) == 1
    assert desk.told(("tecs",)) == [0]
    desk.border.now_utc_ms += 30_000
    assert desk.told(("tecs",)) == [1]
    assert desk.sinks.effects("tecs")[crossing] == 1


def test_red1_systems_hear_of_an_amendment_after_the_crossing_and_of_both_once(desk: Desk) -> None:
    journey, (anna, ben, _) = desk.border.journey()
    wrong = desk.border.cross(journey, anna, image=live_image())
    wanted = Correction(wrong, "the photograph shows another person", "RED1234", ben)
    made = desk.border.ask(correct, desk.border.how, CLERK, wanted)
    (right,) = {row.crossing for row in desk.waiting()} - {wrong}
    assert desk.told() == [2, 2, 2], "the wrong crossing and the right one"
    assert desk.captures() == 1, "the amendment is still to be told"
    assert desk.told() == [1, 1, 1]
    assert desk.captures() == 0
    for system in SYSTEMS:
        text = (desk.sinks.folder / f"{system}.jsonl").read_text()
        assert text.index(wrong) < text.index(made)
        assert [desk.sinks.effects(system)[key] for key in (wrong, right, made)] == [1, 1, 1]
        assert f'"key": "{made}", "event": "reattributed", "crossing": "{wrong}"' in text


def test_a_verdict_that_differs_is_for_a_person_to_look_at_and_others_are_not(desk: Desk) -> None:
    told = {}
    for behaviour in ("well", "unknown", "disagree"):
        desk.sinks.behave("ident", behaviour)
        told[behaviour] = desk.crossed(live_image())
        desk.told()
    disputed = told["disagree"]
    assert [one.crossing for one in desk.border.ask(reconciliations.still_open)] == [disputed]
    assert desk.border.held(disputed).voided_utc_ms is None, "nothing happens to it by itself"


def test_a_record_a_system_will_not_take_waits_alone_and_says_why(desk: Desk) -> None:
    bad, good = desk.crossed(b"GIF89a" + bytes(80)), desk.crossed(live_image())
    desk.told()
    (row,) = desk.waiting()
    assert (row.crossing, row.system) == (bad, "ident")
    assert row.trouble.startswith("our own record cannot be told: ")
    assert desk.sinks.effects("ident")[good] == 1


def test_what_was_recorded_before_any_system_was_configured_is_told_once_one_is(desk: Desk) -> None:
    desk.border.systems = ()
    by_face, citizens = desk.crossed(), desk.crossed(citizens=1)
    voided = desk.crossed()
    desk.border.ask(correct, desk.border.how, CLERK, Correction(voided, "it did not happen", "", None))
    assert desk.told() == [0, 0, 0]
    for _ in range(2):
        desk.border.ask(catch_up, ("ident", "tecs"), desk.border.now_utc_ms)
    assert desk.told() == [1, 2, 0]
    assert [desk.sinks.effects("tecs")[one] for one in (by_face, citizens, voided)] == [1, 1, 0]
    assert desk.border.ask(outbox.untold) == []


def said(body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "its answer has no verdict"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", "its answer is not JSON"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + bytes(99_999), "its answer is longer than 65536 bytes"),
        (b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", "HTTP 409"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "unreached: TimeoutError"),
        (b"nonsense\r\n\r\n", "unreached: RemoteProtocolError"),
        (said(b'{"verdict": "\\u0000\\ud800"}'), "its answer has a verdict that is none"),
        (said(b'{"verdict": "differs"}'), "its answer has a verdict that is none"),
        (said(b"[" * 60_000), "its answer is not JSON"),
        (said(b"\x1f\x8b broken", "Content-Encoding: gzip\r\n"), "its answer is not JSON"),
    ],
    ids=[
        "no verdict",
        "no JSON",
        "too long",
        "refused",
        "never ends",
        "no HTTP",
        "NUL",
        "no repository",
        "deep",
        "gzip",
    ],
)
async def test_er03_an_answer_that_is_none_leaves_the_record_waiting_and_says_why(
    engine: Engine, tmp_path: Path, sinks: Sinks, answer: bytes, trouble: str
) -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read(100)
            writer.write(answer)
            await reader.read()
        writer.transport.abort()
        gone.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tecs"
        desk = Desk(engine, tmp_path, sinks, tecs=url, timeout_s="0.5")
        crossing = desk.crossed()
        await desk.tell(("tecs",))
        await gone.wait()
        (row,) = (row for row in desk.waiting(crossing) if row.system == "tecs")
        assert row.trouble.startswith(trouble)


def test_a_record_whose_key_is_missing_waits_for_it(desk: Desk, tmp_path: Path) -> None:
    crossing = desk.crossed()
    kept = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    desk.border.keys.destroy(of_day(RECORDS, day(desk.border.now_utc_ms)))
    desk.told()
    assert len(desk.waiting(crossing)) == 3
    for path, content in kept.items():
        path.write_bytes(content)
    desk.border.now_utc_ms += RETRY_MS
    desk.told()
    assert desk.waiting() == []


def test_air21_an_agents_boarding_is_told_to_those_who_hold_papers(desk: Desk) -> None:
    journey, (anna, *_) = desk.border.journey()
    desk.border.tell(boarded(journey, anna, desk.border.now_utc_ms))
    assert desk.told() == [0, 1, 1]


async def test_er03_answers_that_are_rubbish_do_not_end_the_service(
    engine: Engine, tmp_path: Path, sinks: Sinks
) -> None:
    rubbish = [
        said(b"[" * 60_000),
        said(b"\x1f\x8b broken", "Content-Encoding: gzip\r\n"),
        said(b'{"verdict": "\\ud800"}'),
    ]
    given: list[bytes] = []
    last = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            given.append(rubbish[len(given) % len(rubbish)])
            writer.write(given[-1])
            await reader.read()
        writer.transport.abort()
        if len(given) >= 2 * len(rubbish):
            last.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        desk = Desk(engine, tmp_path, sinks, tecs=url, timeout_s="0.2", retry_s="0.05")
        for _ in range(2):
            desk.crossed()
        ticking = itertools.count(desk.border.now_utc_ms, 600_000)
        sending = Sending(Store(engine), desk.border.keys, lambda: next(ticking), Records(tecs=url, timeout_s=0.2))
        job = asyncio.create_task(lasting(sending.run))
        heard = asyncio.create_task(last.wait())
        await asyncio.wait({job, heard}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        assert heard.done() and not job.done()
        for task in (job, heard):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await job
