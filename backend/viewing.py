"""What people are shown of crossings: by port, with a purpose, and every person shown leaves a line in the log."""

from dataclasses import dataclass

from sqlalchemy import Connection

from backend import stays
from backend.access import CASE
from backend.acting import Acting
from backend.biographic import Biographic
from backend.daily import Daily
from backend.errors import KeyGone, Refused
from backend.keys import RECORDS
from backend.stays import Move
from backend.store import crossings, journeys, outbox, reconciliations, travelers
from backend.store.crossings import Crossing
from backend.store.reconciliations import Open


@dataclass(frozen=True, slots=True)
class Seen:
    """name: "" once the systems of record hold it, and of a protected traveller unless it is for a case."""

    crossing: Crossing
    name: str
    queued_for: tuple[str, ...]
    protected: bool


def crossings_of(db: Connection, acting: Acting, journey: str) -> list[Seen]:
    """Raises Refused for an unknown journey, NotAllowed for one seen at another port."""
    run = journeys.find(db, journey)
    if run is None:
        raise Refused(f"journey {journey} is unknown")
    acting.who.require(run.port)
    found = crossings.of_journey(db, journey)
    queued = outbox.queued(db, [one.crossing for one in found])
    acting.note(db, "crossings.searched", journey, run.port, f"{len(found)} found")
    hidden, sealed_by = travelers.protected(db, journey), Daily(acting.keys, RECORDS)
    shown = []
    for of in found:
        protected = of.traveler in hidden
        name = "" if protected and acting.who.purpose != CASE else _name(sealed_by, of)
        shown.append(Seen(of, name, queued.get(of.crossing, ()), protected))
        acting.note(db, "crossing.viewed", of.crossing, of.port, "protected" if protected and name else "")
    return shown


def overstays(db: Connection, acting: Acting, port: str) -> list[Move]:
    """port: "" for every port of the caller's.  Raises NotAllowed for another's."""
    if port:
        acting.who.require(port)
    found = [move for move in stays.overstays(db, acting.now_utc_ms, port) if acting.who.holds_at(move.port)]
    acting.note(db, "overstays.searched", "", port, f"{len(found)} found")
    for move in found:
        acting.note(db, "overstay.viewed", move.crossing, move.port)
    return found


def disagreements(db: Connection, acting: Acting) -> list[Open]:
    """At the caller's ports."""
    found = [one for one in reconciliations.still_open(db) if acting.who.holds_at(one.port)]
    for one in found:
        acting.note(db, "reconciliation.viewed", one.crossing, one.port)
    return found


def _name(sealed_by: Daily, of: Crossing) -> str:
    """Of a record whose key is gone nothing is shown but ids."""
    try:
        return Biographic.unpack(sealed_by.open(of.sealed, of.crossing)).name if of.sealed else ""
    except KeyGone:
        return ""
