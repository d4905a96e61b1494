"""A wrong record is amended by a named person with a reason, and every system that holds it is told (RED-1)."""

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from backend.caller import Caller
from backend.crossing import Recording, stays_until_utc_ms, systems_for
from backend.daily import Daily
from backend.errors import Refused
from backend.keys import RECORDS
from backend.store import audit, crossings, outbox, reconciliations, travelers
from backend.store.audit import by
from backend.store.crossings import Amendment, Crossing


@dataclass(frozen=True, slots=True)
class Correction:
    """traveler: whose crossing it was, None if there was none.  redress: the traveller's number, "" without one."""

    crossing: str
    reason: str
    redress: str
    traveler: str | None


def correct(db: Connection, how: Recording, who: Caller, wanted: Correction) -> str:
    """Void a crossing, and record another traveller's in its place if it was his; the amendment.

    Raises Refused for a crossing that is unknown or voided, and for a traveller who is not expected on its journey
    or has crossed already; NotAllowed for one of another port; KeyGone for another traveller of a purged journey.
    """
    wrong = _standing(db, who, wanted.crossing)
    if len(wanted.reason.strip()) < 3:
        raise Refused("reason: an amendment says why in at least 3 characters")
    made = Amendment(
        amendment=str(uuid.uuid4()),
        crossing=wrong.crossing,
        what="voided" if wanted.traveler is None else "traveler",
        traveler=wanted.traveler,
        reason=wanted.reason,
        redress=wanted.redress,
        amended_by=who.name,
        amended_utc_ms=how.now_utc_ms,
    )
    crossings.amend(db, made)
    outbox.queue(db, wrong.crossing, outbox.told(db, wrong.crossing), how.now_utc_ms, made.amendment)
    became = f"; became {_reattribute(db, how, wrong, wanted.traveler)}" if wanted.traveler is not None else ""
    redress = "; at the traveller's redress request" if wanted.redress else ""
    audit.note(
        db, by(who, how.now_utc_ms, "crossing.amended", wrong.crossing, wrong.port, f"{made.what}{became}{redress}")
    )
    return made.amendment


def reconcile(db: Connection, how: Recording, who: Caller, crossing: str, ours_stands: bool, reason: str) -> None:
    """Settle a disagreement with the biometric repository: ours stands, or it is voided.

    Raises Refused if there is none that is open, NotAllowed for one of another port.
    """
    held = crossings.find(db, crossing)
    if held is None or not reconciliations.settle(db, crossing, who.name, ours_stands, reason, how.now_utc_ms):
        raise Refused(f"crossing {crossing}: no disagreement about it is open")
    who.require(held.port)
    result = "stands" if ours_stands else "voided"
    audit.note(db, by(who, how.now_utc_ms, "reconciliation.settled", crossing, held.port, result))
    if not ours_stands and held.voided_utc_ms is None:
        correct(db, how, who, Correction(crossing, reason, "", None))


def _standing(db: Connection, who: Caller, crossing: str) -> Crossing:
    held = crossings.find(db, crossing)
    if held is None:
        raise Refused(f"crossing {crossing} is unknown")
    who.require(held.port)
    if held.voided_utc_ms is not None:
        raise Refused(f"crossing {crossing} was voided before; amend the one that stands")
    return held


def _reattribute(db: Connection, how: Recording, wrong: Crossing, traveler: str) -> str:
    """The new crossing: of the same encounter, when and where it was, by who it was."""
    person = travelers.one(db, how.keys, wrong.journey, traveler)
    if person is None or traveler == wrong.traveler:
        raise Refused("traveler: name another one who is expected on the crossing's journey")
    made = str(uuid.uuid4())
    right = replace(
        wrong,
        crossing=made,
        traveler=traveler,
        person=travelers.person_of(db, traveler),
        citizen=person.citizen,
        sealed=Daily(how.keys, RECORDS).seal(person.biographic.pack(), made, how.now_utc_ms),
        until_utc_ms=stays_until_utc_ms(how, wrong.direction, wrong.crossed_utc_ms, citizen=person.citizen),
        voided_utc_ms=None,
    )
    systems = systems_for(how.systems, wrong.kind, recorded=person.recorded)
    if not crossings.confirm(db, right, systems, how.now_utc_ms):
        raise Refused(f"traveler {traveler} has crossed on this journey already; void that crossing first")
    return made
