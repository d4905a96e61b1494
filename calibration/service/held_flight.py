"""A flight of one traveler as a carrier lists it, changes it and an officer acts on it: directly in a store."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from numpy.random import default_rng
from sqlalchemy import Connection

from backend import adjudicating, alerts, crossing, expecting
from backend.access import CARRIER, OFFICER
from backend.acting import Acting
from backend.adjudicating import INTERCEPT, Verdict
from backend.biographic import Biographic
from backend.caller import EVERYWHERE, Caller
from backend.conclusion import conclude
from backend.crossing import Recording, Report
from backend.documents_check import conclude_documents
from backend.keys import KeyRing
from backend.manifests.messages import Function
from backend.manifests.paxlst import parse
from backend.manifests.runs import runs
from backend.matching import gallery
from backend.matching.gallery import Gallery, Vector
from backend.question import DOCUMENTS, Question
from backend.settings import Rules
from backend.store import alerts as kept
from backend.store import hotlist, journeys, templates, travelers
from backend.store.decisions import Decision
from backend.store.templates import Sample
from backend.store.travelers import Traveler
from calibration.service.deciding import NOW, PORT, asked, case, claiming
from calibration.service.journeys import vectors
from calibration.service.rig import stand_against
from vision.embed import template_version

ESCALATE_S = 15.0
ATTEMPTS = 3


@dataclass
class Flight:
    """number: of the flight.  passport: the document the first list names; other: one more of the same person.
    traveler: as the latest list has them."""

    db: Connection
    keys: KeyRing
    number: int
    gate: str = "G1"
    journey: str = ""
    traveler: str = ""

    def __post_init__(self) -> None:
        self.passport, self.other = f"D{self.number:06}", f"E{self.number:06}"
        self.face: Vector = vectors(default_rng(self.number), 1)[0]
        self.list_()
        journeys.assign(self.db, self.gate, self.journey)

    def list_(
        self, given: str = "ANNA", seat: str = "1A", documents: tuple[str, ...] = (), again: bool = False
    ) -> None:
        """As the carrier sends it.  documents: the passport alone if not said.  Raises Refused."""
        content = self._interchange(given, seat, documents or (self.passport,))
        (run,) = runs(parse(content).messages[0], "CHE", [], NOW)
        carrier = Caller("carrier", CARRIER, ports=frozenset({EVERYWHERE}))
        expecting.apply(
            self.db, Acting(carrier, self.keys, NOW), run, Function.CHANGE if again else Function.NEW, "CHE"
        )
        self.journey = run.key
        (one,) = travelers.of_journey(self.db, self.keys, self.journey)
        if one.traveler != self.traveler:
            box = templates.box_of(self.keys, self.journey, citizen=one.citizen)
            sample = Sample(self.face, "specimen", 100, "")
            templates.enrol(self.db, box, one.traveler, template_version(), [sample])
        self.traveler = one.traveler

    def _interchange(self, given: str, seat: str, documents: tuple[str, ...]) -> bytes:
        day = f"{datetime.fromtimestamp(NOW / 1000, UTC):%y%m%d}"
        papers = "".join(f"DOC+P+{number}'LOC+91+UTO'" for number in documents)
        who = f"NAD+FL+++SPECIMEN:{given}'DTM+329:800203'NAT+2+UTO'RFF+ABO:R{self.number}'RFF+SEA:{seat}'{papers}"
        leg = f"TDT+20+XX{self.number}'LOC+125+{PORT}'DTM+189:{day}2300:201'LOC+87+HKG'"
        head = f"UNA:+.? 'UNB+UNOA:4+XX+L+{day}:0800+1'UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'{leg}"
        return f"{head}{who}CNT+42:1'UNT+9+1'UNZ+1+1'".encode()

    def stand_against(self, number: str) -> str:
        """A validated entry against a document; its id."""
        paper = Biographic("", "", document_type="P", document_number=number, document_issuer="UTO")
        return stand_against(self.db, self.keys, Traveler("", paper), NOW - 1)

    def intercept(self) -> None:
        """An officer stops the traveler, whose entry ends then."""
        entry = self.stand_against(self.passport)
        self.face_check()
        alerts.look(self.db, 0, NOW, ESCALATE_S)
        (alert,) = [one for one in kept.open_at(self.db, [PORT]) if one.journey == self.journey]
        officer = Acting(Caller("o.meyer", OFFICER, ports=frozenset({PORT})), self.keys, NOW)
        adjudicating.take(self.db, officer, alert.alert)
        stopped = Verdict(INTERCEPT, "handed to the police", "warrant 11-204 of the court")
        adjudicating.adjudicate(self.db, officer, Rules(), alert.alert, stopped)
        hotlist.end(self.db, entry, NOW)

    def override(self) -> None:
        officer = Acting(Caller("o.meyer", OFFICER, ports=frozenset({PORT})), self.keys, NOW + 1)
        adjudicating.override(self.db, officer, self.journey, self.traveler, "documents seen")

    def face_check(self, *, claimed: bool = False) -> list[Decision]:
        """Every attempt of one encounter, with a picture nobody could do better than."""
        searched, encounter, made = self._gallery(), str(uuid.uuid4()), list[Decision]()
        for attempt in range(1, ATTEMPTS + 1):
            question = self._here(asked(self.journey, attempt, encounter))
            if claimed:
                question = claiming(question, Traveler(self.traveler, Biographic("", "")))
            made.append(conclude(self.db, self.keys, case(question, searched, self.face)))
            if made[-1].directive != "recapture":
                break
        return made

    def documents_check(self) -> list[Decision]:
        encounter = str(uuid.uuid4())
        question = self._here(asked(self.journey, 1, encounter, DOCUMENTS, encounter))
        named = claiming(question, Traveler(self.traveler, Biographic("", "")))
        return [conclude_documents(self.db, named, NOW + 2)]

    def board_unasked(self, kind: str = "boarded") -> str:
        """Reported as after an outage, or by an appliance of an earlier release; the encounter."""
        encounter = str(uuid.uuid4())
        told = Report(
            encounter=encounter,
            journey=self.journey,
            device="gate",
            gate=self.gate,
            port=PORT,
            ended_utc_ms=NOW + 2,
            since_answer_ms=0,
            kind=kind,
            decision=None,
            traveler=self.traveler,
            agent="AG-7",
            why=None if kind == "boarded" else "WHY_MORE_THAN_ONE",
        )
        crossing.report(self.db, Recording(self.keys, NOW + 2, (), 90), told)
        return encounter

    def _here(self, question: Question) -> Question:
        return replace(question, gate=self.gate)

    def _gallery(self) -> Gallery:
        """As it was before anybody was removed: what a replica that has not looked yet still searches."""
        return gallery.build([(self.traveler, self.face)])
