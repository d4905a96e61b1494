"""Whether an operator could tell by answers, their sizes or their times whom an officer must talk to (AIR-2.2, SE-12).

The same picture is asked about at gates with galleries of the same size: at one its owner is on file and on the
hotlist, at one on file and stopped by an officer, at one nobody like that is on file.  Searched (1:N) and with a claim
(1:1).  By documents the third is somebody who was removed from the manifest, and waits too.
"""

import itertools
import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from limen.v1 import verification_pb2 as pb
from limen.v1.verification_pb2_grpc import VerificationStub
from scipy.stats import mannwhitneyu
from sqlalchemy import Connection

from backend.clock import utc_ms
from backend.conclusion import conclude
from backend.documents_check import conclude_documents
from backend.keys import KeyRing
from backend.matching.gallery import Gallery, Vector
from backend.store import travelers
from backend.store.travelers import Traveler
from calibration.service.border import intercept
from calibration.service.deciding import NOW, asked, case, claiming, of, staged
from calibration.service.figure import Figure
from calibration.service.journeys import vectors
from calibration.service.rig import Boarding, Rig, cropped, question, shot, stand_against, template, work
from calibration.service.stores import KINDS, scratch
from vision.crop import Crop

SIZE, AGENT = 420, "a.keller"
SEARCH, CLAIM, PAPERS = "1:N", "1:1", "documents"
ATTEMPTS = {SEARCH: 3, CLAIM: 3, PAPERS: 1}
ENCOUNTERS, QUICK = 300, 20
REST_S = 0.05  # between two questions: the alert of a hit is made after its answer, and nobody asks again sooner
SLOWER = 0.05  # how far from a half the probability may be that one takes longer than the other
SEED = 5
NOBODY, HOTLISTED, STOPPED = "nobody like that", "hotlisted", "stopped"
Request = pb.VerifyRequest | pb.VerifyDocumentsRequest
WHO = (NOBODY, HOTLISTED, STOPPED)


@dataclass(slots=True)
class Times:
    """of: milliseconds by (who, attempt).  said: (directive, its size, the reply without its ids) likewise."""

    path: str
    of: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    said: dict[tuple[str, int], set[tuple[str, int, bytes]]] = field(default_factory=dict)

    def slower(self, who: str) -> float:
        """The probability that an answer about them takes longer than one about nobody, over all attempts."""
        each = [
            mannwhitneyu(self.of[who, n], self.of[NOBODY, n]).statistic
            / (len(self.of[who, n]) * len(self.of[NOBODY, n]))
            for n in self.attempts
        ]
        return float(np.mean(each))

    def took(self, who: str, attempt: int, began_s: float) -> None:
        self.of.setdefault((who, attempt), []).append((time.perf_counter() - began_s) * 1000)

    @property
    def attempts(self) -> range:
        return range(1, ATTEMPTS[self.path] + 1)


def figures(quick: bool) -> Iterator[Figure]:
    encounters = QUICK if quick else ENCOUNTERS
    for kind, path in itertools.product(KINDS, ATTEMPTS):
        yield from _timings(kind, "in the store", decided(kind, encounters, path), quick)
        found = measured(kind, encounters, path)
        yield from _timings(kind, "at the gate", found, quick)
        yield answers(kind, found)


def decided(kind: str, encounters: int, path: str) -> Times:
    """The transaction alone: all that depends on who it is, without the images' noise."""
    found = Times(path)
    with scratch(kind) as store:
        with store.engine.begin() as db:
            people, searched = staged(db, store.keys, "N/1")
            _hold(db, store.keys, "N/1", people)
        probes = _probes(searched, people)
        for who, attempt, encounter in _asked(found, encounters):
            one = asked("N/1", attempt, encounter)
            about = one if path == SEARCH else claiming(one, people[WHO.index(who)])
            settled = case(about, searched, probes[who])
            began_s = time.perf_counter()
            with store.engine.begin() as db:
                if path == PAPERS:
                    conclude_documents(db, about, NOW)
                else:
                    conclude(db, store.keys, settled)
            found.took(who, attempt, began_s)
    return found


def _asked(found: Times, encounters: int) -> Iterator[tuple[str, int, str]]:
    """(who, attempt, encounter) in an order nobody can guess."""
    order = [who for who in WHO for _ in range(encounters)]
    random.Random(SEED).shuffle(order)
    for who in order:
        encounter = str(uuid.uuid4())
        for attempt in found.attempts:
            yield who, attempt, encounter


def _hold(db: Connection, keys: KeyRing, journey: str, people: list[Traveler]) -> None:
    travelers.remove(db, people[WHO.index(NOBODY)].traveler)
    stand_against(db, keys, people[WHO.index(HOTLISTED)], NOW)
    intercept(db, journey, people[WHO.index(STOPPED)].traveler, NOW)


def _probes(searched: Gallery, people: list[Traveler]) -> dict[str, Vector]:
    stranger: Vector = vectors(np.random.default_rng(999), 1)[0]
    return {NOBODY: stranger} | {who: of(searched, people[WHO.index(who)]) for who in (HOTLISTED, STOPPED)}


def measured(kind: str, encounters: int, path: str) -> Times:
    found = Times(path)
    with scratch(kind) as store, tempfile.TemporaryDirectory(prefix="limen-neutral-") as folder:
        rig, cut = Rig(Path(folder), store.url), cropped("anna-live")
        known = {NOBODY: None, HOTLISTED: template(cut), STOPPED: template(cut)}
        gates = {who: rig.board(f"N/{n}", f"gate{n}", SIZE, known[who]) for n, who in enumerate(WHO)}
        rig.list_(gates[HOTLISTED].first)
        rig.ask(intercept, gates[STOPPED].journey, gates[STOPPED].first.traveler, utc_ms())
        session = rig.ask(work, AGENT)
        if path == PAPERS:
            rig.ask(travelers.remove, gates[NOBODY].first.traveler)
        with rig:
            stubs = {who: rig.ready(gate, shot(cut)) for who, gate in gates.items()}
            for who, attempt, encounter in _asked(found, encounters):
                request = _request(path, gates[who], cut, (attempt, encounter, session))
                began_s = time.perf_counter()
                reply = _say(stubs[who], request)
                found.took(who, attempt, began_s)
                said = reply.WhichOneof("directive") or "", reply.ByteSize(), _blank(reply)
                found.said.setdefault((who, attempt), set()).add(said)
                time.sleep(REST_S)
    return found


def _request(
    path: str, gate: Boarding, cut: Crop, key: tuple[int, str, str]
) -> pb.VerifyRequest | pb.VerifyDocumentsRequest:
    attempt, encounter, session = key
    if path == PAPERS:
        papers = pb.VerifyDocumentsRequest(encounter=encounter, journey=gate.journey, device=gate.device, agent=AGENT)
        papers.traveler, papers.session = gate.first.traveler, session
        return papers
    request = question(gate, [shot(cut)], attempt, encounter)
    if path == CLAIM:
        request.traveler = gate.first.traveler
    return request


def _say(stub: VerificationStub, request: Request) -> pb.VerifyReply | pb.VerifyDocumentsReply:
    if isinstance(request, pb.VerifyDocumentsRequest):
        return stub.VerifyDocuments(request, timeout=10)
    return stub.Verify(request, timeout=10)


def _timings(kind: str, where: str, found: Times, quick: bool) -> Iterator[Figure]:
    """A few encounters show that it runs, not that times are alike."""
    for who in (HOTLISTED, STOPPED):
        slower, count = found.slower(who), len(found.of[who, 1])
        gap_ms = float(np.median(_all(found, who)) - np.median(_all(found, NOBODY)))
        words = f"{count} encounters of each: P(slower) = {slower:.3f}, medians differ by {gap_ms:+.3f} ms"
        failed = int(not quick and not abs(slower - 0.5) <= SLOWER)
        yield Figure("SE-12", f"{who}: told by time, {found.path} {where}", kind, 1, failed, words)


def _blank(reply: pb.VerifyReply | pb.VerifyDocumentsReply) -> bytes:
    """Its octets without the ids, which are of this encounter alone."""
    without = type(reply).FromString(reply.SerializeToString())
    without.ClearField("encounter")
    if without.HasField("proceed"):
        without.proceed.ClearField("decision")
    return without.SerializeToString(deterministic=True)


def _all(found: Times, who: str) -> list[float]:
    return [ms for n in found.attempts for ms in found.of[who, n]]


def answers(kind: str, found: Times) -> Figure:
    last = found.attempts[-1]
    differ = sum(found.said[who, n] != found.said[NOBODY, n] for n in found.attempts for who in WHO)
    for n in found.attempts:
        differ += {said for said, *_ in found.said[NOBODY, n]} != {"wait" if n == last else "recapture"}
    told = ", ".join(str(sorted({(said, size) for said, size, _ in found.said[NOBODY, n]})) for n in found.attempts)
    words = f"the same octets for all three at every attempt: {told}"
    return Figure("SE-12", f"answers or sizes that differ, {found.path}", kind, len(WHO) * last, differ, words)
