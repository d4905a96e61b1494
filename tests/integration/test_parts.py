"""Messages in several parts, which a carrier may send for as long as it likes: what waits, and what is read again."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from backend import submitting
from backend.acting import Acting
from backend.caller import EVERYWHERE, Caller
from backend.errors import Busy, Refused
from backend.keys import KeyRing
from backend.manifests.findings import Contradiction, Unusable
from backend.manifests.paxlst import parse
from backend.manifests.telegram import MOST_BYTES
from backend.parsing import MOST, Parsing
from backend.store import messages, peers
from backend.store.peers import Peer
from backend.submitting import Offer
from tests.unit.backend.paxlst_specimens import interchange, message

NOW_UTC_MS = 1_795_336_000_000
WHO = Caller("carrier", "carrier", None, frozenset({EVERYWHERE}))


@pytest.fixture
def acting(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acting]:
    with engine.begin() as db:
        peers.welcome(db, Peer("carrier", "carrier", None, carriers=("XX",)))
    yield Acting(WHO, KeyRing(tmp_path_factory.mktemp("keys")), NOW_UTC_MS)


def part(number: int, mark: str, people: range, reference: str = "REF") -> bytes:
    """mark: C for the first, F for the last."""
    listed = [f"NAD+FL+++SPECIMEN:N{n}'DOC+P+A{n}'LOC+91+UTO'" for n in people]
    return interchange(message(listed, part=f"+{reference}+{number:02}{mark}"))


def offered(engine: Engine, content: bytes) -> Offer:
    manifest = parse(content)
    with engine.begin() as db:
        held = messages.parts(db, "carrier", submitting.names(manifest))
    return Offer(hashlib.sha256(content).hexdigest(), content, manifest, tuple(held))


def submit(engine: Engine, acting: Acting, content: bytes) -> tuple[int, int]:
    """(interchanges that were read again, parts that are still missing)."""
    offer = offered(engine, content)
    with engine.begin() as db:
        kept = messages.waiting(db, acting.keys, "carrier", submitting.to_read(offer))
        reply = submitting.take(db, acting, "CHE", submitting.assembled(offer, kept))
    assert reply is not None
    return len(kept), reply.parts_missing


def test_waiting_parts_are_read_again_once_when_none_is_missing(engine: Engine, acting: Acting) -> None:
    at = [range(start, start + 3) for start in range(0, 30, 3)]
    assert submit(engine, acting, part(10, ":F", at[9])) == (0, 9)
    for number in range(2, 10):
        assert submit(engine, acting, part(number, "", at[number - 1])) == (0, 10 - number)
    assert submit(engine, acting, part(1, ":C", at[0])) == (9, 0)
    with engine.begin() as db:
        assert messages.waiting_in_all(db, "carrier") == (0, 0)


def test_parts_are_refused_when_together_they_are_more_than_one_message(engine: Engine, acting: Acting) -> None:
    submit(engine, acting, part(1, ":C", range(5_000)))
    with pytest.raises(Unusable, match="more than 10,000 travellers with the parts that wait"):
        submit(engine, acting, part(2, "", range(5_000, 10_001)))
    with engine.begin() as db:
        (kept,) = messages.parts(db, "carrier", frozenset({"REF"}))
    assert (kept.number, kept.travelers, kept.last) == (1, 5_000, False)
    heavy = Offer("x", bytes(MOST_BYTES - kept.octets), parse(part(2, "", range(2))), (kept,))
    assert submitting.to_read(heavy) == frozenset()
    with pytest.raises(Unusable, match=f"more than {MOST_BYTES:,} bytes with the parts that wait"):
        submitting.to_read(Offer("x", heavy.content + b"x", heavy.manifest, heavy.held))


def test_a_part_that_comes_twice_is_kept_once_or_contradicts(engine: Engine, acting: Acting) -> None:
    submit(engine, acting, part(1, ":C", range(3)))
    again = part(1, ":C", range(3)).replace(b":0800+1'", b":0900+1'")
    assert submit(engine, acting, again) == (1, 1)
    with engine.begin() as db:
        assert messages.waiting_in_all(db, "carrier")[0] == 1
    with pytest.raises(Contradiction, match="part 1 was sent before with another content"):
        submit(engine, acting, part(1, ":C", range(4)))


def test_what_waits_of_one_carrier_has_a_limit(engine: Engine, acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    first = part(1, ":C", range(3))
    monkeypatch.setattr(submitting, "MOST_WAITING_OCTETS", len(first) + 10)
    submit(engine, acting, first)
    with pytest.raises(Refused, match="bytes would wait for other parts"):
        submit(engine, acting, part(1, ":C", range(3), "REG"))


async def test_manifests_are_read_one_at_a_time_beside_everything_else() -> None:
    """A search at a gate uses the default threads: none of them is ever busy with a manifest."""
    reading, names, go = Parsing(), [], threading.Event()

    def read() -> None:
        names.append(threading.current_thread().name)
        assert go.wait(10)

    running = [asyncio.create_task(reading.run(read)) for _ in range(MOST)]
    while not names:
        await asyncio.sleep(0)
    with pytest.raises(Busy, match=f"{MOST} manifests are being read or wait"):
        await reading.run(read)
    running.pop().cancel()  # who gives up makes room
    await asyncio.sleep(0.01)
    running.append(asyncio.create_task(reading.run(read)))
    assert len(names) == 1
    go.set()
    await asyncio.gather(*running)
    assert set(names) == {"parsing_0"}
