"""Whom a policy set has photographed and recorded (SCOPE).  A set is data with a date; a decision names its version."""

from dataclasses import dataclass
from datetime import date

OLD_AGES = (14, 79)


@dataclass(frozen=True, slots=True)
class PolicySet:
    """ages: whose photos are compared, in whole years, both ends in.  Others go by documents.
    fingerprint_ages: as `ages`, for fingerprints.  citizens_voluntary: a citizen may decline.
    records_citizens: whether a citizen's photo goes to the repository.
    exempt_nationalities, exempts_diplomats: non-citizens who are compared as everybody is, but not recorded."""

    version: str
    since: date
    ages: tuple[int, int] | None
    fingerprint_ages: tuple[int, int]
    citizens_voluntary: bool
    records_citizens: bool
    exempt_nationalities: frozenset[str]
    exempts_diplomats: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """photographed: a photo is taken and compared.  recorded: a crossing with its image goes to the repository."""

    citizen: bool
    photographed: bool
    recorded: bool


SETS = (
    PolicySet(
        version="2017",
        since=date(2017, 6, 1),
        ages=OLD_AGES,
        fingerprint_ages=OLD_AGES,
        citizens_voluntary=False,
        records_citizens=False,
        exempt_nationalities=frozenset({"CAN"}),
        exempts_diplomats=True,
    ),
    PolicySet(
        version="2025-12-26",
        since=date(2025, 12, 26),
        ages=None,
        fingerprint_ages=OLD_AGES,
        citizens_voluntary=True,
        records_citizens=False,
        exempt_nationalities=frozenset(),
        exempts_diplomats=False,
    ),
)


def set_on(day: date) -> PolicySet:
    """The set in force.  Raises ValueError for a day before the first."""
    in_force = [one for one in SETS if one.since <= day]
    if not in_force:
        raise ValueError(f"no policy set was in force on {day}; the first is of {SETS[0].since}")
    return in_force[-1]


def scope(
    rules: PolicySet, nationality: str, born: date | None, country: str, day: date, *, diplomat: bool = False
) -> Scope:
    """nationality and country: ISO three-letter codes or ICAO's own; "" for a nationality that is not known.

    Whose nationality nobody knows may be a citizen, and is kept as one: recorded nowhere (RET-1).  Who does not say how
    old he is counts as within the ages.
    """
    held = nationality.upper()
    citizen = held in (country, "")
    exempt = held in rules.exempt_nationalities or (diplomat and rules.exempts_diplomats)
    photographed = _within(rules.ages, age(born, day))
    recorded = rules.records_citizens if citizen else not exempt
    return Scope(citizen, photographed, recorded=photographed and recorded)


def fingerprinted(rules: PolicySet, born: date | None, day: date) -> bool:
    """Whether fingerprints may be asked for; where nobody has photographs exempted any more, these still are."""
    return _within(rules.fingerprint_ages, age(born, day))


def age(born: date | None, day: date) -> int | None:
    """In whole years; who was born on 29 February is a year older on 1 March.  None for a birth that is not known,
    or has not been yet."""
    if born is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _within(ages: tuple[int, int] | None, years: int | None) -> bool:
    return ages is None or years is None or ages[0] <= years <= ages[1]
