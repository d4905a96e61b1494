"""Who travels on the day, from which gate, and what will happen to each: the truth the records are held against."""

import random
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from calibration.service.journeys import vectors

HOUR_MS = 3_600_000
START_MS = 1_790_035_200_000  # 2026-09-22 00:00 UTC
PORTS = ("JFK", "EWR", "IAD", "MIA", "BOS", "PHL")
BOARDING_MS = 40 * 60_000


class Fate(StrEnum):
    """What happens to a traveller on the day."""

    CROSSES = "crosses at the first look"
    LOOKS_AGAIN = "crosses at the second look"
    NO_PHOTO = "has no photo on file and boards by documents"
    OPTS_OUT = "opts out and boards by documents"
    NO_SHOW = "does not come"
    REMOVED = "is taken off the manifest"
    RELEASED = "is on the hotlist and released"
    INTERCEPTED = "is on the hotlist and intercepted"
    TWO_GATES = "is claimed by two gates at once"
    TURNS_BACK = "turns back in the gate and crosses later"
    REPEATED = "crosses, and the gate asks and reports everything twice"
    COMES_BACK = "crosses and tries to board again"


CROSSED = {
    Fate.CROSSES: "biometric",
    Fate.LOOKS_AGAIN: "biometric",
    Fate.NO_PHOTO: "biographic",
    Fate.OPTS_OUT: "biographic",
    Fate.RELEASED: "biometric",
    Fate.TWO_GATES: "biometric",
    Fate.TURNS_BACK: "biometric",
    Fate.REPEATED: "biometric",
    Fate.COMES_BACK: "biometric",
}  # the kind of crossing, of those who cross
WEIGHTS = {
    Fate.CROSSES: 840, Fate.LOOKS_AGAIN: 40, Fate.NO_PHOTO: 25, Fate.OPTS_OUT: 15, Fate.NO_SHOW: 25, Fate.REMOVED: 10,
    Fate.RELEASED: 2, Fate.INTERCEPTED: 1, Fate.TWO_GATES: 10, Fate.TURNS_BACK: 10, Fate.REPEATED: 15,
    Fate.COMES_BACK: 7,
}  # fmt: skip


@dataclass(slots=True)
class Passenger:
    """traveler: the id the service gave."""

    number: str
    seat: str
    citizen: bool
    fate: Fate
    traveler: str = ""


@dataclass(slots=True)
class Flight:
    """wave: which of its gate's flights, from 0.  vectors: (n, 128), one enrolled template each."""

    name: str
    port: str
    gate: str
    wave: int
    passengers: list[Passenger]
    vectors: NDArray[np.float32] = field(repr=False)
    journey: str = ""

    @property
    def departs_ms(self) -> int:
        return START_MS + (10 + 4 * self.wave) * HOUR_MS

    @property
    def boards_ms(self) -> int:
        return self.departs_ms - BOARDING_MS


def plan(flights: int, size: int, gates: int, seed: int = 1) -> list[Flight]:
    """The same seed gives the same day."""
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    return [_flight(i, size, gates, rng, vectors(numbers, size)) for i in range(flights)]


def _flight(number: int, size: int, gates: int, rng: random.Random, drawn: NDArray[np.float32]) -> Flight:
    at = number % gates
    name, port = f"XX{number + 1:04}", PORTS[at % len(PORTS)]
    people = [_passenger(number, i, rng) for i in range(size)]
    return Flight(name, port, f"{port}-{at + 1}", number // gates, people, drawn)


def _passenger(flight: int, at: int, rng: random.Random) -> Passenger:
    fate = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    citizen = fate is Fate.OPTS_OUT or rng.random() < 0.4  # only a citizen may opt out
    return Passenger(f"N{flight:04}{at:04}", f"{at // 6 + 1}{'ABCDEF'[at % 6]}", citizen, fate)


def manifest(flight: Flight) -> bytes:
    """The carrier's PAXLST, D:12B."""
    day = np.datetime64(flight.departs_ms, "ms").astype(object)
    people = [_nad(one) for one in flight.passengers]
    body = [
        "UNH+1+PAXLST:D:12B:UN:IATA'",
        "BGM+745'",
        f"TDT+20+{flight.name}'",
        f"LOC+125+{flight.port}'",
        f"DTM+189:{day:%y%m%d%H%M}:201'",
        "LOC+87+LHR'",
        *people,
        f"CNT+42:{len(people)}'",
    ]
    segments = sum(part.count("'") for part in body) + 1
    head = "UNA:+.? 'UNB+UNOA:4+XX+GOV+260921:0800+" + flight.name + "'"
    return (head + "".join(body) + f"UNT+{segments}+1'UNZ+1+{flight.name}'").encode()


def _nad(one: Passenger) -> str:
    nation = "USA" if one.citizen else "UTO"
    return (
        f"NAD+FL+++SPECIMEN:{one.number}'ATT+2++X'DTM+329:800101'NAT+2+{nation}'RFF+SEA:{one.seat}'"
        f"DOC+P+{one.number}'DTM+36:300101'LOC+91+{nation}'"
    )
