"""A message to the runs it is about: one for each leg that touches the country, with who travels on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from backend.manifests.findings import Finding, Unusable
from backend.manifests.messages import Leg, Listing, Message, Person
from backend.manifests.places import place, utc_ms
from backend.rules.scope import PolicySet, set_on

DAY_MS = 24 * 3_600_000
MOST_AHEAD_DAYS = 30  # a list of a day that far off is a mistake, and nothing would be kept for so long
MOST_OVER_DAYS = 2
LONGEST_DAYS = 30  # no leg takes longer


@dataclass(frozen=True, slots=True)
class Run:
    """direction: out, in, or "" where nobody leaves or enters the country.  listing: whom the message lists."""

    key: str
    leg: Leg
    direction: str
    departs_utc_ms: int | None
    arrives_utc_ms: int | None
    day: date
    policy: PolicySet
    people: tuple[Person, ...]
    listing: Listing = Listing.PASSENGERS


def runs(message: Message, country: str, found: list[Finding], now_utc_ms: int) -> list[Run]:
    """country: ISO 3166 alpha-3.  Raises Unusable where no leg can be placed in it, or none of about now."""
    loop, spans = _closed_loop(message.legs, country), _spans(message, found)
    read = []
    for at, leg in enumerate(message.legs):
        if leg.overflight or country not in _countries(leg):
            continue
        if not leg.key:
            found.append(_at(message, "a leg without a number, a port or a day of departure cannot be expected"))
            continue
        people = tuple(one for one, (on, off) in zip(message.travelers, spans, strict=True) if on <= at <= off)
        run = _run(message, leg, people, found)
        if (why := _untimely(run, now_utc_ms)) is not None:
            found.append(_at(message, why))
            continue
        read.append(replace(run, direction="" if loop else _direction(leg, country)))
    if not read:
        why = next((f" ({one})" for one in found if one.segment in ("TDT", "LOC", "DTM")), "")
        raise Unusable(_at(message, f"no leg begins or ends in {country} at a port that is known, about now{why}"))
    return read


def _run(message: Message, leg: Leg, people: tuple[Person, ...], found: list[Finding]) -> Run:
    day = date.fromisoformat(leg.departure[:10])
    try:
        policy = set_on(day)
    except ValueError as error:
        raise Unusable(_at(message, str(error))) from error
    departs = _time(message, leg.departure_port, leg.departure, found)
    arrives = _time(message, leg.arrival_port, leg.arrival, found)
    return Run(leg.key, leg, "", departs, arrives, day, policy, people, message.listing)


def _untimely(run: Run, now_utc_ms: int) -> str | None:
    """Why nobody is expected: it leaves in too many days, or was over days ago.  A long voyage is over when it ends."""
    day_ms = int(datetime(run.day.year, run.day.month, run.day.day, tzinfo=UTC).timestamp() * 1000)
    earliest_ms, latest_ms = (day_ms, day_ms + DAY_MS) if run.departs_utc_ms is None else (run.departs_utc_ms,) * 2
    if earliest_ms > now_utc_ms + MOST_AHEAD_DAYS * DAY_MS:
        return f"departure {run.leg.departure} is more than {MOST_AHEAD_DAYS} days ahead; not expected, send it later"
    over_ms = max(latest_ms, min(run.arrives_utc_ms or 0, latest_ms + LONGEST_DAYS * DAY_MS))
    if over_ms < now_utc_ms - MOST_OVER_DAYS * DAY_MS:
        return f"departure {run.leg.departure} was more than {MOST_OVER_DAYS} days ago; not expected, check the date"
    return None


def _time(message: Message, port: str, told: str, found: list[Finding]) -> int | None:
    if not told:
        return None
    at = utc_ms(port, datetime.fromisoformat(told)) if "T" in told else None
    if at is None:
        why = "no time of day is told" if "T" not in told else "the clock of the port is not known"
        found.append(_at(message, f"{port or 'a port'}: {why}; the journey has no time"))
    return at


def _countries(leg: Leg) -> tuple[str, str]:
    start, end = place(leg.departure_port), place(leg.arrival_port)
    return (start.country if start else "", end.country if end else "")


def _direction(leg: Leg, country: str) -> str:
    start, end = _countries(leg)
    if start == end:
        return ""
    return "out" if start == country else "in"


def _closed_loop(legs: Sequence[Leg], country: str) -> bool:
    """A voyage that ends in the country it began in: whoever is aboard never left (SEA-1)."""
    sailed = [leg for leg in legs if leg.mode == "sea"]
    return len(sailed) > 1 and _countries(sailed[0])[0] == _countries(sailed[-1])[1] == country


def _spans(message: Message, found: list[Finding]) -> list[tuple[int, int]]:
    """The first and last leg of each traveller, by where they get on and off; ports that are not on the route mean from
    its begin, or to its end."""
    last = len(message.legs) - 1
    first_from = {leg.departure_port: at for at, leg in reversed(list(enumerate(message.legs)))}
    last_to = {leg.arrival_port: at for at, leg in enumerate(message.legs)}
    spans = []
    for person in message.travelers:
        on = first_from.get(person.embarks, 0) if person.embarks else 0
        off = last_to.get(person.debarks, last) if person.debarks else last
        if on > off:
            where = Finding("LOC", person.position, person.line, "gets off before getting on; expected on every leg")
            found.append(where)
            on, off = 0, last
        spans.append((on, off))
    return spans


def _at(message: Message, problem: str) -> Finding:
    return Finding("TDT", message.where.position, message.where.line, problem)
