"""A port with a flight, its travellers, and answers given at a gate: what officers act on, in a real store."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from limen.v1.approvals_pb2 import HotlistEntry, ProposeRequest
from sqlalchemy import Connection, Engine, Table, select

from backend import adjudicating, approvals
from backend.acting import Acting
from backend.adjudicating import Verdict
from backend.alerts import View, look
from backend.caller import Caller
from backend.keys import KeyRing
from backend.proposal_content import show
from backend.settings import Rules
from backend.store import alerts, decisions, schema
from backend.store.alerts import Alert
from backend.store.journeys import assign
from backend.store.proposals import APPROVED, Proposal, Settlement
from calibration.service import journeys
from calibration.service.border import answer

R = TypeVar("R")
NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def officer(name: str = "o.meyer", port: str = "ZRH", role: str = "officer") -> Caller:
    return Caller(name, role, ports=frozenset({port}))


MEYER, HUBER = officer("o.meyer"), officer("o.huber")
WARRANT = "warrant 11-204 of the court of Zurich"


@dataclass
class Desk:
    """One flight from ZRH with three travellers, of whom `people` tells the ids."""

    engine: Engine
    keys: KeyRing
    now_utc_ms: int = NOW
    journey: str = "XX7-2026-11-22"
    people: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        who = journeys.people("XX7", 3)
        with self.engine.begin() as db:
            journeys.announce(db, self.keys, self.journey, who, np.eye(3, 128, dtype=np.float32), self.now_utc_ms)
            assign(db, "G1", self.journey)
        self.people = [one.traveler for one in who]

    def acting(self, who: Caller) -> Acting:
        return Acting(who, self.keys, self.now_utc_ms)

    def ask(self, question: Callable[..., R], *arguments: object) -> R:
        """One transaction."""
        with self.engine.begin() as db:
            return question(db, *arguments)

    def decided(self, concern: str, subject: str | None = None, *, told: bool = True, port: str = "ZRH") -> str:
        """A WAIT at gate G1; its decision."""
        proceeds = answer(self.journey, subject or "", "G1", "cross", self.now_utc_ms)
        made = replace(
            proceeds, directive="wait", concern=concern, traveler=None, subject=subject, officer=told, port=port
        )
        return self.ask(decisions.record, made).decision

    def look(self, escalate_s: float = 15.0) -> tuple[int, int]:
        return self.ask(look, 0, self.now_utc_ms, escalate_s)

    def alert(self, concern: str, subject: str | None = None) -> Alert:
        """The alert of a new decision."""
        decision = self.decided(concern, subject)
        self.look()
        return next(one for one in self.ask(alerts.open_at, "*") if one.decision == decision)

    def hit(self) -> Alert:
        """The alert about the first traveller, whom a validated entry stands against."""
        self.wanted(0)
        return self.alert("hotlist", self.people[0])

    def take(self, who: Caller, alert: Alert) -> View:
        return self.ask(adjudicating.take, self.acting(who), alert.alert)

    def adjudicate(self, who: Caller, alert: Alert, verdict: Verdict) -> View:
        return self.ask(adjudicating.adjudicate, self.acting(who), Rules(), alert.alert, verdict)

    def noted(self, action: str) -> list[tuple[object, ...]]:
        """Who did this, about what, for what purpose, with what result, by the audit log."""
        lines = self.ask(rows, schema.audit_log)
        return [(one["who"], one["subject"], one["purpose"], one["result"]) for one in lines if one["action"] == action]

    def found(self, alert: str) -> Alert:
        found = self.ask(alerts.find, alert)
        assert found is not None
        return found

    def propose(self, by: Caller, what: ProposeRequest) -> Proposal:
        return self.ask(approvals.propose, self.acting(by), Rules(), what)

    def settle(self, by: Caller, proposal: Proposal, settled: str = APPROVED) -> Proposal:
        """As it is now."""
        return self.settle_seen(by, proposal, self.ask(show, self.acting(by), Rules(), proposal).digest, settled)

    def settle_seen(self, by: Caller, proposal: Proposal, digest: str, settled: str = APPROVED) -> Proposal:
        said = Settlement(settled, by.name, "looked at it", self.now_utc_ms, digest=digest)
        return self.ask(approvals.settle, self.acting(by), Rules(), said, proposal.proposal)

    def listed(self, number: int, until_utc_ms: int = NOW + DAY_MS) -> ProposeRequest:
        """An entry of the hotlist for the traveller of this number."""
        of = HotlistEntry(
            document_type="P",
            document_issuer="UTO",
            document_number=f"XX7{number:05}",
            remark="ask about the cargo",
            ground="customs case 12-345",
            until_utc_ms=until_utc_ms,
        )
        return ProposeRequest(reason="asked by customs", hotlist=of)

    def wanted(self, number: int) -> str:
        """A validated entry for the traveller of this number."""
        return self.settle(SUPERVISOR, self.propose(ANALYST, self.listed(number))).made


ANALYST = officer("a.keller", "*", "analyst")
SUPERVISOR = officer("s.graf", "*", "supervisor")


def rows(db: Connection, table: Table) -> list[dict[str, object]]:
    return [dict(row._mapping) for row in db.execute(select(table))]
