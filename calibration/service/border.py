"""A border made directly in a store: journeys, travellers and the answers given at its gates; no face is needed."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import cv2
import numpy as np
from sqlalchemy import Connection, Engine

from backend import captures
from backend.crossing import Recording, Report, Status, report
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.store import alerts, crossings, decisions, journeys, outbox, peers, travelers
from backend.store.alerts import Alert
from backend.store.crossings import Crossing
from backend.store.decisions import Decision
from backend.store.journeys import Journey
from backend.store.peers import Peer
from calibration.service.journeys import POLICY, people

Answer = TypeVar("Answer")
NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PORT = "ZRH"


def live_image(seed: int = 0) -> bytes:
    """A JPEG of noise: nobody's face."""
    noise = np.random.default_rng(seed).integers(0, 255, (96, 80, 3), np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


@dataclass
class Border:
    """stay_days and systems as the settings would say."""

    engine: Engine
    keys: KeyRing
    systems: tuple[str, ...] = outbox.SYSTEMS
    now_utc_ms: int = NOW
    stay_days: int = 90
    flights: int = field(default=0)

    @property
    def how(self) -> Recording:
        return Recording(self.keys, self.now_utc_ms, self.systems, self.stay_days)

    def ask(self, question: Callable[..., Answer], *arguments: object) -> Answer:
        """One transaction."""
        with self.engine.begin() as db:
            return question(db, *arguments)

    def journey(
        self, count: int = 3, *, citizens: int = 0, direction: str = "out", mode: str = "air", persons: str = ""
    ) -> tuple[str, list[str]]:
        """A journey and its travellers.  The same `persons` on two journeys are the same people."""
        self.flights += 1
        name = f"XX{self.flights}-{uuid.uuid4().hex[:8]}"
        ends = ("HKG", PORT) if direction == "in" else (PORT, PORT if not direction else "HKG")
        who = people(persons or name, count, citizens)

        def announce(db: Connection) -> None:
            for key in (of_gallery(name), of_citizens(name)):
                self.keys.make(key)
            journeys.announce(db, Journey(name, mode, direction, "carrier", *ends, None, None, POLICY, self.now_utc_ms))
            travelers.expect(db, self.keys, name, who, self.now_utc_ms)
            for gate in ("G1", "G2"):
                peers.welcome(db, Peer(gate.lower(), "gate", gate, PORT))
                journeys.assign(db, gate, name)

        self.ask(announce)
        return name, [one.traveler for one in who]

    def proceed(
        self, journey: str, traveler: str, *, gate: str = "G1", purpose: str = "cross", image: bytes | None = None
    ) -> Decision:
        """A PROCEED given at a gate, and the live image it was given for."""
        given = answer(journey, traveler, gate, purpose, self.now_utc_ms)

        def record(db: Connection) -> None:
            decisions.record(db, given)
            if image is not None:
                captures.keep(db, self.keys, given, image)

        self.ask(record)
        return given

    def tell(self, told: Report) -> Status:
        return self.ask(report, self.how, told)

    def cross(self, journey: str, traveler: str, *, image: bytes | None = None) -> str:
        """By the face, recorded; the crossing."""
        told = passed(self.proceed(journey, traveler, image=image), self.now_utc_ms)
        assert self.tell(told) is Status.RECORDED, "nobody crossed here before"
        return self.ask(crossings.standing, told.encounter) or ""

    def held(self, crossing: str) -> Crossing:
        found = self.ask(crossings.find, crossing)
        assert found is not None, "it was recorded"
        return found


def answer(journey: str, traveler: str, gate: str, purpose: str, now_utc_ms: int) -> Decision:
    return Decision(
        encounter=str(uuid.uuid4()),
        attempt=1,
        request_sha256="0" * 64,
        decision=str(uuid.uuid4()),
        purpose=purpose,
        device=gate.lower(),
        gate=gate,
        port=PORT,
        journey=journey,
        directive="proceed",
        cue=None,
        attempts_left=2,
        concern=None,
        traveler=traveler,
        subject=traveler,
        score=0.8,
        runner_up=0.1,
        accept=0.5,
        gallery_size=3,
        policy=POLICY,
        assisted=False,
        officer=False,
        allowance=None,
        capture=b"",
        decided_utc_ms=now_utc_ms,
    )


def passed(given: Decision, now_utc_ms: int) -> Report:
    """Exactly one person was seen to pass on this answer."""
    return Report(
        encounter=given.encounter,
        journey=given.journey,
        device=given.device,
        gate=given.gate,
        port=given.port,
        ended_utc_ms=now_utc_ms,
        since_answer_ms=3_000,
        kind="crossed",
        decision=given.decision,
        traveler=None,
        agent=None,
        why=None,
    )


def boarded(journey: str, traveler: str, now_utc_ms: int, gate: str = "G1", agent: str = "AG-7") -> Report:
    """An agent checked documents."""
    given = answer(journey, traveler, gate, "cross", now_utc_ms)
    return replace(passed(given, now_utc_ms), kind="boarded", decision=None, traveler=traveler, agent=agent)


def intercept(db: Connection, journey: str, traveler: str, now_utc_ms: int) -> None:
    """An officer's word against a traveler, as it stands in the store."""
    waits = replace(answer(journey, traveler, "G1", "cross", now_utc_ms), directive="wait", traveler=None)
    alert = Alert(
        alert=str(uuid.uuid4()),
        decision=decisions.record(db, waits).decision,
        reason="hotlist",
        port=PORT,
        gate="G1",
        journey=journey,
        traveler=traveler,
        entry=None,
        raised_utc_ms=now_utc_ms,
        taken_by="o.meyer",
        taken_utc_ms=now_utc_ms,
        adjudication="intercept",
        ground="warrant 7",
        adjudicated_utc_ms=now_utc_ms,
    )
    alerts.put(db, alert)


def everyone(made: Sequence[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    """(journey, traveler) of each."""
    return [(journey, traveler) for journey, who in made for traveler in who]
