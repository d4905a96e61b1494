"""Every reason to hold a traveler × what the carrier or an officer does next × every path to an open gate (HUM-3)."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from backend import alerts
from backend.errors import Refused
from backend.keys import KeyRing
from backend.store import journeys, schema, travelers
from calibration.service.deciding import NOW
from calibration.service.figure import Figure
from calibration.service.held_flight import ESCALATE_S, Flight
from calibration.service.stores import KINDS, scratch

# Written apart from the rules.  open: passes, nobody is told.  H: held, an officer is told that it is somebody of the
# hotlist or stopped.  D: held, told as a duplicate.  shut: held, and no officer is needed.  A list that names somebody
# again makes who was removed expected again, and a cancelled flight one that runs; after closed doors it is refused.
WANTED = """
             nothing  seat  name  document  second  gate  override
nobody       open     open  open  open      open    open  open
hotlisted    H        H     H     H         H       H     open
intercepted  H        H     H     H         H       H     open
removed      shut     open  open  open      open    shut  shut
closed       shut     shut  shut  shut      shut    shut  shut
cancelled    shut     open  open  open      open    shut  shut
crossed      D        D     D     D         D       D     open
"""
PATHS = ("face", "claim", "documents", "unasked", "unasked, passage in doubt")
UNASKED = {"open": "", "H": "held_boarded", "D": "duplicate", "shut": "held_boarded"}  # reasons of the alerts
ASKED = {"open": "", "H": "hotlist", "D": "duplicate", "shut": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    reason: str
    change: str
    path: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.reason}, then {self.change}, by {self.path}"


def cells() -> list[Cell]:
    head, *rows = (line.split() for line in WANTED.strip().splitlines())
    table = [(row[0], change, wanted) for row in rows for change, wanted in zip(head, row[1:], strict=True)]
    return [Cell(reason, change, path, wanted) for (reason, change, wanted), path in itertools.product(table, PATHS)]


def figures(_: bool) -> Iterator[Figure]:
    for kind in KINDS:
        tried = cells()
        with scratch(kind) as store, store.engine.begin() as db:
            wrong = list(wrongs(db, store.keys, tried))
        words = "; ".join(wrong[:3]) or "reason × what comes next × path: as the table says, and an officer told"
        yield Figure("HUM-3", "paths to an open gate", kind, len(tried), len(wrong), words)


def wrongs(db: Connection, keys: KeyRing, tried: list[Cell]) -> Iterator[str]:
    """What came out otherwise than the table says."""
    for number, cell in enumerate(tried, 1):
        flight = Flight(db, keys, number)
        _stand(flight, cell)
        with contextlib.suppress(Refused):  # closed doors: the list changes nothing
            _change(flight, cell.change)
        before = len(_alerts(flight))
        opened = _open(flight, cell.path)
        raised = _alerts(flight)[before:]
        if (opened, raised) != expected(cell):
            yield f"{cell}: {'opened' if opened else 'held'}, alerts {raised}"


def expected(cell: Cell) -> tuple[bool, list[str]]:
    """Whether the gate opens, and the reasons of the alerts."""
    unasked = cell.path.startswith("unasked")
    reason = (UNASKED if unasked else ASKED)[cell.wanted]
    return unasked or cell.wanted == "open", [reason] if reason else []


def _stand(flight: Flight, cell: Cell) -> None:
    match cell.reason:
        case "hotlisted":
            flight.stand_against(flight.other if cell.change == "second" else flight.passport)
        case "intercepted":
            flight.intercept()
        case "removed":
            travelers.remove(flight.db, flight.traveler)
        case "closed":
            journeys.close(flight.db, flight.journey, NOW)
        case "cancelled":
            journeys.cancel(flight.db, flight.journey)
        case "crossed":
            flight.board_unasked()


def _change(flight: Flight, change: str) -> None:
    match change:
        case "seat":
            flight.list_(seat="30F", again=True)
        case "name":
            flight.list_(given="ANNE MARIE", again=True)
        case "document":
            flight.list_(documents=(flight.other,), again=True)
        case "second":
            flight.list_(documents=(flight.passport, flight.other), again=True)
        case "gate":
            flight.gate = "G2"
            journeys.assign(flight.db, flight.gate, flight.journey)
        case "override":
            flight.override()


def _open(flight: Flight, path: str) -> bool:
    match path:
        case "face":
            return flight.face_check()[-1].directive == "proceed"
        case "claim":
            return flight.face_check(claimed=True)[-1].directive == "proceed"
        case "documents":
            return flight.documents_check()[-1].directive == "proceed"
        case "unasked":
            flight.board_unasked()
        case _:
            flight.board_unasked("not_boarded")
    return True


def _alerts(flight: Flight) -> list[str]:
    """Reasons of all about this flight, in order."""
    alerts.look(flight.db, 0, NOW + 2, ESCALATE_S)
    here = select(schema.alerts.c.reason).where(schema.alerts.c.journey == flight.journey)
    return list(flight.db.execute(here.order_by(schema.alerts.c.raised_utc_ms)).scalars())
