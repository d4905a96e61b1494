"""SR-08 and SR-10: an honest gate asks at a steady pace while one peer, or nobody in particular, does its worst."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np
from limen.v1 import verification_pb2 as pb
from limen.v1.verification_pb2_grpc import VerificationStub

from calibration.rehearsal.lane import free_port
from calibration.service.attackers import DEVICE, KINDS
from calibration.service.figure import Figure
from calibration.service.rig import Boarding, Rig, cropped, question, shot

LASTS_S, QUICK_S = 20.0, 5.0
CLEARED_S = 4.0  # until nothing is left of an attack
PACE_S, DEADLINE_S = 0.1, 1.5  # the appliance's deadline
BEGUN_S = 1.5  # until an attacker is at work
TIMES, LAG_S = 2.0, 0.1
LAG, HELD = "limen_loop_lag_seconds_bucket", "limen_loop_held_seconds_bucket"


@dataclass(slots=True)
class Asked:
    """What an honest gate saw, and how late the service's loop was meanwhile."""

    took_ms: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    looks: int = 0
    late: int = 0
    within_s: str = ""  # the least bucket that holds every lag
    held: int = 0  # late though the thread had a processor
    told: dict[str, int] = field(default_factory=dict)

    @property
    def p99_ms(self) -> float:
        return float(np.percentile(self.took_ms or [float("nan")], 99))


class Site:
    """A running service with an honest gate and another one that will attack."""

    def __init__(self, rig: Rig, metrics: int, gate: Boarding, stub: VerificationStub, made: pb.Shot) -> None:
        self.rig, self._metrics, self._gate, self._stub, self._made = rig, metrics, gate, stub, made

    def quiet(self, lasts_s: float) -> Asked:
        return self._ask(lasts_s)

    def under(self, kind: str, lasts_s: float) -> Asked:
        """kind: of attackers.KINDS."""
        words = [kind, str(self.rig.root / DEVICE), str(self.rig.port), str(lasts_s + 2 * BEGUN_S)]
        command = [sys.executable, "-m", "calibration.service.attackers", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as attacker:
            time.sleep(BEGUN_S)
            found = self._ask(lasts_s)
            said, _ = attacker.communicate(timeout=120)
        found.told = json.loads(said)
        return found

    def _ask(self, lasts_s: float) -> Asked:
        found, before, held, next_s = Asked(), self._lags(LAG), self._lags(HELD), time.monotonic()
        until_s = next_s + lasts_s
        while next_s < until_s:
            time.sleep(max(0.0, next_s - time.monotonic()))
            began_s = time.monotonic()
            try:
                self._stub.Verify(question(self._gate, [self._made]), timeout=DEADLINE_S)
            except grpc.RpcError as error:
                found.refused.append(error.code().name)
            found.took_ms.append((time.monotonic() - began_s) * 1000)
            next_s = max(next_s + PACE_S, time.monotonic())
        after, holding = self._lags(LAG), self._lags(HELD)
        grown = {bound: after[bound] - before[bound] for bound in after}
        found.looks = grown["+Inf"]
        bound = f"{LAG_S:g}"
        found.late = found.looks - grown[bound]
        found.held = (holding["+Inf"] - holding[bound]) - (held["+Inf"] - held[bound])
        found.within_s = next(bound for bound in grown if grown[bound] == found.looks)
        return found

    def _lags(self, name: str) -> dict[str, int]:
        """Looks so far that were no later than each bound, the least first."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics", timeout=10) as told:
            lines = told.read().decode().splitlines()
        found = (line for line in lines if line.startswith(name))
        return {line.split('"')[1]: int(float(line.split()[-1])) for line in found}


@contextmanager
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="limen-attacks-") as folder:
        metrics = free_port(0)
        rig, made = Rig(Path(folder), more=f'metrics = "127.0.0.1:{metrics}"\n'), shot(cropped("anna-live"))
        gate = rig.board("L/1", "gate1", 420)
        rig.board("L/2", DEVICE, 4)
        with rig:
            yield Site(rig, metrics, gate, rig.ready(gate, made), made)


def figures(quick: bool) -> Iterator[Figure]:
    lasts_s = QUICK_S if quick else LASTS_S
    with site() as there:
        there.quiet(2.0)  # whatever is slow the first time
        for kind in KINDS:
            quiet = there.quiet(lasts_s)  # before each: who else is on this machine comes and goes
            found = there.under(kind, lasts_s)
            yield _answers(kind, found, quiet)
            yield _lag(kind, found, quiet)
            time.sleep(CLEARED_S)


def _answers(kind: str, found: Asked, quiet: Asked) -> Figure:
    slow = found.p99_ms > TIMES * quiet.p99_ms
    words = f"p99 {found.p99_ms:.0f} ms, quiet {quiet.p99_ms:.0f} ms; the attacker was told "
    words += ", ".join(f"{what} {often:,}" for what, often in sorted(found.told.items())) or "nothing"
    failures = len(found.refused) + slow
    return Figure(
        "SR-08", f"{kind}: refused, or p99 beyond {TIMES:g} x", "sqlcipher", len(found.took_ms), failures, words
    )


def _lag(kind: str, found: Asked, quiet: Asked) -> Figure:
    words = f"every one within {found.within_s} s; {found.held} of them though the loop had a processor; "
    words += f"before, with nobody attacking: {quiet.late} of {quiet.looks}, within {quiet.within_s} s"
    return Figure(
        "SR-10", f"{kind}: loop later than {LAG_S * 1000:.0f} ms", "sqlcipher", found.looks, found.late, words
    )
