"""What a reported outcome means: one transaction that settles the encounter and records at most one crossing."""

import time
import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from backend.errors import NotAllowed, Refused, Repeated
from backend.store import crossings, decisions, manifests
from backend.store.crossings import Crossing

LATEST_MS = 20_000  # opening, walking through and closing take less


class Status(StrEnum):
    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Report:
    """kind: crossed, boarded or not_crossed; decision for the first and last, traveler and agent for the second."""

    encounter: str
    journey: str
    device: str
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


def report(db: Connection, told: Report) -> Status:
    """Settle an encounter.  Telling it again gives the first answer; telling it differently raises Repeated.

    Raises NotAllowed if the decision was not given to this encounter and device, Refused for an unknown traveller.
    """
    if (held := crossings.settled(db, told.encounter)) is not None:
        if held[0] != told.summary:
            raise Repeated(f"encounter {told.encounter} was already reported with another outcome")
        return Status(held[1])
    status = _settle(db, told)
    crossings.settle(db, told.encounter, told.summary, status, time.time_ns() // 1_000_000)
    return status


def _settle(db: Connection, told: Report) -> Status:
    if told.kind == "boarded":
        if told.traveler not in {person.traveler for person in manifests.expected(db, told.journey)}:
            raise Refused("traveler: not on this journey's manifest")
        return _confirm(db, told, told.journey, told.traveler or "", "biographic")
    given = decisions.granted(db, told.encounter, told.decision or "")
    if given is None or given.device != told.device or given.traveler is None:
        raise NotAllowed(f"decision {told.decision} was not given to this encounter and device")
    if told.kind == "not_crossed":
        return Status.RECORDED
    if told.since_answer_ms > LATEST_MS:
        return Status.LATE
    # The decision's journey: the gate may have been assigned another since.
    return _confirm(db, told, given.journey, given.traveler, "biometric")


def _confirm(db: Connection, told: Report, journey: str, traveler: str, kind: str) -> Status:
    crossing = Crossing(
        crossing=str(uuid.uuid4()),
        journey=journey,
        traveler=traveler,
        encounter=told.encounter,
        kind=kind,
        device=told.device,
        agent=told.agent,
        crossed_utc_ms=told.ended_utc_ms,
    )
    return Status.RECORDED if crossings.confirm(db, crossing) else Status.DUPLICATE
