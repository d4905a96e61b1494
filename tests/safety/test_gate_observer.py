"""The observer of a chip whose bytes and drives come late: what it must allow for that, and what it must not."""

import re
from pathlib import Path

from calibration.gate.safety import walks
from calibration.gate.safety.authority import Authority
from calibration.gate.safety.controllers import LATE_MS, SECRET, SITE, Kind
from calibration.gate.safety.leaf_watch import BOOT_MS, LeafWatch
from calibration.gate.safety.seeded import SEEDED, library
from calibration.gate.safety.switches import Switches
from calibration.gate.safety.terms import Terms, Verdicts
from hardware.gate import frames
from hardware.gate.limits import CLEAR_MS, Drive, Pin
from hardware.gate.mac import Key
from hardware.gate.messages import Message, Status, Want, Welcome
from hardware.lights import Lamp

TERMS = Terms(SECRET, SITE.gate, SITE.opens_ms, SITE.travel_ms, late_ms=LATE_MS)
EPOCH, LEASE_MS = 1 << 32, 500
ENTRY, CLOSED, OPEN, RELAY = int(Pin.ENTRY), int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN), int(Drive.RELAY)


def sent(message: Message) -> bytes:
    return frames.encode(Key(SECRET).seal(message.pack()))


class Line:
    """A session in which the host has decided on grants 2 and 3."""

    def __init__(self) -> None:
        self.verdicts = Verdicts()
        self.authority = Authority(TERMS, self.verdicts)
        self._sequence, self._poll = 0, 1
        self.authority.said(0, sent(Welcome(SITE.gate, EPOCH, self._poll, 0, 2, 0, 0, 50, 20)))
        for grant in (2, 3):
            self.authority.decided(EPOCH, grant)

    def want(self, now_ms: int, grant: int) -> None:
        self._sequence += 1
        want = Want(SITE.gate, EPOCH, self._sequence, self._poll, grant, LEASE_MS, Lamp.GO)
        self.authority.heard(now_ms, sent(want))

    def told(self, now_ms: int, last_grant: int) -> None:
        self._poll += 1
        numbers = (EPOCH, self._sequence, self._poll, last_grant, *(0,) * 9)
        self.authority.said(now_ms, sent(Status(SITE.gate, *numbers)))

    def opens(self, now_ms: int) -> bool:
        return self.authority.open(now_ms)


def test_g1_each_of_two_grants_on_the_line_at_once_may_open_once() -> None:
    line = Line()
    line.want(100, 2)
    line.want(104, 3)
    line.told(105, 2)  # an answer to the first
    assert line.opens(107)
    line.want(150, 3)
    assert line.opens(155)
    line.told(160, 3)
    line.want(200, 3)
    assert not line.opens(205)
    assert line.verdicts.violations == []


def test_g1_one_opening_under_two_grants_is_the_one_the_controller_names() -> None:
    line = Line()
    line.want(100, 2)
    line.want(104, 3)
    assert line.opens(107)
    line.told(110, 3)
    assert not line.opens(115)
    line.want(120, 2)
    assert not line.opens(125)
    assert line.verdicts.violations == []


def test_g1_a_grant_heard_too_long_ago_opens_nothing() -> None:
    line = Line()
    line.want(100, 2)
    assert not line.opens(100 + LATE_MS + 2)
    line.told(160, 2)
    assert not line.opens(100 + 2 * LATE_MS + 2)


def test_g1_a_grant_that_the_controller_has_said_to_open_opens_as_late_as_the_chip_may_be() -> None:
    for after_ms, permitted in ((LATE_MS + 1, True), (LATE_MS + 2, False)):
        line = Line()
        line.want(100, 2)
        line.told(120, 2)
        assert line.opens(120 + after_ms) is permitted


# --- a start --------------------------------------------------------------------------------------------------------


def opened_after_a_start(sensed_ms: int) -> list[str]:
    """Rules broken by a leaf found open, and opened by the chip as soon as it drives; somebody was at the beam then."""
    verdicts = Verdicts()
    leaf = LeafWatch(TERMS, verdicts, Authority(TERMS, verdicts), Switches(TERMS))
    leaf.start(0, 0)
    for now_ms in range(1, CLEAR_MS):
        leaf.look(now_ms, ENTRY if now_ms == sensed_ms else 0, 0 if now_ms < BOOT_MS else RELAY)
    return [violation.rule for violation in verdicts.violations]


def test_g7_whom_the_chip_may_have_sensed_when_it_first_drove_may_keep_a_leaf_open() -> None:
    assert opened_after_a_start(BOOT_MS - 1) == []


def test_g1_a_start_alone_opens_nothing() -> None:
    assert "G1" in opened_after_a_start(sensed_ms=0)


# --- closing and opening again --------------------------------------------------------------------------------------


class Closing:
    """A leaf that a grant opened, and that closes now with nobody sensed."""

    def __init__(self) -> None:
        self.line = Line()
        self.leaf = LeafWatch(TERMS, self.line.verdicts, self.line.authority, Switches(TERMS))
        self.now_ms = 0
        self.leaf.start(0, CLOSED)
        self.look(BOOT_MS, CLOSED)
        self.line.want(self.now_ms, 2)
        self.look(200, OPEN, RELAY)
        self.look(20, 0)

    def look(self, ms: int, pins: int, drive: int = 0) -> None:
        for _ in range(ms):
            self.now_ms += 1
            self.leaf.look(self.now_ms, pins, drive)

    def rules(self) -> list[str]:
        return [violation.rule for violation in self.line.verdicts.violations]


def test_g7_what_a_late_chip_may_not_have_seen_may_be_closed_on_what_it_must_have_seen_may_not() -> None:
    for sensed_ms, broken in ((3, []), (LATE_MS + 1, ["G7"])):
        gate = Closing()
        gate.look(LATE_MS, ENTRY, RELAY)
        gate.look(150, 0, RELAY)
        gate.look(sensed_ms, ENTRY, RELAY)
        gate.look(5, 0, RELAY)
        gate.look(1, 0)
        assert gate.rules() == broken


def test_g3_an_alarm_is_due_as_long_after_an_opening_as_the_chip_may_be_late() -> None:
    gate = Closing()
    gate.look(SITE.opens_ms, 0)
    gate.look(5, ENTRY, RELAY)
    assert not gate.leaf.must_alarm(gate.now_ms - LATE_MS)
    gate.look(LATE_MS, ENTRY, RELAY)
    assert gate.leaf.must_alarm(gate.now_ms - LATE_MS)


def test_g3_a_grant_that_opens_a_leaf_with_somebody_in_it_begins_its_time_anew() -> None:
    for last_grant, alarm in ((3, False), (2, True)):
        gate = Closing()
        gate.look(SITE.opens_ms, 0)
        gate.look(10, ENTRY | CLOSED)
        gate.line.told(gate.now_ms, 2)
        gate.line.want(gate.now_ms, 3)
        gate.look(5, ENTRY | CLOSED, RELAY)
        gate.line.told(gate.now_ms, last_grant)
        gate.look(2 * LATE_MS, ENTRY, RELAY)
        assert gate.leaf.must_alarm(gate.now_ms - LATE_MS) is alarm


# --- a walk ---------------------------------------------------------------------------------------------------------


def test_a_violation_names_the_walk_that_shows_it_again() -> None:
    built = library(next(seeded for seeded in SEEDED if seeded.name == "green while moving"))
    *_, last = walks.walked(Kind.NATIVE, 700, 3, built)  # a whole walk and a short one
    shown = [re.match(r"soak --kind native --seed (\d+) --steps (\d+): ", words) for words in last.violations]
    named = {(int(found[1]), int(found[2])) for found in shown if found is not None}
    alone = [violation for seed, steps in sorted(named) for violation in _walked_alone(seed, steps, built)]
    assert len(named) == 2
    assert alone == last.violations


def _walked_alone(seed: int, steps: int, built: Path) -> list[str]:
    *_, last = walks.walked(Kind.NATIVE, steps, seed, built)
    return last.violations
