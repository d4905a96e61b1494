"""GS-09: eight things that break at a gate, each at a random phase: when it is latched, and what that bars."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from calibration.gate.safety.attacks import BEAT_MS, opened, world
from calibration.gate.safety.controllers import Kind
from calibration.gate.safety.figure import Figure, spread
from calibration.gate.safety.world import World
from hardware.gate.lane import Defect
from hardware.gate.limits import Faults

DETECT_MS = 500
GIVE_UP_MS = 2000


@dataclass(frozen=True, slots=True)
class Broken:
    """defect happens while the leaf is open, or closed.  late_ms: from the command until it can be seen at all."""

    name: str
    defect: Defect
    fault: Faults
    begin: Callable[[World], object]
    then: Callable[[World], object]
    visible_ms: int = 0


def _at_rest(of: World) -> None:
    of.settle()


def _open(of: World) -> None:
    of.open()
    of.converse(300)


def _wait(of: World) -> None:
    """Nothing more is needed to see it."""


def _shut(of: World) -> None:
    of.host.shut()
    of.poll()


def _grant(of: World) -> None:
    of.grant()
    of.poll()


_TRAVEL_MS = 200
BROKEN = (
    Broken("relay stuck", Defect.RELAY_WELDED, Faults.RELAY_STUCK, _at_rest, _wait, 0),
    Broken("relay dead", Defect.RELAY_DEAD, Faults.RELAY_DEAD, _at_rest, _grant, 0),
    Broken("feedback cut", Defect.FEEDBACK_CUT, Faults.FEEDBACK_CUT, _at_rest, _grant, 0),
    Broken("forced", Defect.LEAF_FORCED, Faults.FORCED, _at_rest, _wait, 0),
    Broken("not opened", Defect.LEAF_STUCK, Faults.NOT_OPENED, _at_rest, _grant, _TRAVEL_MS),
    Broken("not closed", Defect.LEAF_STUCK, Faults.NOT_CLOSED, _open, _shut, _TRAVEL_MS),
    Broken("contacts", Defect.CONTACTS_SHORT, Faults.CONTACTS, _at_rest, _wait, 0),
    Broken("presence", Defect.PRESENCE_CUT, Faults.PRESENCE, _at_rest, _wait, 0),
)


def faults(kind: Kind, trials: int, rng: random.Random) -> list[Figure]:
    """One row for each; trials of each."""
    return [_row(kind, broken, trials, rng) for broken in BROKEN]


def _row(kind: Kind, broken: Broken, trials: int, rng: random.Random) -> Figure:
    of, took_ms, failures = world(kind), [], 0
    for _ in range(trials):
        broken.begin(of)
        of.converse(rng.randrange(1, 5) * BEAT_MS)
        of.advance(rng.randrange(BEAT_MS))
        took_ms.append(float(_detected_ms(of, broken)))
        failures += took_ms[-1] > DETECT_MS or not _stays(of, broken)
        of.repair()
    failures += len(of.observer.violations)
    of.close()
    words = f"latched after {spread(took_ms)}, {DETECT_MS} ms allowed; through a reset; no grant until a technician's"
    return Figure("GS-09", broken.name, kind, trials, failures, words)


def _detected_ms(of: World, broken: Broken) -> int:
    """From when it can be seen until the controller says so."""
    of.breaks(broken.defect)
    broken.then(of)
    began_ms = of.now_ms + broken.visible_ms
    for _ in range(GIVE_UP_MS // 5):
        if _said(of, broken):
            return of.now_ms - began_ms
        of.poll()
        of.advance(5)
    return GIVE_UP_MS


def _said(of: World, broken: Broken) -> bool:
    status = of.host.status
    return status is not None and bool(status.faults & broken.fault)


def _stays(of: World, broken: Broken) -> bool:
    """The cause is gone and the power was off: it is latched all the same, and a grant opens nothing."""
    of.converse(200)
    of.gate.defects = 0
    of.reset()
    of.converse(1500)
    before = opened(of)
    if (moment := of.moment()) is not None:
        of.inject(of.sealed(moment.newest))
    of.converse(300)
    return _said(of, broken) and opened(of) == before
