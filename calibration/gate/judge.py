"""What is wrong with a gate's timing: each finding names the thing, the value, the limit and the next step."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from calibration.gate.cycle import Cycle
from calibration.gate.figures import Figures, each
from calibration.gate.measure import Measured
from hardware.gate.driver import SLOW_S
from hardware.gate.limits import CHANGE_MS, TRAVEL_MARGIN_MS, TRAVEL_MOST_MS

MOVES_MOST_MS = 100  # a relay pulls within 20 ms, a drive starts within 80
RESERVE = 1.1  # of the slowest travel seen: what to provision
DRIFT_LEAST_MS = 20  # twice what a stamp may be late
DRIFT_SHARE = 0.1
DRIFT_CYCLES = 6
MISSED_MOST = 0.01  # of the answers


@dataclass(frozen=True, slots=True)
class Finding:
    """name: a word or two for the record."""

    name: str
    says: str

    def __str__(self) -> str:
        return f"{self.name}: {self.says}"


def findings(found: Measured, seen: Figures) -> tuple[Finding, ...]:
    judges = (
        _unmeasured(found, seen),
        _leaf(found),
        _relay(found),
        _contacts(found),
        _drift(found),
        _line(found, seen),
    )
    return tuple(finding for judge in (*judges, _walks(found)) for finding in judge)


def _unmeasured(found: Measured, seen: Figures) -> Iterator[Finding]:
    for name, value in asdict(seen).items():
        if value is None and (found.plan.walk or name != "lane"):
            yield Finding(
                "not measured", f"{name}: 0 of {found.plan.cycles} cycles had it, at least 1 must: measure again"
            )


def _leaf(found: Measured) -> Iterator[Finding]:
    """One value is provisioned for both ways."""
    provisioned = found.welcome.travel_cs * 10
    slowest, way = max((max(each(found, value), default=0.0), way) for way, value in _WAYS)
    if slowest <= provisioned + CHANGE_MS:
        return
    better = math.ceil(slowest * RESERVE / 10) * 10
    advice = (
        f"provision {better} ms (`python -m hardware key --travel-s {better / 1000:g}`), or have its drive seen to"
        if better <= TRAVEL_MOST_MS
        else f"{TRAVEL_MOST_MS} ms is the most that can be provisioned: have its drive repaired"
    )
    yield Finding(
        "slow leaf",
        f"{way} took {slowest:.0f} ms, the controller is provisioned for {provisioned} ms and takes it for stuck at "
        f"{provisioned + TRAVEL_MARGIN_MS} ms: {advice}",
    )


def _relay(found: Measured) -> Iterator[Finding]:
    late = [one for one in each(found, _moves) if one > MOVES_MOST_MS]
    if late:
        yield Finding(
            "slow relay",
            f"the leaf left its closed contact {max(late):.0f} ms after the command in {_of(len(late), found)}, at "
            f"most {MOVES_MOST_MS} ms: check the relay at PD2, its supply and the drive; replace a relay that sticks",
        )


def _contacts(found: Measured) -> Iterator[Finding]:
    for name, pin, value in (("closed", "PD4", _flips_closed), ("open", "PD5", _flips_open)):
        flips = [one for one in map(value, found.cycles) if one]
        if flips:
            yield Finding(
                f"bouncing {name} contact",
                f"it changed up to {max(flips)} times more than once a movement in {_of(len(flips), found)}, 0 "
                f"allowed: fasten the contact and its wire to {pin}; if the leaf itself jerks, the relay bounces: "
                "check its coil's supply and replace it",
            )


def _drift(found: Measured) -> Iterator[Finding]:
    for way, value in _WAYS:
        times = each(found, value)
        if len(times) < DRIFT_CYCLES:
            continue
        third = len(times) // 3
        first, last = median(times[:third]), median(times[-third:])
        most = max(DRIFT_LEAST_MS, DRIFT_SHARE * first)
        if abs(last - first) > most:
            yield Finding(
                "drifting travel",
                f"{way} took {first:.0f} ms at the beginning and {last:.0f} ms at the end, at most {most:.0f} ms "
                "apart: the drive warms up or a bearing binds: oil and adjust it, then measure again with more cycles",
            )


def _line(found: Measured, seen: Figures) -> Iterator[Finding]:
    line = found.line
    if line.missed_share > MISSED_MOST:
        wants = line.missed + len(line.answers_ms)
        yield Finding(
            "missed answers",
            f"{line.missed} of {wants} Wants were not answered ({line.missed_share:.1%}), at most {MISSED_MOST:.0%}: "
            "check plugs, ground wire and cable length, and for a converter that loses bytes",
        )
    if seen.answer and seen.answer.p95_ms > SLOW_S * 1000:
        yield Finding(
            "slow answers",
            f"5 in 100 came after {seen.answer.p95_ms:.0f} ms or later, at most {SLOW_S * 1000:.0f} ms: look for a "
            "network converter or another program on the line",
        )


def _walks(found: Measured) -> Iterator[Finding]:
    if not found.plan.walk:
        return
    for name, wrong, advice in _WALKS:
        cycles = [cycle.number for cycle in found.cycles if wrong(cycle)]
        if cycles:
            numbers = ", ".join(map(str, cycles[:5])) + (" …" if len(cycles) > 5 else "")
            yield Finding(name, f"in {_of(len(cycles), found)} ({numbers}), 0 allowed: {advice}")


_WALKS: Sequence[tuple[str, Callable[[Cycle], bool], str]] = (
    (
        "counted in reverse",
        lambda cycle: cycle.reverse > 0,
        "walk from the entry to the exit; if you did, the beams are swapped: exchange the wires at PD6 and PD7",
    ),
    (
        "counted as doubtful",
        lambda cycle: cycle.doubtful > 0,
        "walk alone, without luggage, at a steady pace; if you did, presence does not cover both beams from before the "
        "first to after the last, or a beam is not at hip height: adjust the sensors",
    ),
    ("more than one passage", lambda cycle: cycle.forward > 1, "walk through once in each cycle"),
    (
        "nobody counted",
        lambda cycle: not (cycle.forward or cycle.reverse or cycle.doubtful),
        "walk through as soon as the leaf is open; if you did, check the beams at PD6 and PD7",
    ),
)


def _of(count: int, found: Measured) -> str:
    return f"{count} of {len(found.cycles)} cycles"


def _opens(cycle: Cycle) -> float | None:
    return cycle.opens_ms


def _closes(cycle: Cycle) -> float | None:
    return cycle.closes_ms


_WAYS = (("opening", _opens), ("closing", _closes))


def _moves(cycle: Cycle) -> float | None:
    return cycle.moves_ms


def _flips_closed(cycle: Cycle) -> int:
    return cycle.flips.closed


def _flips_open(cycle: Cycle) -> int:
    return cycle.flips.open
