"""Refused at once rather than answered too late; asked twice at once, done once."""

import asyncio
from contextlib import ExitStack

import pytest

from backend.admission import FIRST_SHOT_S, HEADROOM, Admission
from backend.errors import Busy, TooLate
from backend.joining import Joining


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_sr03_no_more_are_inside_than_may_be(clock: Clock) -> None:
    admission = Admission(2, clock)
    with admission.admitted(1, 1000), admission.admitted(1, 1000):
        with pytest.raises(Busy, match="at most 2"), admission.admitted(1, 1000):
            raise AssertionError("was let in")
        assert admission.inside == 2
    assert admission.inside == 0


def test_sr03_whoever_would_be_answered_too_late_is_refused_at_once(clock: Clock) -> None:
    admission = Admission(100, clock)
    ahead_s = 4 * FIRST_SHOT_S * HEADROOM
    with admission.admitted(3, 1000):
        with pytest.raises(Busy, match="the deadline is in"), admission.admitted(1, clock.now_s + ahead_s - 0.001):
            raise AssertionError("was let in")
        with admission.admitted(1, clock.now_s + ahead_s + 0.001):
            assert admission.inside == 2


def test_sr03_the_estimate_follows_what_shots_take_also_when_several_are_worked_on(clock: Clock) -> None:
    admission = Admission(100, clock)
    for _ in range(60):  # two at a time, each 0.4 s: a shot every 0.2 s
        with ExitStack() as one, ExitStack() as other:
            first, second = (stack.enter_context(admission.admitted(1, 1e9)) for stack in (one, other))
            clock.now_s += 0.2
            first()
            one.close()
            clock.now_s += 0.2
            second()
    assert admission.wait_s(1) == pytest.approx(0.2 * HEADROOM, rel=0.01)


def test_a_service_that_rests_takes_anybody_however_slow_it_was(clock: Clock) -> None:
    admission = Admission(100, clock)
    with admission.admitted(1, 1e9) as looked:
        clock.now_s += 500  # a stall
        looked()
    with admission.admitted(1, clock.now_s + 0.1):
        assert admission.wait_s(1) > 100
    assert admission.inside == 0


def test_work_that_fails_and_answers_that_were_there_teach_nothing(clock: Clock) -> None:
    admission = Admission(100, clock)
    before_s = admission.wait_s(1)
    with pytest.raises(TooLate), admission.admitted(1, 1e9):
        clock.now_s += 9
        raise TooLate("late")
    with admission.admitted(3, 1e9):
        clock.now_s += 0.0001
    assert (admission.inside, admission.wait_s(1)) == (0, before_s)


async def test_sr02_a_thousand_who_ask_the_same_share_one_work() -> None:
    joining, done = Joining[int](), list[int]()

    async def work() -> int:
        await asyncio.sleep(0)
        done.append(1)
        return len(done)

    assert set(await asyncio.gather(*(joining.once("key", work) for _ in range(1000)))) == {1}
    assert await joining.once("key", work) == 2, "once it is over, it is asked anew"


async def test_whoever_goes_takes_nothing_from_the_others_and_all_get_the_error() -> None:
    joining, go = Joining[int](), asyncio.Event()

    async def work() -> int:
        await go.wait()
        raise TooLate("late")

    first, second = (asyncio.create_task(joining.once("key", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(TooLate):
        await second
    assert first.cancelled()


async def test_an_error_that_nobody_waits_for_any_more_disturbs_nobody() -> None:
    joining, go = Joining[int](), asyncio.Event()

    async def work() -> int:
        await go.wait()
        raise TooLate("late")

    only = asyncio.create_task(joining.once("key", work))
    await asyncio.sleep(0)
    only.cancel()
    await asyncio.wait([only])
    go.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert only.cancelled()
