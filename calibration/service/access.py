"""Who gets in and who does not: strangers, renewals, revocations, and every cell of roles, methods, ports, purposes."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.server import METHODS
from calibration.service import renewal, strangers
from calibration.service.access_matrix import Matrix, cells
from calibration.service.border_post import Place, furnish
from calibration.service.figure import Figure
from calibration.service.rig import Rig, cropped, shot
from calibration.service.stores import scratch

ROTATIONS, CUTS = 20, 20
QUICK = 3
SERVED = [*METHODS, "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"]


def figures(quick: bool) -> Iterator[Figure]:
    rounds, cuts = (QUICK, QUICK) if quick else (ROTATIONS, CUTS)
    with running() as (rig, _):
        yield _strangers(rig)
    with running(more="connection_age_s = 1.0\n") as (rig, _):
        yield _rotations(rig, rounds)
    for kind in ("sqlcipher", "postgresql"):
        with scratch(kind) as store, running(store.url) as (rig, _):
            yield _revoked(rig, kind, "a removed gate's", cuts, renewal.cut_device)
            yield _revoked(rig, kind, "a barred officer's", cuts, renewal.cut_person)
    with running() as (rig, place):
        yield _matrix(rig, place)


@contextmanager
def running(database: str = "", more: str = "") -> Iterator[tuple[Rig, Place]]:
    """A service with a flight, an alert and a crossing at ZRH, up and ready."""
    with tempfile.TemporaryDirectory(prefix="limen-access-") as folder:
        rig = Rig(Path(folder), database, more=more)
        place = furnish(rig)
        with rig:
            rig.ready(place.boarding, shot(cropped("stranger-live")))
            yield rig, place


def _strangers(rig: Rig) -> Figure:
    wrong = list(strangers.let_in(rig, SERVED))
    known = strangers.gets_in(rig)
    tried = len(SERVED) * len(strangers.KINDS)
    words = f"{len(strangers.KINDS)} kinds of stranger, {len(SERVED)} methods; the right certificate: {known}"
    return Figure("SE-01", "strangers refused", "", tried, len(wrong) + (known != "ok"), words)


def _rotations(rig: Rig, rounds: int) -> Figure:
    calls, failed = renewal.rotate(rig, rounds)
    words = f"{rounds} rotations, every {renewal.SUCCESSION}th of the authority; {'; '.join(sorted(set(failed))[:3])}"
    return Figure("SE-02", "calls while certificates change", "", calls, len(failed), words.rstrip("; "))


def _revoked(rig: Rig, kind: str, whose: str, cuts: int, cut: Callable[[Rig, int], tuple[float, str]]) -> Figure:
    found = [cut(rig, number) for number in range(cuts)]
    late = [s for s, how in found if s > renewal.LATEST_S or how != "PERMISSION_DENIED"]
    words = f"open stream ended after at most {max(s for s, _ in found):.1f} s, told so, and the channel refused"
    return Figure("SE-02", f"{whose} live channel is cut", kind, cuts, len(late), words)


def _matrix(rig: Rig, place: Place) -> Figure:
    matrix, tried = Matrix(rig, place), cells()
    matrix.enrol()
    wrong = list(matrix.wrong(tried))
    matrix.close()
    words = "; ".join(f"{cell}: {came}" for cell, came in wrong[:3]) or "role × method × port × purpose, all as wanted"
    return Figure("SE-04", "cells of the access matrix", "", len(tried), len(wrong), words)
