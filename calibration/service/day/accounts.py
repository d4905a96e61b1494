"""What the day must have left behind, beside what it did leave."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from calibration.service.day.gates import Books
from calibration.service.day.plan import CROSSED, Fate, Flight


@dataclass(slots=True)
class Ended:
    """What is found at the end of the day, and after the purge two weeks later.

    crossings: (traveler, kind) of each that stands.  effects: of each system of record, how often it did what.
    """

    books: Books
    crossings: list[tuple[str, str]] = field(default_factory=list)
    effects: dict[str, Counter[str]] = field(default_factory=dict)
    decisions: int = 0
    officer_decisions: int = 0
    alerts: int = 0
    adjudicated: int = 0
    told_to_log: int = 0  # crossings in the audit log
    log_problems: int = 0
    waiting: int = 0  # in the outbox
    sealed_copies: int = 0  # of records all systems hold
    names_left: int = 0  # after the purge, with templates, images and keys
    purged: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    expected: int
    found: int


def accounted(planned: Sequence[Flight], ended: Ended) -> list[Row]:
    wanted = Counter(
        (one.traveler, CROSSED[one.fate]) for flight in planned for one in flight.passengers if one.fate in CROSSED
    )
    found, crossings = Counter(ended.crossings), len(ended.crossings)
    seconds = sum(one.fate is Fate.TWO_GATES for flight in planned for one in flight.passengers)
    each = Counter(traveler for traveler, _ in ended.crossings)
    rows = [
        Row("crossings", wanted.total(), crossings),
        Row("crossings that are those planned, by traveller and kind", wanted.total(), (wanted & found).total()),
        Row("travellers recorded twice", 0, each.total() - len(each)),
        Row("crossings in the audit log", crossings, ended.told_to_log),
        Row("breaks of the audit log", 0, ended.log_problems),
        Row("answers kept, and second passages told of", len(ended.books.asked) + seconds, ended.decisions),
        Row("alerts, of answers an officer must be told", ended.officer_decisions, ended.alerts),
        Row("alerts adjudicated", ended.alerts, ended.adjudicated),
        Row("messages still waiting", 0, ended.waiting),
        Row("records of ours that every system holds", 0, ended.sealed_copies),
        Row("journeys purged after fourteen days", len(planned), ended.purged),
        Row("names, templates, images and keys left then", 0, ended.names_left),
    ]
    biometric = sum(
        CROSSED.get(one.fate) == "biometric" and not one.citizen for flight in planned for one in flight.passengers
    )
    for system, effects in ended.effects.items():
        wants = biometric if system == "ident" else crossings  # the repository takes live images of non-citizens
        rows.append(Row(f"crossings {system} knows", wants, len(effects)))
        rows.append(Row(f"crossings {system} was told twice in effect", 0, effects.total() - len(effects)))
    return rows
