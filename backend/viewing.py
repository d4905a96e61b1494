"""What people are shown of crossings: by port, with a purpose, and every person shown leaves a line in the log."""

from dataclasses import dataclass

from sqlalchemy import Connection

from backend import stays
from backend.access import CASE
from backend.biographic import Biographic
from backend.caller import Caller
from backend.daily import Daily
from backend.errors import KeyGone, Refused
from backend.keys import RECORDS, KeyRing
from backend.stays import Move
from backend.store import audit, crossings, journeys, outbox, reconciliations, travelers
from backend.store.audit import by
from backend.store.crossings import Crossing
from backend.store.reconciliations import Open


@dataclass(frozen=True, slots=True)
class Seen:
    """name: "" once the systems of record hold it, and of a protected traveller unless it is for a case."""

    crossing: Crossing
    name: str
    queued_for: tuple[str, ...]
    protected: bool


def crossings_of(db: Connection, keys: KeyRing, who: Caller, journey: str, now_utc_ms: int) -> list[Seen]:
    """Raises Refused for an unknown journey, NotAllowed for one seen at another port."""
    run = journeys.find(db, journey)
    if run is None:
        raise Refused(f"journey {journey} is unknown")
    who.require(run.port)
    queued, found = outbox.queued(db), crossings.of_journey(db, journey)
    audit.note(db, by(who, now_utc_ms, "crossings.searched", journey, run.port, f"{len(found)} found"))
    hidden = travelers.protected(db, journey)
    shown = [_seen(keys, who, one, queued.get(one.crossing, ()), one.traveler in hidden) for one in found]
    for one in shown:
        result = "protected" if one.protected and one.name else ""
        audit.note(db, by(who, now_utc_ms, "crossing.viewed", one.crossing.crossing, one.crossing.port, result))
    return shown


def _seen(keys: KeyRing, who: Caller, of: Crossing, queued_for: tuple[str, ...], protected: bool) -> Seen:
    name = "" if protected and who.purpose != CASE else _name(keys, of)
    return Seen(of, name, queued_for, protected)


def overstays(db: Connection, who: Caller, port: str, now_utc_ms: int) -> list[Move]:
    """port: "" for every port of the caller's.  Raises NotAllowed for another's."""
    if port:
        who.require(port)
    found = [move for move in stays.overstays(db, now_utc_ms, port) if who.holds_at(move.port)]
    audit.note(db, by(who, now_utc_ms, "overstays.searched", "", port, f"{len(found)} found"))
    for move in found:
        audit.note(db, by(who, now_utc_ms, "overstay.viewed", move.crossing, move.port))
    return found


def disagreements(db: Connection, who: Caller, now_utc_ms: int) -> list[Open]:
    """At the caller's ports."""
    found = [one for one in reconciliations.still_open(db) if who.holds_at(one.port)]
    for one in found:
        audit.note(db, by(who, now_utc_ms, "reconciliation.viewed", one.crossing, one.port))
    return found


def _name(keys: KeyRing, of: Crossing) -> str:
    """Of a record whose key is gone nothing is shown but ids."""
    try:
        return Biographic.unpack(Daily(keys, RECORDS).open(of.sealed, of.crossing)).name if of.sealed else ""
    except KeyGone:
        return ""
