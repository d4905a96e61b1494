"""A small day: everything that can happen to a traveller happens on each flight, and every record is accounted for."""

import asyncio

import pytest

from calibration.service.day.accounts import Ended, accounted
from calibration.service.day.plan import Fate, Flight, plan
from calibration.service.day.run import lived

FLIGHTS, GATES = 4, 2  # two waves


@pytest.fixture(scope="module")
def planned() -> list[Flight]:
    flights = plan(FLIGHTS, 2 * len(Fate), GATES)
    for flight in flights:
        for fate, one in zip(Fate, flight.passengers, strict=False):
            one.fate, one.citizen = fate, fate is Fate.OPTS_OUT
    return flights


@pytest.fixture(scope="module")
def ended(planned: list[Flight], tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return asyncio.run(lived(planned, tmp_path_factory.mktemp("day"), lambda _: None))


def test_everyone_fares_as_planned(ended: Ended) -> None:
    assert ended.books.wrong == []


def test_every_record_of_the_day_is_accounted_for(planned: list[Flight], ended: Ended) -> None:
    rows = accounted(planned, ended)
    assert [row for row in rows if row.expected != row.found] == []
    assert min(row.expected for row in rows if row.what.endswith(("adjudicated", "ident knows"))) >= FLIGHTS


def test_a_record_that_is_missing_or_too_many_is_noticed(planned: list[Flight], ended: Ended) -> None:
    (lost, _), *others = ended.crossings
    short = Ended(ended.books, crossings=others, effects=ended.effects)
    assert {"crossings", "crossings tecs knows"} <= {
        row.what for row in accounted(planned, short) if row.expected != row.found
    }
    twice = Ended(ended.books, crossings=[*ended.crossings, (lost, "biographic")])
    assert next(row.found for row in accounted(planned, twice) if row.what == "travellers recorded twice") == 1
