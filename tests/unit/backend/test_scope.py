"""Whom a policy set has photographed and recorded."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.rules.scope import SETS, Scope, age, fingerprinted, scope, set_on

OLD, NEW = SETS
DAY = date(2026, 3, 10)
ALL, COMPARED, NEITHER = Scope(False, True, True), Scope(False, True, False), Scope(False, False, False)


def born(years: int, *, days: int = 0) -> date:
    """Somebody who turned so many years on DAY, days later."""
    return DAY.replace(year=DAY.year - years) + timedelta(days=days)


def of(rules_old: bool, nationality: str, birth: date | None, *, diplomat: bool = False) -> Scope:
    return scope(OLD if rules_old else NEW, nationality, birth, "USA", DAY, diplomat=diplomat)


@pytest.mark.parametrize(
    ("birth", "old"),
    [
        (born(14, days=1), NEITHER),  # 13, fourteen tomorrow
        (born(14), ALL),
        (born(79), ALL),
        (born(80, days=1), ALL),  # 79, eighty tomorrow
        (born(80), NEITHER),
        (born(0), NEITHER),
        (None, ALL),
        (born(0, days=1), ALL),  # a birth to come is a mistake, not an age
    ],
)
def test_scope_the_ages_of_2017_end_with_the_set_of_2025(birth: date | None, old: Scope) -> None:
    assert of(True, "UTO", birth) == old
    assert of(False, "UTO", birth) == ALL


def test_scope_diplomats_and_canadians_are_recorded_since_2025() -> None:
    assert of(True, "CAN", born(40)) == of(True, "UTO", born(40), diplomat=True) == COMPARED
    assert of(False, "CAN", born(40)) == of(False, "UTO", born(40), diplomat=True) == ALL


@pytest.mark.parametrize("rules", SETS)
@pytest.mark.parametrize("nationality", ["USA", "usa"])
def test_ret1_a_citizen_is_compared_but_never_recorded(rules: object, nationality: str) -> None:
    old = rules is OLD
    assert of(old, nationality, born(40)) == of(old, nationality, born(40), diplomat=True) == Scope(True, True, False)


@given(st.dates(date(1900, 1, 1), DAY), st.sampled_from(["UTO", "CAN", "USA"]), st.booleans())
def test_scope_nobody_non_citizen_is_exempt_from_the_set_of_2025(birth: date, nationality: str, diplomat: bool) -> None:
    found = of(False, nationality, birth, diplomat=diplomat)
    assert found == (Scope(True, True, False) if nationality == "USA" else ALL)


@pytest.mark.parametrize("old", [True, False])
def test_ret1_whose_nationality_is_not_known_is_kept_as_a_citizen_and_never_recorded(old: bool) -> None:
    assert of(old, "", born(40)) == of(old, "", born(40), diplomat=True) == Scope(True, True, False)


def test_scope_fingerprints_keep_the_old_exemptions() -> None:
    ages = [fingerprinted(rules, born(years), DAY) for rules in SETS for years in (13, 14, 79, 80)]
    assert ages == [False, True, True, False] * 2


@pytest.mark.parametrize(
    ("day", "years"),
    [(date(2026, 2, 27), 13), (date(2026, 2, 28), 13), (date(2026, 3, 1), 14), (date(2028, 2, 29), 16)],
)
def test_who_was_born_on_a_leap_day_is_a_year_older_on_the_first_of_march(day: date, years: int) -> None:
    assert age(date(2012, 2, 29), day) == years


def test_a_set_is_in_force_from_its_day() -> None:
    days = [date(2017, 6, 1), date(2025, 12, 25), date(2025, 12, 26), date(2030, 1, 1)]
    assert [set_on(day).version for day in days] == ["2017", "2017", "2025-12-26", "2025-12-26"]
    with pytest.raises(ValueError, match="2017-06-01"):
        set_on(date(2017, 5, 31))
