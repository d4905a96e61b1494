"""A list of thousands is written in a few statements: every other writer waits for it."""

import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from backend import submitting
from backend.acting import Acting
from backend.caller import EVERYWHERE, Caller
from backend.keys import KeyRing
from backend.manifests.findings import Unusable
from backend.manifests.paxlst import parse
from backend.store import peers, travelers
from backend.store.peers import Peer
from backend.submitting import Offer
from tests.unit.backend.paxlst_specimens import LEG, interchange, message

NOW_UTC_MS = 1_795_336_000_000
MANY = 300
MOST_STATEMENTS = 40  # for however many travellers


@pytest.fixture
def acting(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acting]:
    with engine.begin() as db:
        peers.welcome(db, Peer("carrier", "carrier", None, carriers=("XX",)))
    who = Caller("carrier", "carrier", None, frozenset({EVERYWHERE}))
    yield Acting(who, KeyRing(tmp_path_factory.mktemp("keys")), NOW_UTC_MS)


def listed(numbers: range, seat: str = "1A", book: str = "A", bgm: str = "BGM+745'") -> bytes:
    people = [f"NAD+FL+++SPECIMEN:N{n}'RFF+ABO:P{n}'RFF+SEA:{seat}'DOC+P+{book}{n}'LOC+91+UTO'" for n in numbers]
    return interchange(message(people, bgm=bgm))


def taken(engine: Engine, acting: Acting, content: bytes) -> int:
    """How many statements it took."""
    manifest, statements = parse(content), []
    sent = submitting.assembled(Offer(hashlib.sha256(content).hexdigest(), content, manifest), [])

    def count(*told: object) -> None:
        statements.append(told[2])

    event.listen(engine, "before_cursor_execute", count)
    with engine.begin() as db:
        assert submitting.take(db, acting, "CHE", sent) is not None
    event.remove(engine, "before_cursor_execute", count)
    return len(statements)


def seats(engine: Engine, acting: Acting) -> dict[str, str]:
    journey = "XX0138/20261122/ZRH"
    with engine.begin() as db:
        return {one.biographic.document_number: one.seat for one in travelers.of_journey(db, acting.keys, journey)}


def test_a_list_is_added_changed_and_replaced_in_a_few_statements(engine: Engine, acting: Acting) -> None:
    assert taken(engine, acting, listed(range(MANY))) <= MOST_STATEMENTS
    assert seats(engine, acting) == {f"A{n}": "1A" for n in range(MANY)}
    assert taken(engine, acting, listed(range(MANY), seat="2B")) <= MOST_STATEMENTS
    assert seats(engine, acting) == {f"A{n}": "2B" for n in range(MANY)}
    other = listed(range(MANY // 2), book="B", bgm="BGM+745++5'")  # other documents, and half do not travel
    assert taken(engine, acting, other) <= MOST_STATEMENTS
    assert seats(engine, acting) == {f"B{n}": "1A" for n in range(MANY // 2)}
    assert taken(engine, acting, listed(range(MANY), bgm="BGM+745++5'")) <= MOST_STATEMENTS
    assert seats(engine, acting) == {f"A{n}": "1A" for n in range(MANY)}


def test_who_is_expected_already_stays_and_is_not_counted(engine: Engine, acting: Acting) -> None:
    taken(engine, acting, listed(range(2)))
    journey = "XX0138/20261122/ZRH"
    with engine.begin() as db:
        held = travelers.of_journey(db, acting.keys, journey)
        other = travelers.Traveler("another id", held[0].biographic, seat="9F")
        assert travelers.expect(db, acting.keys, journey, [other, other], NOW_UTC_MS) == 0
        assert travelers.of_journey(db, acting.keys, journey) == held


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (interchange(*[message(["NAD+FL+++X'"], leg=LEG * 3)] * 17), "more than 50 legs in an interchange"),
        (interchange(*[message(["NAD+FL+++X'"] * 2_501)] * 4), "more than 10,000 travellers in an interchange"),
    ],
)
def test_an_interchange_of_too_much_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        parse(content)
