"""Systems of record that are down, slow, killed, or answer nonsense: records wait, say why, and arrive once."""

import asyncio
import contextlib
import itertools
from pathlib import Path

import pytest
from sqlalchemy import Engine

from backend.daily import day
from backend.keys import RECORDS, of_day
from backend.operations.work import lasting
from backend.sending import Sending
from backend.settings import Records
from backend.store.engine import Store
from backend.store.outbox import SYSTEMS
from calibration.service.border import live_image
from calibration.service.sinks import Sinks
from tests.integration.telling import RETRY_MS, Telling


def test_er03_a_system_that_is_down_is_asked_less_and_less_often_and_at_once_when_it_is_back(telling: Telling) -> None:
    first = telling.crossed()
    telling.sinks.behave("tecs", "down")
    pauses = []
    for _ in range(14):
        assert telling.told(("tecs",)) == [1]
        (row,) = (row for row in telling.waiting(first) if row.system == "tecs")
        assert row.trouble == "unreached: HTTP 503"
        pauses.append(row.next_utc_ms - telling.border.now_utc_ms)
        telling.border.now_utc_ms = row.next_utc_ms - 1
        assert telling.told(("tecs",)) == [0], "not before its time"
        telling.border.now_utc_ms += 1
    assert pauses == [min(RETRY_MS * 2**n, 3_600_000) for n in range(14)]
    assert telling.told(("tecs",)) == [1], "the pause is long now"
    telling.sinks.behave("tecs")
    second = telling.crossed()
    assert telling.told(("tecs",)) == [1], "the second, which has not waited"
    assert telling.told(("tecs",)) == [1], "and with it the first is due"
    assert telling.sinks.effects("tecs")[first] == telling.sinks.effects("tecs")[second] == 1


def test_a_system_that_is_down_or_slow_holds_up_no_other(telling: Telling) -> None:
    crossing = telling.crossed()
    telling.sinks.behave("ident", "hold_before")

    async def both() -> list[int]:
        slow = asyncio.create_task(telling.tell(("ident",)))
        await asyncio.to_thread(telling.sinks.wait_held, "ident")
        others = await telling.tell(("tecs", "adis"))
        assert {row.system for row in telling.waiting(crossing)} == {"ident"}
        await asyncio.to_thread(telling.sinks.behave, "ident")
        await slow
        return others

    assert asyncio.run(both()) == [1, 1]
    assert telling.waiting() == []


def test_sr05_an_answer_that_was_lost_does_not_make_it_happen_twice(telling: Telling) -> None:
    crossing = telling.crossed(live_image())
    for system in SYSTEMS:
        telling.sinks.behave(system, "drop", times=1)
    assert telling.told() == [1, 1, 1]
    assert {row.trouble for row in telling.waiting(crossing)} == {"unreached: RemoteProtocolError"}
    telling.border.now_utc_ms += RETRY_MS
    assert telling.told() == [1, 1, 1]
    assert telling.waiting() == []
    assert [telling.sinks.effects(system)[crossing] for system in SYSTEMS] == [1, 1, 1]


def test_sr05_a_system_that_was_killed_still_knows_what_it_did(telling: Telling) -> None:
    crossing = telling.crossed()
    telling.sinks.behave("adis", "drop", times=1)
    telling.told()
    telling.sinks.kill()
    telling.border.now_utc_ms += RETRY_MS
    assert telling.told() == [0, 0, 1]
    telling.sinks.start()
    telling.border.now_utc_ms += 2 * RETRY_MS
    assert telling.told() == [0, 0, 1]
    assert telling.waiting() == []
    assert telling.sinks.effects("adis")[crossing] == 1


def test_a_record_a_system_will_not_take_waits_alone_and_says_why(telling: Telling) -> None:
    bad, good = telling.crossed(b"GIF89a" + bytes(80)), telling.crossed(live_image())
    telling.told()
    (row,) = telling.waiting()
    assert (row.crossing, row.system) == (bad, "ident")
    assert row.trouble.startswith("our own record cannot be told: ")
    assert telling.sinks.effects("ident")[good] == 1


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
        telling = Telling(engine, tmp_path, sinks, tecs=url, timeout_s="0.5")
        crossing = telling.crossed()
        await telling.tell(("tecs",))
        await gone.wait()
        (row,) = (row for row in telling.waiting(crossing) if row.system == "tecs")
        assert row.trouble.startswith(trouble)


def test_a_record_whose_key_is_missing_waits_for_it(telling: Telling, tmp_path: Path) -> None:
    crossing = telling.crossed()
    kept = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    telling.border.keys.destroy(of_day(RECORDS, day(telling.border.now_utc_ms)))
    telling.told()
    assert len(telling.waiting(crossing)) == 3
    for path, content in kept.items():
        path.write_bytes(content)
    telling.border.now_utc_ms += RETRY_MS
    telling.told()
    assert telling.waiting() == []


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
        telling = Telling(engine, tmp_path, sinks, tecs=url, timeout_s="0.2", retry_s="0.05")
        for _ in range(2):
            telling.crossed()
        ticking = itertools.count(telling.border.now_utc_ms, 600_000)
        sending = Sending(Store(engine), telling.border.keys, lambda: next(ticking), Records(tecs=url, timeout_s=0.2))
        job = asyncio.create_task(lasting(sending.run))
        heard = asyncio.create_task(last.wait())
        await asyncio.wait({job, heard}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        assert heard.done() and not job.done()
        for task in (job, heard):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await job
