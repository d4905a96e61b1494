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
from backend.manifests.messages import Part as PartOf
from backend.manifests.parts import Assembled, assemble, incomplete, miscounted, name
from backend.manifests.paxlst import MOST_TRAVELERS, Manifest, parse
from backend.manifests.runs import Run, runs
from backend.manifests.telegram import MOST_BYTES
from backend.store import answers, journeys, messages, peers, travelers
from backend.store.messages import Part, Sent, Waiting
from backend.store.travelers import Traveler

MOST_WAITING = 1_000  # parts of one carrier that wait for others
MOST_WAITING_OCTETS = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Offer:
    """An interchange as it was read, and what waits for its parts."""

    sha256: str
    content: bytes
    manifest: Manifest
    held: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """waiting: each message of which it holds parts, with those that wait."""

    offer: Offer
    waiting: tuple[Assembled, ...]
    findings: tuple[Finding, ...]


def names(manifest: Manifest) -> frozenset[str]:
    """The messages of which it holds parts, but not all."""
    return frozenset(name(part) for part in manifest.parts)


def to_read(offer: Offer) -> frozenset[str]:
    """The messages whose waiting parts must be read again: nothing is missing any more, or a part came twice.

    Raises Unusable for what together is more than one interchange may be, Contradiction.
    """
    wanted = set()
    _check_weight(offer)
    for about in names(offer.manifest):
        own, held = _parts(offer, about)
        numbers = {one.number for one in held}
        twice = any(one.part and one.part.number in numbers for one in own)
        if held and (twice or not assemble([*_outlines(own[0], held), *own]).missing):
            wanted.add(about)
    return frozenset(wanted)


def _check_weight(offer: Offer) -> None:
    """With what waits, which may all be read again, and taken at once."""
    told, held = offer.manifest.messages, offer.held
    people = sum(len(one.travelers) for one in told) + sum(one.travelers for one in held)
    octets = len(offer.content) + sum(one.octets for one in held)
    for count, most, what in ((people, MOST_TRAVELERS, "travellers"), (octets, MOST_BYTES, "bytes")):
        if count > most:
            raise Unusable(replace(told[-1].where, problem=f"more than {most:,} {what} with the parts that wait"))


def _parts(offer: Offer, about: str) -> tuple[list[Message], list[Part]]:
    own = [one for one in offer.manifest.parts if name(one) == about]
    return own, [one for one in offer.held if one.about == about]


def _outlines(like: Message, held: Sequence[Part]) -> list[Message]:
    """Waiting parts by what is known of them without reading them: nobody is in them."""
    reference = like.part.reference if like.part else ""
    parts = (PartOf(reference, one.number, one.last) for one in held)
    return [replace(like, part=part, travelers=(), counts=()) for part in parts]


def assembled(offer: Offer, kept: Sequence[Waiting]) -> Submission:
    """kept: the interchanges of what `to_read` names.  Raises Contradiction."""
    found, whole = list(offer.manifest.findings), []
    read = [part for other in kept for part in parse(other.interchange).parts if name(part) == other.about]
    for about in sorted(names(offer.manifest)):
        own, held = _parts(offer, about)
        before = [one for one in read if name(one) == about] or _outlines(own[0], held)
        together = assemble([*before, *own])
        whole.append(together)
        found += [incomplete(together)] if together.missing else miscounted(together.message)
    return Submission(offer, tuple(whole), tuple(found))


def take(db: Connection, acting: Acting, country: str, sent: Submission) -> pb.SubmitReply | None:
    """None if other parts came meanwhile: assemble again.  Raises Refused, NotAllowed, Repeated, KeyGone."""
    carrier = acting.who.name
    offer = sent.offer
    if set(messages.parts(db, carrier, names(offer.manifest))) != set(offer.held):
        return None
    if (before := messages.answered(db, acting.keys, carrier, offer.sha256)) is not None:
        return pb.SubmitReply.FromString(before)
    taken = _Taken(db, acting, country, list(sent.findings))
    for message in offer.manifest.messages:
        if message.part is None:
            taken.message(message)
    missing = 0
    for together in sent.waiting:
        about = name(together.message)
        if together.missing:
            missing += together.missing
            _wait(db, acting, offer, about)
        else:
            messages.complete(db, carrier, about)
            taken.message(replace(together.message, part=None))
    reply = taken.reply(missing, sent)
    kept = Sent(offer.sha256, carrier, reply.journey, acting.now_utc_ms)
    messages.answer(db, acting.keys, kept, reply.SerializeToString())
    return reply


def _wait(db: Connection, acting: Acting, offer: Offer, about: str) -> None:
    """Its parts that were not there yet; the first of them keeps the interchange for all."""
    own, held = _parts(offer, about)
    there, content = {one.number for one in held}, offer.content
    for one in own:
        assert one.part is not None, "parts have a number"
        if (number := one.part.number) in there:
            continue
        _check_room(db, acting.who.name, len(content))
        waits = hashlib.sha256(f"{offer.sha256}/{about}/{number}".encode()).hexdigest()
        sent = Sent(waits, acting.who.name, about, acting.now_utc_ms, len(one.travelers))
        messages.wait(db, acting.keys, sent, number, content, last=one.part.last)
        acting.note(db, "manifest.part_received", waits[:16], result=f"part {number}")
        there, content = there | {number}, b""


def _check_room(db: Connection, carrier: str, octets: int) -> None:
    count, kept = messages.waiting_in_all(db, carrier)
    for told, most, what in ((count + 1, MOST_WAITING, "parts"), (kept + octets, MOST_WAITING_OCTETS, "bytes")):
        if told > most:
            raise Refused(f"more than {most:,} {what} would wait for other parts; send what is missing first")


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
        self._made: list[bytes] = []  # of these, what is kept for who asks

    def message(self, message: Message) -> None:
        if not message.travelers and message.function in (Function.NEW, Function.REPLACE):
            raise Unusable(replace(message.where, segment="NAD", problem="no traveller that can be expected"))
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
        made = announcing.keep(self._db, self._acting.keys, known, answer, self._acting.now_utc_ms)
        if known.carrier == self._acting.who.name:
            self._made.append(made)
        self._answers.append(answer)
        if run.key not in self._journeys:
            self._journeys.append(run.key)

    def _told(self, sent: Submission) -> bytes:
        """One answer as it is kept for the carrier: of thousands it is not made twice."""
        if len(self._answers) == len(self._made) == 1:
            return self._made[0]
        told = self._answers or [Answer(Kind.ACKNOWLEDGEMENT, one.message.transaction) for one in sent.waiting]
        return announcing.together(self._acting.who.name, str(uuid.uuid4()), told, self._acting.now_utc_ms)

    def reply(self, missing: int, sent: Submission) -> pb.SubmitReply:
        first = self._journeys[0] if self._journeys else ""
        findings = [
            pb.Finding(segment=f.segment, position=f.position, line=f.line, problem=f.problem) for f in self._findings
        ]
        return pb.SubmitReply(
            journey=first,
            travelers=travelers.count(self._db, first) if first else 0,
            findings=findings,
            journeys=self._journeys,
            answer=self._told(sent),
            parts_missing=missing,
        )
