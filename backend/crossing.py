"""What a reported outcome means: one transaction that settles the encounter and records at most one crossing."""

import time
import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from backend.errors import NotAllowed, Refused, Repeated
from backend.keys import RECORDS, KeyRing
from backend.store import crossings, decisions, journeys, travelers
from backend.store.crossings import Crossing

LATEST_MS = 20_000  # opening, walking through and closing take less


class Status(StrEnum):
    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Report:
    """kind: crossed, boarded or not_crossed; decision for the first and last, traveler and agent for the second.
    gate and port: where the device stands."""

    encounter: str
    journey: str
    device: str
    gate: str
    port: str
    ended_utc_ms: int
    since_answer_ms: int
    kind: str
    decision: str | None
    traveler: str | None
    agent: str | None
    why: str | None

    @property
    def summary(self) -> str:
        return ":".join(part or "" for part in (self.kind, self.decision, self.traveler, self.agent, self.why))


def report(db: Connection, keys: KeyRing, told: Report) -> Status:
    """Settle an encounter.  Telling it again gives the first answer; telling it differently raises Repeated.

    Raises NotAllowed if the decision was not given to this encounter and device, Refused for an unknown traveller.
    """
    if (held := crossings.settled(db, told.encounter)) is not None:
        if held[0] != told.summary:
            raise Repeated(f"encounter {told.encounter} was already reported with another outcome")
        return Status(held[1])
    status = _settle(db, keys, told)
    crossings.settle(db, told.encounter, told.summary, status, time.time_ns() // 1_000_000)
    return status


def _settle(db: Connection, keys: KeyRing, told: Report) -> Status:
    if told.kind == "boarded":
        return _confirm(db, keys, told, told.journey, told.traveler or "", "biographic")
    given = decisions.granted(db, told.encounter, told.decision or "")
    if given is None or given.device != told.device or given.traveler is None:
        raise NotAllowed(f"decision {told.decision} was not given to this encounter and device")
    if told.kind == "not_crossed":
        return Status.RECORDED
    if told.since_answer_ms > LATEST_MS:
        return Status.LATE
    # The decision's journey: the gate may have been assigned another since.
    return _confirm(db, keys, told, given.journey, given.traveler, "biometric")


def _confirm(db: Connection, keys: KeyRing, told: Report, journey: str, traveler: str, kind: str) -> Status:
    """Raises Refused for somebody who is not expected on the journey."""
    run, who = journeys.find(db, journey), travelers.one(db, keys, journey, traveler)
    if run is None or who is None:
        raise Refused("traveler: not on this journey's manifest")
    made = str(uuid.uuid4())
    crossing = Crossing(
        crossing=made,
        journey=journey,
        traveler=traveler,
        person=travelers.person_of(db, traveler),
        encounter=told.encounter,
        kind=kind,
        direction=run.direction,
        port=told.port or run.port,
        gate=told.gate,
        device=told.device,
        agent=told.agent,
        policy=run.policy,
        citizen=who.citizen,
        sealed=keys.box(RECORDS).seal(who.biographic.pack(), made),
        crossed_utc_ms=told.ended_utc_ms,
        until_utc_ms=None,
    )
    return Status.RECORDED if crossings.confirm(db, crossing) else Status.DUPLICATE
