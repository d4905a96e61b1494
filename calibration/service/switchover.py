"""SR-04: the primary of the database changes, planned or not, under two replicas that are being asked."""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
from limen.v1.verification_pb2_grpc import VerificationStub

from calibration.service.cluster import Cluster
from calibration.service.failover import CALLERS, GATE, Floor, Tally, ask_until, floor
from calibration.service.figure import Figure

TIMES, QUICK_TIMES = 10, 1
CALM_S = 2.0  # before and after each act
RECOVERED_S = 15.0
STRANGERS = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'd%' AND backend_type = 'client backend'"
FAULTS = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Site:
    made: Floor
    cluster: Cluster


@contextlib.contextmanager
def site() -> Iterator[Site]:
    with Cluster() as cluster, floor(cluster.url(), 'standby = "synchronous"\n') as made:
        yield Site(made, cluster)


def figures(quick: bool) -> Iterator[Figure]:
    times = QUICK_TIMES if quick else TIMES
    with site() as at:
        for what, act in (
            ("a planned switch-over", at.cluster.switch_over),
            ("the primary is killed, the standby promoted", at.cluster.fail_over),
            ("the primary is killed and restarted", at.cluster.crash),
        ):
            yield changed(at, what, act, times)


def changed(at: Site, what: str, act: Callable[[], None], times: int) -> Figure:
    """An act fails for each answer that is not kept, each INTERNAL, each replica that ended or still asks the standby,
    and where nobody is answered for longer than RECOVERED_S."""
    over = threading.Event()
    with at.made.replicas.connect(GATE) as channel, ThreadPoolExecutor(CALLERS) as pool:
        stub = VerificationStub(channel)
        asking = [pool.submit(ask_until, stub, at.made, over) for _ in range(CALLERS)]
        began_s = [_acted(at, act) for _ in range(times)]
        over.set()
        told = [asked.result() for asked in asking]
    gaps = _gaps(told, began_s)
    lost = len(set().union(*(t.answered for t in told)) - at.made.kept())
    codes = sum((t.missed for t in told), Counter[grpc.StatusCode]())
    faults, ended = sum(codes[code] for code in FAULTS), len(at.made.replicas.ports) - at.made.replicas.alive
    stale, slow = int(at.cluster.standby.tell(STRANGERS)[0][0]), sum(gap > RECOVERED_S for gap in gaps)
    words = f"{sum(t.fine for t in told):,} answered, {lost} of them lost, {faults} INTERNAL, {ended} replicas ended, "
    words += f"{stale} connections left at the standby; nobody answered for {_middle(gaps):.1f} s (median), at most "
    words += f"{max(gaps):.1f} s; tries that failed: { {c.name: n for c, n in codes.items()} }"
    return Figure("SR-04", what, "postgresql", times, lost + faults + ended + stale + slow, words)


def _acted(at: Site, act: Callable[[], None]) -> float:
    time.sleep(CALM_S)
    began_s = time.monotonic()
    act()
    at.made.await_serving()
    time.sleep(CALM_S)
    return began_s


def _gaps(told: list[Tally], began_s: list[float]) -> list[float]:
    """For each act the longest time without an answer to anybody, until the next act."""
    answered_s = sorted(at_s for tally in told for at_s in tally.at_s)
    pairs = list(itertools.pairwise(answered_s))
    ends_s = [*began_s[1:], float("inf")]
    return [
        max((later - one for one, later in pairs if later > began and one < end), default=float("inf"))
        for began, end in zip(began_s, ends_s, strict=True)
    ]


def _middle(gaps: list[float]) -> float:
    return sorted(gaps)[len(gaps) // 2]
