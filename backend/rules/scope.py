"""Whom a policy set has photographed and recorded (SCOPE).  A set is data with a date; a decision names its version."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PolicySet:
    """ages: whose photos are compared, in whole years, both ends in.  Others go by documents.
    citizens_voluntary: a citizen may decline.  records_citizens: whether a citizen's photo goes to the repository."""

    version: str
    since: date
    ages: tuple[int, int] | None
    citizens_voluntary: bool
    records_citizens: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """photographed: a photo is taken and compared.  recorded: a crossing with its image goes to the repository."""

    citizen: bool
    photographed: bool
    recorded: bool


SETS = (
    PolicySet("2017", date(2017, 6, 1), (14, 79), citizens_voluntary=False, records_citizens=False),
    PolicySet("2025-12-26", date(2025, 12, 26), None, citizens_voluntary=True, records_citizens=False),
)


def set_on(day: date) -> PolicySet:
    """The set in force.  Raises ValueError for a day before the first."""
    in_force = [one for one in SETS if one.since <= day]
    if not in_force:
        raise ValueError(f"no policy set was in force on {day}; the first is of {SETS[0].since}")
    return in_force[-1]


def scope(rules: PolicySet, nationality: str, born: date | None, country: str, day: date) -> Scope:
    """nationality and country: ICAO three-letter codes.  Who does not say how old he is counts as within the ages."""
    citizen = nationality.upper() == country
    years = None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    aged = rules.ages is None or years is None or rules.ages[0] <= years <= rules.ages[1]
    return Scope(citizen, photographed=aged, recorded=aged and (rules.records_citizens or not citizen))
