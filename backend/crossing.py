"""What a reported outcome means: one transaction that settles the encounter and records at most one crossing."""

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from backend import documents_check
from backend.access import GATE
from backend.biographic import Biographic
from backend.daily import Daily
from backend.errors import KeyGone, NotAllowed, Repeated
from backend.keys import RECORDS, KeyRing
from backend.question import CROSS, DOCUMENTS, Question
from backend.store import allowances, audit, boardings, crossings, decisions, journeys, outbox, shifts, travelers
from backend.store.audit import Note
from backend.store.crossings import Crossing
from backend.store.decisions import NOBODY, Decision, Known
from backend.store.journeys import Journey

if TYPE_CHECKING:  # a record needs no model
    from backend.parts import Parts

LATEST_MS = 20_000  # opening, walking through and closing take less
OLDEST_MS, AHEAD_MS = 24 * 3_600_000, 5 * 60_000  # what of a device's clock is believed
DAY_MS = 24 * 3_600_000


class Status(StrEnum):
    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Report:
    """kind: crossed or not_crossed after a face check; boarded or not_boarded, with traveler and agent, by documents.
    decision: the PROCEED that opened the gate; None where an agent opened it and the service could not be asked.
    gate and port: where the device stands.  session: the agent's shift."""

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
    session: str = ""

    @property
    def summary(self) -> str:
        return ":".join(part or "" for part in (self.kind, self.decision, self.traveler, self.agent, self.why))


@dataclass(frozen=True, slots=True)
class Recording:
    """How records are made.  systems: of record, those that are configured."""

    keys: KeyRing
    now_utc_ms: int
    systems: tuple[str, ...]
    stay_days: int


@dataclass(frozen=True, slots=True)
class _Settled:
    """What the log says of it."""

    status: Status
    action: str
    subject: str
    result: str


@dataclass(frozen=True, slots=True)
class _Passage:
    """Who passed, and how.  named: None once that is purged."""

    traveler: str
    known: Known
    named: Biographic | None
    kind: str


def recording(parts: "Parts") -> Recording:
    settings = parts.settings
    systems = tuple(system for system in outbox.SYSTEMS if settings.records.url(system))
    return Recording(parts.keys, parts.clock(), systems, settings.stay_days)


def report(db: Connection, how: Recording, told: Report) -> Status:
    """Settle an encounter.  Telling it again gives the first answer; telling it differently raises Repeated.

    Raises NotAllowed if the decision that opened the gate for a face was not given to this encounter and device, or not
    to cross, the journey is another port's, or documents were checked where it never boarded; Refused for an unknown
    journey.
    """
    if (held := crossings.settled(db, told.encounter)) is not None:
        if held[0] != told.summary:
            raise Repeated(f"encounter {told.encounter} was already reported with another outcome")
        return Status(held[1])
    settled = _settle(db, how, told)
    crossings.settle(db, told.encounter, told.summary, settled.status, how.now_utc_ms)
    audit.note(
        db,
        Note(
            at_utc_ms=how.now_utc_ms,
            who=told.device,
            role=GATE,
            action=settled.action,
            subject=settled.subject,
            place=told.gate,
            purpose="cross",
            result=settled.result + _distrust(told, how),
        ),
    )
    return settled.status


def _settle(db: Connection, how: Recording, told: Report) -> _Settled:
    given = decisions.granted(db, told.encounter, told.decision or "")
    if told.kind in ("boarded", "not_boarded"):
        return _by_agent(db, how, told, given)
    if given is None or given.device != told.device or given.traveler is None:
        raise NotAllowed(f"decision {told.decision} was not given to this encounter and device")
    if given.purpose != CROSS:
        raise NotAllowed(f"decision {told.decision} was given to {given.purpose}, not to cross")
    # The decision's journey: the gate may have been assigned another since.
    run = _run(db, told, given.journey)
    if told.kind == "not_crossed":
        return _Settled(Status.RECORDED, "passage.not_confirmed", given.traveler, told.why or "")
    if told.since_answer_ms > LATEST_MS:
        late = f"{told.since_answer_ms} ms after the answer, at most {LATEST_MS}"
        return _Settled(Status.LATE, "passage.late", given.traveler, late)
    return _confirm(db, how, replace(told, gate=given.gate), run, given.traveler, given)


def _by_agent(db: Connection, how: Recording, told: Report, given: Decision | None) -> _Settled:
    """The gate was opened by documents: recorded whatever the rules would have said, and never in silence (HUM-3)."""
    run = _run(db, told, told.journey)
    told = replace(told, gate=_boarded_at(db, told, run))
    _vouched(db, how, told)
    if not _asked(told, given):
        at = _crossed_at(told, how)
        documents_check.record_unasked(db, _question(told, told.traveler or ""), at, how.now_utc_ms)
    if told.kind == "not_boarded":
        return _Settled(Status.RECORDED, "passage.not_confirmed", told.traveler or "", told.why or "")
    return _confirm(db, how, told, run, told.traveler or "", given)


def _question(told: Report, traveler: str) -> Question:
    """What should have been asked before."""
    return Question(
        encounter=told.encounter,
        attempt=1,
        purpose=DOCUMENTS,
        journey=told.journey,
        device=told.device,
        gate=told.gate,
        port=told.port,
        claimed=traveler,
        capture=b"",
        request_sha256="",
        agent=told.agent or "",
    )


def _vouched(db: Connection, how: Recording, told: Report) -> None:
    """What an agent did without a good shift happened all the same: it is recorded, and the log says what was wrong."""
    at = _crossed_at(told, how)
    problem = shifts.problem(db, told.session, told.agent or "", told.port, at)
    if problem:
        subject, result = told.encounter, f"agent {told.agent}: {problem}"
        audit.note(
            db, Note(how.now_utc_ms, told.device, GATE, "agent.not_vouched_for", subject, told.gate, "cross", result)
        )


def _asked(told: Report, given: Decision | None) -> bool:
    """Whether the service let this very boarding happen, not long before it did."""
    if given is None or told.since_answer_ms > LATEST_MS:
        return False
    boarding = (told.device, told.journey, told.traveler, DOCUMENTS)
    return (given.device, given.journey, given.traveler, given.purpose) == boarding


def _run(db: Connection, told: Report, journey: str) -> Journey:
    """Raises Refused for an unknown journey, NotAllowed for one of another port."""
    run = journeys.announced(db, journey)
    if told.port != run.port:
        raise NotAllowed(
            f"gate {told.gate} stands at {told.port or 'no port'}, journey {journey} is seen at {run.port}"
        )
    return run


def _boarded_at(db: Connection, told: Report, run: Journey) -> str:
    """The gate.  Raises NotAllowed for a journey that never boarded where the device stands or stood."""
    at = boardings.gate_of(db, told.device, run.journey, told.port, told.gate)
    if at is None:
        raise NotAllowed(f"gate {told.gate} does not board {run.journey}, and never did; assign it first")
    return at


def _confirm(
    db: Connection, how: Recording, told: Report, run: Journey, traveler: str, given: Decision | None
) -> _Settled:
    """Somebody who never was on the manifest has no record to be part of: the log has it, and an officer was told."""
    who = decisions.known(db, run.journey, traveler)
    if who is NOBODY:
        return _Settled(Status.RECORDED, "passage.unlisted", traveler, "not on this journey's manifest")
    usable = allowances.usable(db, run.journey, traveler, _crossed_at(told, how))
    let_pass = usable is not None or (given is not None and given.allowance is not None)
    allowances.spend(db, run.journey, traveler, told.encounter)
    if not run.direction:
        # A closed loop (SEA-1) or a domestic run ends in the country it began in: nobody leaves or enters.
        return _Settled(Status.RECORDED, "crossing.excluded", traveler, "the journey crosses no border")
    kind = "biographic" if told.kind == "boarded" else "biometric"
    named = _biographic(db, how, run.journey, traveler)
    crossing = _crossing(how, told, run, _Passage(traveler, who, named, kind))
    systems = systems_for(how.systems, kind, recorded=who.recorded) if named else ()
    if not crossings.confirm(db, crossing, systems, how.now_utc_ms):
        if not let_pass:  # by a named person, once more
            documents_check.record_second(db, _question(told, traveler), how.now_utc_ms)
        return _Settled(Status.DUPLICATE, "crossing.duplicate", traveler, "the first record stands")
    by = f" by agent {told.agent}" if told.agent else ""
    return _Settled(Status.RECORDED, "crossing.recorded", crossing.crossing, f"{kind}{by}; {_told_to(systems, named)}")


def _told_to(systems: tuple[str, ...], named: Biographic | None) -> str:
    if named is None:
        return "told to nobody: it was reported after the names of its journey were purged"
    return f"told to {', '.join(systems)}" if systems else "told to nobody: no system of record is configured"


def _biographic(db: Connection, how: Recording, journey: str, traveler: str) -> Biographic | None:
    """None once the journey is purged: that somebody passed is recorded all the same."""
    try:
        return travelers.told(db, how.keys, journey, traveler)
    except KeyGone:
        return None


def systems_for(configured: tuple[str, ...], kind: str, *, recorded: bool) -> tuple[str, ...]:
    """Who is told.  The biometric repository holds faces: of those in scope, and only where one was compared."""
    biometric = recorded and kind == "biometric"
    return tuple(system for system in configured if system != "ident" or biometric)


def _crossing(how: Recording, told: Report, run: Journey, of: _Passage) -> Crossing:
    made, crossed = str(uuid.uuid4()), _crossed_at(told, how)
    return Crossing(
        crossing=made,
        journey=run.journey,
        traveler=of.traveler,
        person=of.known.person,
        encounter=told.encounter,
        kind=of.kind,
        direction=run.direction,
        port=told.port,
        gate=told.gate,
        device=told.device,
        agent=told.agent,
        policy=run.policy,
        citizen=of.known.citizen,
        sealed=Daily(how.keys, RECORDS).seal(of.named.pack(), made, how.now_utc_ms) if of.named else None,
        crossed_utc_ms=crossed,
        until_utc_ms=stays_until_utc_ms(how, run.direction, crossed, citizen=of.known.citizen),
    )


def stays_until_utc_ms(how: Recording, direction: str, crossed_utc_ms: int, *, citizen: bool) -> int | None:
    """How long somebody who arrives may stay; a citizen may stay for ever."""
    return crossed_utc_ms + how.stay_days * DAY_MS if direction == "in" and not citizen else None


def crossed_utc_ms(ended_utc_ms: int, now_utc_ms: int) -> int:
    """The device's time, which may lie hours back after an outage; ours where its clock cannot be right."""
    return ended_utc_ms if now_utc_ms - OLDEST_MS <= ended_utc_ms <= now_utc_ms + AHEAD_MS else now_utc_ms


def _crossed_at(told: Report, how: Recording) -> int:
    return crossed_utc_ms(told.ended_utc_ms, how.now_utc_ms)


def _distrust(told: Report, how: Recording) -> str:
    if _crossed_at(told, how) == told.ended_utc_ms:
        return ""
    return f"; the device's clock said {told.ended_utc_ms} and is not trusted, the time is the service's"
