"""Who may pass once in spite of what the policy says, because a named person said so."""

from dataclasses import dataclass

from sqlalchemy import Connection, Select, String, bindparam, select

from backend.clock import SKEW_MS
from backend.store.portable import Given, row_of
from backend.store.schema import allowances
from backend.store.travelers import same_person

_SPENT = allowances.update().where(
    allowances.c.journey == bindparam("here"),
    allowances.c.traveler.in_(same_person(bindparam("who", type_=String()))),
    allowances.c.used_by.is_(None),
)
VALID_MS = 600_000  # ten minutes: long enough to walk back to the gate


@dataclass(frozen=True, slots=True)
class Allowance:
    """See the table.  alert: that it answers, None for an override."""

    allowance: str
    journey: str
    traveler: str
    given_by: str
    reason: str
    alert: str | None
    given_utc_ms: int
    until_utc_ms: int


def give(db: Connection, allowance: Allowance) -> None:
    db.execute(allowances.insert(), row_of(allowance))


def usable(db: Connection, journey: str, traveler: str, now_utc_ms: int) -> str | None:
    """The allowance a traveller may still use here, the one that ends first."""
    return db.execute(next_usable(journey, traveler, now_utc_ms)).scalar_one_or_none()


def next_usable(journey: Given[str], traveler: Given[str], now_utc_ms: Given[int]) -> Select[str]:
    until = allowances.c.until_utc_ms
    unused = allowances.c.used_by.is_(None) & (until > now_utc_ms) & (until <= now_utc_ms + (VALID_MS + SKEW_MS))
    found = select(allowances.c.allowance).where(
        allowances.c.journey == journey, allowances.c.traveler == traveler, unused
    )
    return found.order_by(allowances.c.until_utc_ms, allowances.c.allowance).limit(1)


def spend(db: Connection, journey: str, traveler: str, by: str) -> None:
    """Everything the traveler has left on this journey, by whichever document.  by: an alert, or an encounter."""
    db.execute(_SPENT, {"here": journey, "who": traveler, "used_by": by})


def use(db: Connection, allowance: str, decision: str) -> bool:
    """Spend it on a decision, in the decision's transaction.  False if another decision has."""
    unused = (allowances.c.allowance == allowance) & allowances.c.used_by.is_(None)
    return db.execute(allowances.update().where(unused).values(used_by=decision)).rowcount == 1
