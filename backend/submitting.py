"""One interchange taken whole or not at all: parts wait, whole messages change journeys, the carrier is answered."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from limen.v1 import manifests_pb2 as pb
from sqlalchemy import Connection

from backend import announcing, expecting
from backend.access import CARRIER
from backend.acting import Acting
from backend.errors import NotAllowed, Refused
from backend.manifests.cusres import Answer, Kind, Problem
from backend.manifests.findings import Finding, Unusable
from backend.manifests.messages import Function, Message
from backend.manifests.parts import Assembled, assemble, incomplete, miscounted, name
from backend.manifests.paxlst import MOST_TRAVELERS, Manifest, parse
from backend.manifests.runs import Run, runs
from backend.store import answers, journeys, messages, peers, travelers
from backend.store.messages import Sent, Waiting
from backend.store.travelers import Traveler

MOST_WAITING = 1_000  # interchanges of one carrier that wait for other parts


@dataclass(frozen=True, slots=True)
class Submission:
    """seen: names of the waiting interchanges that were looked at to complete it."""

    sha256: str
    content: bytes
    manifest: Manifest
    waiting: tuple[Assembled, ...]
    findings: tuple[Finding, ...]
    seen: frozenset[str]


def names(manifest: Manifest) -> frozenset[str]:
    """The messages of which it holds parts, but not all."""
    return frozenset(name(part) for part in manifest.parts)


def assembled(sha256: str, content: bytes, manifest: Manifest, held: Sequence[Waiting]) -> Submission:
    """With what waits, each message of which parts are there.  Raises Contradiction."""
    found = list(manifest.findings)
    parts = [part for other in held for part in parse(other.interchange).parts if name(part) == other.about]
    whole = []
    for about in sorted(names(manifest)):
        together = assemble([part for part in (*parts, *manifest.parts) if name(part) == about])
        whole.append(together)
        found += [incomplete(together)] if together.missing else miscounted(together.message)
    return Submission(sha256, content, manifest, tuple(whole), tuple(found), frozenset(one.sha256 for one in held))


def take(db: Connection, acting: Acting, country: str, sent: Submission) -> pb.SubmitReply | None:
    """None if other parts came meanwhile: assemble again.  Raises Refused, NotAllowed, Repeated, KeyGone."""
    carrier = acting.who.name
    if messages.names_waiting(db, carrier, names(sent.manifest)) != sent.seen:
        return None
    if (before := messages.answered(db, acting.keys, carrier, sent.sha256)) is not None:
        return pb.SubmitReply.FromString(before)
    taken = _Taken(db, acting, country, list(sent.findings))
    for message in sent.manifest.messages:
        if message.part is None:
            taken.message(message)
    missing = 0
    for together in sent.waiting:
        about = name(together.message)
        if together.missing:
            missing += together.missing
            _wait(db, acting, sent, about)
        else:
            messages.complete(db, carrier, about)
            taken.message(replace(together.message, part=None))
    reply = taken.reply(missing, sent)
    kept = Sent(sent.sha256, carrier, reply.journey, acting.now_utc_ms)
    messages.answer(db, acting.keys, kept, reply.SerializeToString())
    return reply


def _wait(db: Connection, acting: Acting, sent: Submission, about: str) -> None:
    if messages.count_waiting(db, acting.who.name) >= MOST_WAITING:
        raise Refused(f"{MOST_WAITING:,} parts of messages wait for others already; send what is missing first")
    part = next(one.part for one in sent.manifest.parts if name(one) == about)
    assert part is not None, "parts have a number"
    waits = hashlib.sha256(f"{sent.sha256}/{about}".encode()).hexdigest()
    kept = Sent(waits, acting.who.name, about, acting.now_utc_ms)
    messages.wait(db, acting.keys, kept, part.number, sent.content, last=part.last)
    acting.note(db, "manifest.part_received", waits[:16], result=f"part {part.number}")


def _announces(db: Connection, acting: Acting, run: Run) -> None:
    """A carrier announces its own, whether or not somebody else did before.  Raises NotAllowed."""
    if acting.who.role != CARRIER:
        return
    known, leg = peers.welcomed(db, acting.who.name), run.leg
    codes = known.carriers if known else ()
    if leg.carrier not in codes:
        told = f"carrier {acting.who.name} may announce {', '.join(codes) or 'nothing'}, not {leg.carrier or 'no code'}"
        raise NotAllowed(f"{told}; `limen-tvs device add --airline` says which")
    if leg.mode == "air" and not leg.number[:1].isdigit():  # "XX" and "A12" would be the flight 12 of "XXA"
        raise NotAllowed(f"{leg.name}: a flight's number after {leg.carrier} must begin with a digit")


class _Taken:
    """What one interchange does, while it does it."""

    def __init__(self, db: Connection, acting: Acting, country: str, findings: list[Finding]) -> None:
        self._db, self._acting, self._country, self._findings = db, acting, country, findings
        self._journeys: list[str] = []
        self._answers: list[Answer] = []

    def message(self, message: Message) -> None:
        if not message.travelers and message.function in (Function.NEW, Function.REPLACE):
            raise Unusable(replace(message.where, segment="NAD", problem="no traveller that can be expected"))
        if len(message.travelers) > MOST_TRAVELERS:
            raise Unusable(replace(message.where, problem=f"more than {MOST_TRAVELERS:,} travellers"))
        for run in runs(message, self._country, self._findings, self._acting.now_utc_ms):
            _announces(self._db, self._acting, run)
            change = expecting.apply(self._db, self._acting, run, message.function, self._country)
            self._findings += change.findings
            self._answer(run, message, change.told)

    def _answer(self, run: Run, message: Message, told: Sequence[Traveler]) -> None:
        known = journeys.find(self._db, run.key)
        assert known is not None, "it was just announced"
        stopped = answers.intercepted(self._db, run.key)
        answer = Answer(
            Kind.ANSWER if told else Kind.ACKNOWLEDGEMENT,
            message.transaction,
            announcing.trip(known),
            [announcing.verdict(one, announcing.code_of(one, stopped)) for one in told],
            [Problem(one.segment, one.position, one.problem) for one in self._findings],
        )
        announcing.keep(self._db, self._acting.keys, known, answer, self._acting.now_utc_ms)
        self._answers.append(answer)
        if run.key not in self._journeys:
            self._journeys.append(run.key)

    def reply(self, missing: int, sent: Submission) -> pb.SubmitReply:
        told = self._answers or [Answer(Kind.ACKNOWLEDGEMENT, one.message.transaction) for one in sent.waiting]
        id_ = str(uuid.uuid4())
        first = self._journeys[0] if self._journeys else ""
        findings = [
            pb.Finding(segment=f.segment, position=f.position, line=f.line, problem=f.problem) for f in self._findings
        ]
        return pb.SubmitReply(
            journey=first,
            travelers=travelers.count(self._db, first) if first else 0,
            findings=findings,
            journeys=self._journeys,
            answer=announcing.together(self._acting.who.name, id_, told, self._acting.now_utc_ms),
            parts_missing=missing,
        )
