"""What moves a gate controller on its line and what does not: golden frames, dialogues, refusals, every kind alike."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hardware.gate import frames
from hardware.gate.limits import KEPT_POLLS, MEMORY_SIZE, POLL_AGE_MS, Faults, Flag, Pin, Refusal
from hardware.gate.mac import Key
from hardware.gate.memory import ERASED, Site
from hardware.gate.messages import Service, Status, Want, Welcome
from hardware.gate.script import READY, SITE, WANT_MS, Begin, Bench, Host, pass_time, untimed
from tests.gates import KINDS
from tests.unit.hardware.golden import VECTORS

Make = Callable[..., Bench]
begins = pytest.mark.parametrize("begin", KINDS.values(), ids=KINDS)


def named(case: dict[str, object]) -> str:
    return str(case["name"])


def messages(said: bytes) -> list[Welcome | Status | None]:
    """Read, but for the milliseconds of the controller's clock."""
    found = [Welcome.unpack(payload) or Status.unpack(payload) for payload in frames.Decoder().feed(said, 0)]
    return [untimed(message) if isinstance(message, Status) else message for message in found]


# --- golden ---------------------------------------------------------------------------------------------------------


@begins
@pytest.mark.parametrize("case", VECTORS["dialogues"], ids=named)
def test_a_golden_dialogue_is_answered_and_driven_as_written(begin: Begin, case: dict[str, object]) -> None:
    controller, now_ms = begin(bytes.fromhex(str(case["memory"])), int(str(case["pins"])), 0), 0
    steps = case["steps"]
    assert isinstance(steps, list)
    written, spoken = b"", b""
    for step in steps:
        drives, said = pass_time(controller, now_ms, step["ms"], step["pins"], bytes.fromhex(step["hears"]))
        now_ms += step["ms"]
        spoken += said
        written += bytes.fromhex(step["says"])
        assert drives & 1 == step["drives"] & 1
    controller.close()
    assert messages(spoken) == messages(written)
    if begin is not KINDS["firmware"]:
        assert spoken == written


@begins
def test_everything_said_in_a_dialogue_is_authentic(begin: Begin) -> None:
    controller = begin(READY, Pin.LEAF_CLOSED, 0)
    _, said = pass_time(controller, 0, 1200, Pin.LEAF_CLOSED, bytes.fromhex(VECTORS["session"]["hello"]))
    controller.close()
    payloads = frames.Decoder().feed(said, 0)
    assert len(payloads) >= 2
    assert all(Key(SITE.key).verifies(payload) for payload in payloads)


class Session:
    """The session in which the golden Want opens."""

    def __init__(self, begin: Begin) -> None:
        session = VECTORS["session"]
        self.controller = begin(bytes.fromhex(session["memory"]), Pin.LEAF_CLOSED, 0)
        self.host, self._now_ms = Host(Key(SITE.key), SITE.gate), 0
        self.hears(b"", 100)
        self.hears(bytes.fromhex(session["hello"]), 30)

    def hears(self, stream: bytes, ms: int = 50) -> int:
        drives, said = pass_time(self.controller, self._now_ms, ms, Pin.LEAF_CLOSED, stream)
        self._now_ms += ms
        self.host.hear(said)
        return drives & 1


@begins
def test_the_golden_want_opens_and_what_must_be_refused_never_does(begin: Begin) -> None:
    honest = bytes.fromhex(VECTORS["session"]["opens"])
    for case in VECTORS["refused"]:
        session = Session(begin)
        assert not session.hears(bytes.fromhex(case["bytes"])), case["name"]
        assert session.host.status is not None
        assert (session.host.status.refusal, session.host.status.last_grant) == (case["refusal"], 0), case["name"]
        assert session.hears(bytes(60) + honest, 60) or case["refusal"] == Refusal.SERVICE, case["name"]
        session.controller.close()


# --- refusals in a living session -----------------------------------------------------------------------------------


def test_a_sequence_that_does_not_rise_is_refused_and_not_heard(gate: Bench) -> None:
    wish = gate.host.wish(1)
    gate.say(wish)
    gate.want(250)
    assert gate.closed
    for sequence in (wish.sequence, wish.sequence - 1, gate.host.sequence):
        gate.say(replace(gate.host.wish(2), sequence=sequence))
        assert gate.refusal is Refusal.SEQUENCE
        assert not gate.told_open


def test_the_same_frame_again_keeps_nothing_alive(gate: Bench) -> None:
    frame = gate.host.want()
    for _ in range(26):
        gate.run(WANT_MS, frame)
    assert gate.flags & Flag.SAFE


def test_a_poll_of_long_ago_is_refused(gate: Bench) -> None:
    old = gate.host.poll
    gate.want(POLL_AGE_MS - 100)
    gate.say(replace(gate.host.wish(), poll=old))
    assert gate.status.refusal == Refusal.NONE
    gate.want(200)
    gate.say(replace(gate.host.wish(1), poll=old))
    assert gate.refusal is Refusal.POLL
    assert not gate.told_open


def test_only_the_last_polls_are_known(gate: Bench) -> None:
    first = gate.host.poll
    while gate.host.poll - first < KEPT_POLLS - 1:
        gate.run(12, gate.host.want())
    gate.say(replace(gate.host.wish(), poll=first - 1))
    assert gate.refusal is Refusal.POLL
    gate.say(replace(gate.host.wish(), poll=gate.host.poll + 5))
    assert gate.refusal is Refusal.POLL


def test_another_epoch_is_refused(gate: Bench) -> None:
    for change in (-1, 1, 2**32, -(2**32)):
        gate.say(replace(gate.host.wish(1), epoch=gate.host.epoch + change))
        assert gate.refusal is Refusal.EPOCH
        assert not gate.told_open


def test_a_session_over_is_over(gate: Bench) -> None:
    recorded = [gate.host.want(1), gate.host.hello()]
    gate.run(1200)
    gate.run(30, recorded[0])
    assert gate.refusal is Refusal.EPOCH
    gate.run(40, recorded[1])  # an authentic Hello played again begins an epoch its player cannot speak in
    assert gate.flags & Flag.SAFE
    gate.run(40, recorded[0])
    assert gate.refusal is Refusal.EPOCH
    assert not gate.told_open


@pytest.mark.parametrize("action", [0, 3, 255])
def test_a_service_of_no_kind_or_by_nobody_is_malformed(make: Make, action: int) -> None:
    gate = make()
    gate.greet()
    gate.turn(Pin.SERVICE)
    head = (SITE.gate, gate.host.epoch, gate.host.sequence + 1, gate.host.poll)
    gate.say(Service(*head, action, 5))
    assert gate.refusal is Refusal.MALFORMED
    gate.say(Service(*head, 2, 0))
    assert gate.refusal is Refusal.MALFORMED


def test_version_1_gets_no_answer_of_its_own(gate: Bench) -> None:
    old = next(case for case in VECTORS["refused"] if case["name"] == "version 1")
    gate.run(30, bytes.fromhex(old["bytes"]))
    assert gate.refusal is Refusal.VERSION
    heard = len(gate.host.heard)
    for _ in range(10):
        gate.run(20, bytes.fromhex(old["bytes"]))
    assert len(gate.host.heard) - heard <= 1, "more than the beacon"
    assert all(payload[1] == 2 for payload in gate.host.heard)
    assert not gate.told_open


def test_every_authentic_want_has_its_answer(gate: Bench) -> None:
    for _ in range(5):
        wish: Want = gate.host.wish()
        gate.say(wish)
        assert gate.status.sequence == wish.sequence


def test_without_a_word_from_the_host_it_says_how_it_is(gate: Bench) -> None:
    gate.run(1500)
    heard = len(gate.host.heard)
    gate.run(2000)
    assert 3 <= len(gate.host.heard) - heard <= 5


# --- controllers that obey nobody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "memory",
    [
        bytes((ERASED,)) * MEMORY_SIZE,
        Site(7, 1000, 100, bytes(16)).image(commissioned=True),
        Site(7, 1000, 100, bytes(range(16))).image(commissioned=True),
        Site(7, 10_100, 100, SITE.key).image(commissioned=True),
        Site(7, 1000, 40, SITE.key).image(commissioned=True),
    ],
    ids=["erased", "zero key", "sample key", "opens too long", "travels too fast"],
)
def test_an_unprovisioned_controller_obeys_nobody_and_signs_nothing(make: Make, memory: bytes) -> None:
    bench = make(memory)
    bench.run(100, bench.host.hello())
    assert bench.host.welcome is None
    bench.run(600, bench.host.want(1))
    assert bench.faults & Faults.UNPROVISIONED
    assert not bench.told_open
    assert all(payload[-8:] == bytes(8) for payload in bench.host.heard)
    bench.lane.pins |= int(Pin.RELEASE)
    bench.run(100)
    assert bench.told_open, "the button needs no key"


def test_a_session_begins_only_when_the_start_is_written(make_quick: Make) -> None:
    bench = make_quick()
    bench.host.heard.clear()
    bench.lane.restart()
    bench.run(3, bench.host.hello())
    assert not any(Welcome.unpack(payload) for payload in bench.host.heard)
    bench.greet()
