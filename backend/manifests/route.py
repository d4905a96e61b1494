"""TDT, LOC and DTM to legs: pairs of ports or a chain of them, as both are found in the wild.

LOC 125 last departure, 87 first arrival, 92 progressive, 130 final destination; the older form has 5, PT and 8.
DTM 189 scheduled departure, 232 scheduled arrival.  TDT 20 main, 34 overflight; mode by code list 8067.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from backend.manifests.dates import moment
from backend.manifests.findings import Finding
from backend.manifests.messages import Leg
from backend.manifests.places import place
from backend.manifests.segments import Segment

MODES = {"1": "sea", "2": "rail", "3": "bus", "4": "air", "8": "sea", "40": "air"}  # 40: the older form's air
STAGES = ("", "10", "11", "12", "13", "20", "30", "34")  # 11: at the border, as vehicles send it
OVERFLIGHT = "34"
DEPARTS, ARRIVES = ("189", "133", "136"), ("232", "132")
FROM, BETWEEN, TO = ("125", "5"), ("92", "PT"), ("87", "130", "8")
FLIGHT = re.compile(r"([A-Z]{3}|[A-Z]\d|\d[A-Z]|[A-Z]{2})(\d+[A-Z]?)\Z")


@dataclass(slots=True)
class Call:
    """At a port: when it is left, when it is reached."""

    kind: str
    port: str
    where: Segment
    departs: str = ""
    arrives: str = ""


@dataclass(frozen=True, slots=True)
class Transport:
    carrier: str
    number: str
    mode: str
    vessel: str
    overflight: bool

    def leg(self, start: Call | None, end: Call | None) -> Leg:
        ports = start.port if start else "", end.port if end else ""
        times = start.departs if start else "", end.arrives if end else ""
        return Leg(self.carrier, self.number, self.mode, *ports, *times, self.vessel, self.overflight)


def legs(group: Sequence[Segment], found: list[Finding]) -> list[Leg]:
    """group: a TDT and what follows it."""
    calls = list(_calls(group[1:], found))
    transport = _transport(group[0], calls, found)
    if not calls:
        found.append(group[0].finding("missing: no port; expected LOC+125 and LOC+87", "LOC"))
    made = [transport.leg(start, end) for start, end in _pairs(_in_order(calls))]
    if len(made) == 1:
        made = [_timed(made[0], group, found)]
    for leg in made:
        _check(leg, group[0], found)
    return made


def _transport(tdt: Segment, calls: Sequence[Call], found: list[Finding]) -> Transport:
    older = not tdt.at(0)
    number, carrier = "".join(tdt.code(1).split()), tdt.code(3 if older else 4)
    if tdt.at(0) not in STAGES:
        found.append(tdt.finding(f"transport stage {tdt.at(0)} is not known; read as 20"))
    if not number:
        found.append(tdt.finding("no flight, voyage or run number"))
    if carrier:
        number = number.removeprefix(carrier) or number
    mode = _mode(tdt, calls, found)
    if not carrier and mode == "air" and (split := FLIGHT.match(number)):
        carrier, number = split.groups()
    elif not carrier and mode == "air" and number:
        found.append(tdt.finding("no carrier: the number does not begin with an airline's code"))
    return Transport(carrier, number, mode, tdt.at(7, 3) or tdt.at(7), tdt.at(0) == OVERFLIGHT)


def _mode(tdt: Segment, calls: Sequence[Call], found: list[Finding]) -> str:
    told = tdt.code(2).lstrip("0")
    if told in MODES:
        return MODES[told]
    if told:
        found.append(tdt.finding(f"mode of transport {told} is not known"))
    if any(len(call.port) == 3 for call in calls) or not calls:
        return "air"
    guess = "sea" if tdt.at(7, 3) or tdt.at(7) else "air"
    found.append(tdt.finding(f"no mode of transport; taken for {guess}"))
    return guess


def _calls(segments: Sequence[Segment], found: list[Finding]) -> Iterator[Call]:
    call: Call | None = None
    for segment in segments:
        if segment.tag == "LOC":
            if call is not None:
                yield call
            call = _call(segment, found)
        elif segment.tag == "DTM" and call is not None:
            _time(segment, call, found)
    if call is not None:
        yield call


def _call(segment: Segment, found: list[Finding]) -> Call | None:
    kind, port = segment.code(0).lstrip("0"), _port(segment)
    if kind not in (*FROM, *BETWEEN, *TO):
        found.append(segment.finding(f"place of kind {kind or 'none'} is no part of a route; not read"))
        return None
    if not port:
        found.append(segment.finding("no port"))
        return None
    if place(port) is None:
        found.append(segment.finding("port is not known; expected an airport (IATA) or a UN/LOCODE"))
    return Call(kind, port, segment)


def _port(segment: Segment) -> str:
    """The older form writes an airport after its country; an airport is known by its own three letters."""
    port = "".join(segment.code(1).split())
    return port[2:] if segment.at(1, 1) == "50" and len(port) == 5 else port


def _time(segment: Segment, call: Call, found: list[Finding]) -> None:
    kind = segment.code(0)
    if kind not in (*DEPARTS, *ARRIVES):
        return
    text = segment.at(0, 1) or segment.at(1) + segment.at(2)
    read = moment(text)
    if read is None:
        found.append(segment.finding(f"date {text[:14]!r} cannot be read; expected YYMMDDHHMM (format 201)"))
        return
    if len(text) not in (10, 12, 14):
        found.append(segment.finding("a date without a time of day"))
    if kind in DEPARTS:
        call.departs = read
    else:
        call.arrives = read


def _pairs(calls: Sequence[Call]) -> Iterator[tuple[Call | None, Call | None]]:
    """Who leaves where for where: `start` waits for its arrival, `last` was reached and may be left again."""
    start: Call | None = None
    last: Call | None = None
    for call in calls:
        if start is not None and call.kind not in FROM:
            yield start, call
            start, last = None, call
        elif start is not None:
            yield start, None
            start = call
        elif call.kind in FROM or last is None or _left_again(call, last):
            start = call if call.kind not in TO else None
            if start is None:
                yield None, call
                last = call
        else:
            yield last, call
            last = call
    if start is not None:
        yield start, None


def _in_order(calls: list[Call]) -> list[Call]:
    """Two ports the wrong way round are two ports all the same."""
    return calls[::-1] if [c.kind in FROM for c in calls] == [False, True] and calls[0].kind in TO else calls


def _timed(leg: Leg, group: Sequence[Segment], found: list[Finding]) -> Leg:
    """Of a single leg it is clear which time is which, wherever it stands."""
    for kinds, name in ((DEPARTS, "departure"), (ARRIVES, "arrival")):
        stray = next((s for s in group if s.tag == "DTM" and s.code(0) in kinds), None)
        known = leg.departure if name == "departure" else leg.arrival
        if stray is None or known or (read := moment(stray.at(0, 1))) is None:
            continue
        found.append(stray.finding(f"does not stand behind the port of {name}"))
        leg = replace(leg, departure=read) if name == "departure" else replace(leg, arrival=read)
    return leg


def _left_again(call: Call, last: Call) -> bool:
    """A progressive port told once as reached is told once more as left; in a chain it is told once for both."""
    return call.kind in BETWEEN and (
        call.port == last.port or bool(call.departs and not (call.arrives or last.departs))
    )


def _check(leg: Leg, tdt: Segment, found: list[Finding]) -> None:
    for port, kind in (
        (leg.departure_port, "LOC+125, where it leaves"),
        (leg.arrival_port, "LOC+87, where it arrives"),
    ):
        if not port:
            found.append(tdt.finding(f"missing: expected {kind}", "LOC"))
    if not leg.departure:
        found.append(tdt.finding("missing: expected DTM+189, the scheduled departure", "DTM"))
