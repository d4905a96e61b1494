"""Accounts, tries, sessions and refusals as both stores keep them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from backend.access import CONSOLE
from backend.caller import Caller
from backend.errors import Busy, NotAllowed, Refused
from backend.people import passwords
from backend.people.login import NO, TRIES, WAITING, Logins, digest, waits_ms
from backend.people.posts import Post
from backend.refusals import MINUTE_MS, MOST, Refusals
from backend.store import people
from backend.store.engine import Store
from backend.store.people import Account
from backend.store.schema import audit_log

NOW = 1_790_000_000_000
DESK = Caller("desk", CONSOLE)
RIGHT = "long enough to be typed"
ACCOUNT = Account("o.meyer", passwords.hashed(RIGHT))
POST = Post("officer", "ZRH")


class Clock:
    def __init__(self) -> None:
        self.now_utc_ms = NOW

    def __call__(self) -> int:
        return self.now_utc_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(engine: Engine) -> AsyncIterator[Store]:
    store = Store(engine)
    await store.run(people.add, ACCOUNT, [POST])
    yield store
    store.close()


@pytest.fixture
def logins(store: Store, clock: Clock) -> Logins:
    return Logins(store, clock)


async def actions(store: Store) -> list[str]:
    return await store.read(lambda db: list(db.scalars(select(audit_log.c.action).order_by(audit_log.c.number))))


async def test_acc1_a_session_is_good_for_eight_hours_and_its_token_is_not_kept(store: Store, logins: Logins) -> None:
    session = await logins.log_in(DESK, "o.meyer", RIGHT)
    assert session.until_utc_ms == NOW + 8 * 3_600_000
    found = await store.read(people.by_session, digest(session.token), session.until_utc_ms - 1)
    assert found == people.Standing("o.meyer", frozenset({POST}))
    assert await store.read(people.by_session, digest(session.token), session.until_utc_ms) is None
    assert await store.read(people.by_session, session.token, NOW) is None
    assert await actions(store) == ["person.logged_in"]


async def test_acc1_too_many_wrong_tries_make_the_account_wait_even_with_the_right_password(
    store: Store, logins: Logins, clock: Clock
) -> None:
    tries = [logins.log_in(DESK, "o.meyer", f"wrong try number {n}") for n in range(TRIES + 1)]
    assert [str(answer) for answer in await asyncio.gather(*tries, return_exceptions=True)] == [NO] * (TRIES + 1)
    with pytest.raises(NotAllowed, match=NO):
        await logins.log_in(DESK, "o.meyer", RIGHT)
    clock.now_utc_ms += waits_ms(TRIES)
    await logins.log_in(DESK, "o.meyer", RIGHT)
    account = await store.read(people.find, "o.meyer")
    assert account is not None
    assert (account.failures, account.barred_until_utc_ms) == (0, 0)
    assert await actions(store) == ["person.login_refused"] * TRIES + ["person.logged_in"]


def test_acc1_waiting_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [waits_ms(n) for n in (0, TRIES - 1, TRIES, TRIES + 1)] == [0, 0, 30_000, 60_000]
    assert waits_ms(1000) == 15 * 60_000


async def test_acc1_unknown_barred_and_wrong_get_one_answer(store: Store, logins: Logins) -> None:
    await store.run(people.add, replace(ACCOUNT, person="b.barred"), [POST])
    await store.run(people.welcome, "b.barred", False)
    await store.run(people.add, Account("v.vouched", None, "https://id.example", "u-17"), [])
    asked = [("nobody", RIGHT), ("b.barred", RIGHT), ("v.vouched", RIGHT), ("o.meyer", "wrong")]
    for person, password in asked:
        with pytest.raises(NotAllowed, match=NO):
            await logins.log_in(DESK, person, password)


async def test_a_crowd_at_the_login_is_sent_away_early(logins: Logins) -> None:
    crowd = [asyncio.create_task(logins.log_in(DESK, "nobody", RIGHT)) for _ in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await logins.log_in(DESK, "o.meyer", RIGHT)
    for waiting in crowd:
        waiting.cancel()
    await asyncio.wait(crowd)
    await logins.log_in(DESK, "o.meyer", RIGHT)


@pytest.mark.parametrize("how", ["barred", "post removed", "password changed", "logged out"])
async def test_acc1_a_session_ends_at_once(store: Store, logins: Logins, how: str) -> None:
    token = digest((await logins.log_in(DESK, "o.meyer", RIGHT)).token)
    match how:
        case "barred":
            assert await store.run(people.welcome, "o.meyer", False)
            await store.run(people.welcome, "o.meyer", True)  # a bar that is taken back gives no session back
        case "post removed":
            assert await store.run(people.leave, "o.meyer", POST)
        case "password changed":
            assert await store.run(people.set_password, "o.meyer", passwords.hashed("another good password"))
        case _:
            assert await store.run(people.end_session, token)
    assert await store.read(people.by_session, token, NOW) is None


async def test_acc1_who_is_vouched_for_is_known_until_barred(store: Store) -> None:
    await store.run(people.add, Account("v.vouched", None, "https://id.example", "u-17"), [POST])
    assert await store.read(people.by_subject, "https://id.example", "u-17") is not None
    assert await store.read(people.by_subject, "https://other.example", "u-17") is None
    with pytest.raises(Refused, match="has an account already"):
        await store.run(people.add, Account("another", None, "https://id.example", "u-17"), [])
    await store.run(people.welcome, "v.vouched", False)
    assert await store.read(people.by_subject, "https://id.example", "u-17") is None


async def test_refusals_are_written_down_and_fill_no_disk(store: Store, clock: Clock) -> None:
    refusals = Refusals(store, clock)
    for _ in range(MOST + 15):
        await refusals.record(DESK, "/limen.v1.Alerts/Take", "role console may not call")
    assert await actions(store) == ["access.refused"] * MOST
    clock.now_utc_ms += MINUTE_MS
    await refusals.record(DESK, "/limen.v1.Alerts/Take", "x" * 5000)
    said = await store.read(lambda db: list(db.scalars(select(audit_log.c.result).order_by(audit_log.c.number))))
    assert said[-1].endswith("(15 more before were not written down)")
    assert len(said[-1]) < 400


def test_a_password_is_long_enough_and_kept_as_a_hash() -> None:
    for wrong in ("eleven char", "x" * 201):
        with pytest.raises(Refused, match="12 to 200 characters"):
            passwords.hashed(wrong)
    assert ACCOUNT.password is not None
    assert ACCOUNT.password.startswith("$argon2id$")
    assert passwords.right(ACCOUNT.password, RIGHT)
    assert not passwords.right(ACCOUNT.password, RIGHT + " ")
    assert not passwords.right(None, "the password of nobody at all")
