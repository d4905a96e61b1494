"""Whether an operator could tell a hotlist hit from a no-match by how long the answer takes, or by its size (AIR-2.2).

The same picture is asked about at two gates with galleries of the same size: at one its owner is on file and on the
hotlist, at the other nobody like that is on file.
"""

import random
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from limen.v1.verification_pb2_grpc import VerificationStub
from scipy.stats import mannwhitneyu

from backend.conclusion import conclude
from calibration.service.deciding import NOW, asked, case, of, staged
from calibration.service.figure import Figure
from calibration.service.journeys import vectors
from calibration.service.rig import Boarding, Rig, cropped, question, shot, stand_against, template
from calibration.service.stores import KINDS, scratch
from vision.crop import Crop

SIZE, ATTEMPTS = 420, 3
ENCOUNTERS, QUICK = 500, 20
REST_S = 0.1  # between two questions: the alert of a hit is made after its answer, and nobody asks again sooner
SIGNIFICANT = 0.001
SEED = 5


@dataclass(slots=True)
class Times:
    """of: milliseconds by (kind, attempt).  sizes: bytes of the replies, by attempt."""

    of: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    sizes: dict[tuple[str, int], set[int]] = field(default_factory=dict)


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        encounters = QUICK if quick else ENCOUNTERS
        yield from timings(kind, "in the store", decided(kind, encounters))
        found = measured(kind, encounters)
        yield from timings(kind, "at the gate", found)
        yield _sizes(kind, found)


def decided(kind: str, encounters: int) -> Times:
    """The transaction alone: all that depends on who it is, without the images' noise."""
    found = Times()
    with scratch(kind) as store:
        with store.engine.begin() as db:
            who, searched = staged(db, store.keys, "N/1")
            stand_against(db, store.keys, who[0], NOW)
        probes = {"hit": of(searched, who[0]), "nobody": vectors(np.random.default_rng(999), 1)[0]}
        for what in _shuffled(probes, encounters):
            encounter = str(uuid.uuid4())
            for attempt in range(1, ATTEMPTS + 1):
                settled = case(asked("N/1", attempt, encounter), searched, probes[what])
                began_s = time.perf_counter()
                with store.engine.begin() as db:
                    conclude(db, store.keys, settled)
                found.of.setdefault((what, attempt), []).append((time.perf_counter() - began_s) * 1000)
    return found


def _shuffled(kinds: Iterable[str], encounters: int) -> list[str]:
    order = [kind for kind in kinds for _ in range(encounters)]
    random.Random(SEED).shuffle(order)
    return order


def measured(kind: str, encounters: int) -> Times:
    found = Times()
    with scratch(kind) as store, tempfile.TemporaryDirectory(prefix="limen-neutral-") as folder:
        rig, cut = Rig(Path(folder), store.url), cropped("anna-live")
        gates = {"hit": rig.board("N/1", "gate1", SIZE, template(cut)), "nobody": rig.board("N/2", "gate2", SIZE)}
        rig.list_(gates["hit"].first)
        with rig:
            stubs = {kind: rig.ready(gate, shot(cut)) for kind, gate in gates.items()}
            for what in _shuffled(gates, encounters):
                _encounter(found, what, stubs[what], gates[what], cut)
    return found


def _encounter(found: Times, what: str, stub: VerificationStub, gate: Boarding, cut: Crop) -> None:
    encounter = str(uuid.uuid4())
    for attempt in range(1, ATTEMPTS + 1):
        request = question(gate, [shot(cut)], attempt, encounter)
        began_s = time.perf_counter()
        reply = stub.Verify(request, timeout=10)
        found.of.setdefault((what, attempt), []).append((time.perf_counter() - began_s) * 1000)
        found.sizes.setdefault((what, attempt), set()).add(reply.ByteSize())
        if reply.WhichOneof("directive") != ("recapture" if attempt < ATTEMPTS else "wait"):
            raise AssertionError(f"{what}: attempt {attempt} was answered with {reply.WhichOneof('directive')}")
        time.sleep(REST_S)


def timings(kind: str, where: str, found: Times) -> Iterator[Figure]:
    return (_timing(kind, where, found, attempt) for attempt in range(1, ATTEMPTS + 1))


def _timing(kind: str, where: str, found: Times, attempt: int) -> Figure:
    hits, nobody = (np.array(found.of[what, attempt]) for what in ("hit", "nobody"))
    p = float(mannwhitneyu(hits, nobody).pvalue)
    gap_ms = float(np.median(hits) - np.median(nobody))
    words = f"{len(hits)} of each: medians {np.median(hits):.2f} and {np.median(nobody):.2f} ms, {gap_ms:+.3f} ms"
    words += f"; Mann-Whitney p = {p:.3f}"
    return Figure("AIR-2.2", f"attempt {attempt}: told apart by time {where}", kind, 1, int(p < SIGNIFICANT), words)


def _sizes(kind: str, found: Times) -> Figure:
    differ = sum(found.sizes["hit", n] != found.sizes["nobody", n] for n in range(1, ATTEMPTS + 1))
    told = ", ".join(str(sorted(found.sizes["hit", n])) for n in range(1, ATTEMPTS + 1))
    return Figure("AIR-2.2", "replies of another size", kind, ATTEMPTS, differ, f"bytes by attempt: {told}")
