"""SR-02 and SR-03 on a real service: a thousand callers with one question, and five times what can be answered."""

import asyncio
import contextlib
import gc
import random
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import numpy as np
from limen.v1 import fleet_pb2
from limen.v1 import verification_pb2 as pb
from limen.v1.fleet_pb2_grpc import FleetStub
from limen.v1.verification_pb2_grpc import VerificationStub
from sqlalchemy import Connection, func, select

from backend.store.schema import decisions
from calibration.service.figure import Figure
from calibration.service.rig import Boarding, Rig, cropped, question, shot
from calibration.service.stores import KINDS, scratch

if TYPE_CHECKING:
    from limen.v1.verification_pb2_grpc import VerificationAsyncStub

CALLERS, QUICK = 1000, 60
PEAK_S, OVER_S = 8.0, 15.0
TIMES = 5
DEADLINE_S = 1.5  # the appliance's
REJECT_MS, LEAST_GOODPUT = 50.0, 0.8
CHANNELS = 8  # gates
ONE_FOR_MANY = """
[budgets]
calls = 2000
calls_in_all = 2000
calls_a_second = 5000
request_bytes = 134217728
"""  # one certificate


@dataclass(slots=True)
class Told:
    """What callers were told.  answered: in time.  rejected_ms: of a typed refusal.
    other_ms: of calls that are not verifications, made meanwhile."""

    sent: int = 0
    answered: int = 0
    rejected_ms: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    other_ms: list[float] = field(default_factory=list)


def figures(quick: bool) -> Iterator[Figure]:
    for kind in KINDS:
        yield same_key(kind, QUICK if quick else CALLERS)
    yield from overload(2.0 if quick else PEAK_S, 3.0 if quick else OVER_S)


def same_key(kind: str, callers: int) -> Figure:
    with scratch(kind) as store, tempfile.TemporaryDirectory(prefix="limen-load-") as folder:
        rig, made = Rig(Path(folder), store.url, more=ONE_FOR_MANY), shot(cropped("anna-live"))
        gate = rig.board("L/1", "gate1", 420)
        with rig:
            rig.ready(gate, made)
            asked = question(gate, [made])
            replies = asyncio.run(_at_once(rig, gate, asked, callers))
        kept = rig.ask(_kept, asked.encounter)
    wrong = len({reply.SerializeToString(deterministic=True) for reply in replies}) - 1 + abs(kept - 1)
    words = f"{callers:,} at once: {len(replies):,} answers, {kept} decision"
    return Figure("SR-02", "more than one answer to one key", kind, callers, wrong + callers - len(replies), words)


def _kept(db: Connection, encounter: str) -> int:
    return db.execute(select(func.count()).where(decisions.c.encounter == encounter)).scalar_one()


async def _at_once(rig: Rig, gate: Boarding, asked: pb.VerifyRequest, callers: int) -> list[pb.VerifyReply]:
    async with _stubs(rig, gate) as stubs:
        calls = (stubs[i % CHANNELS].Verify(asked, timeout=50) for i in range(callers))
        return list(await asyncio.gather(*calls))


def overload(peak_s: float, over_s: float) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="limen-load-") as folder:
        rig, made = Rig(Path(folder), more=ONE_FOR_MANY), shot(cropped("anna-live"))
        gate = rig.board("L/1", "gate1", 420)
        with rig:
            rig.ready(gate, made)
            peak, over, rate = asyncio.run(_loaded(rig, gate, made, (peak_s, over_s)))
    goodput = over.answered / over_s
    words = f"peak {peak:.1f}/s; {rate:.0f}/s offered: {goodput:.1f}/s answered in time, {goodput / peak:.2f} of peak"
    words += f"; {len(over.rejected_ms):,} refused, others: {dict(over.failed) or 'none'}"
    what, missed = f"goodput at {TIMES}x below {LEAST_GOODPUT:.0%}", goodput < LEAST_GOODPUT * peak
    yield Figure("SR-03", what, "sqlcipher", 1, int(missed), words)
    yield _refusals(over)
    p50, p99 = np.percentile(over.other_ms, (50, 99))
    failed = sum(count for code, count in over.failed.items() if code.startswith("other"))
    words = f"calls that are no verifications, made meanwhile: p50 {p50:.1f}, p99 {p99:.1f} ms"
    yield Figure("SR-03", "other calls shed", "sqlcipher", len(over.other_ms), failed, words)


def _refusals(over: Told) -> Figure:
    late = int(np.sum(np.array(over.rejected_ms) > REJECT_MS))
    p50, p99, most = np.percentile(over.rejected_ms or [float("nan")], (50, 99, 100))
    words = f"p50 {p50:.1f}, p99 {p99:.1f}, longest {most:.1f} ms, client and service on the same cores"
    return Figure("SR-03", f"refused later than {REJECT_MS:.0f} ms", "sqlcipher", len(over.rejected_ms), late, words)


async def _loaded(rig: Rig, gate: Boarding, made: pb.Shot, lasts_s: tuple[float, float]) -> tuple[float, Told, float]:
    """Answers a second of as many callers as keep it busy, what callers were told in the overload, and its rate."""
    gc.freeze()  # the callers' own pauses are not the service's
    async with _stubs(rig, gate) as stubs:
        peak = await _peak(stubs, gate, made, lasts_s[0])
        over, rate = Told(), TIMES * peak
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_others(rig, gate, over, lasts_s[1]))
            await _offered(stubs, gate, made, rate, lasts_s[1], over, tasks)
        return peak, over, rate


async def _peak(stubs: list["VerificationAsyncStub"], gate: Boarding, made: pb.Shot, lasts_s: float) -> float:
    done, until_s = 0, time.monotonic() + lasts_s

    async def ask(stub: "VerificationAsyncStub") -> None:
        nonlocal done
        while time.monotonic() < until_s:
            await stub.Verify(question(gate, [made]), timeout=30)
            done += 1

    await asyncio.gather(*(ask(stub) for stub in stubs))
    return done / lasts_s


async def _offered(
    stubs: list["VerificationAsyncStub"],
    gate: Boarding,
    made: pb.Shot,
    rate: float,
    lasts_s: float,
    over: Told,
    tasks: asyncio.TaskGroup,
) -> None:
    """An open loop: callers come at random, whether or not those before them have been answered."""
    rng, next_s = random.Random(7), time.monotonic()
    until_s = next_s + lasts_s
    while next_s < until_s:
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
        tasks.create_task(_one(stubs[over.sent % CHANNELS], gate, made, over))
        over.sent += 1
        next_s += rng.expovariate(rate)


async def _one(stub: "VerificationAsyncStub", gate: Boarding, made: pb.Shot, over: Told) -> None:
    asked, began_s = question(gate, [made], encounter=str(uuid.uuid4())), time.monotonic()
    try:
        await stub.Verify(asked, timeout=DEADLINE_S)
        over.answered += 1
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
            over.rejected_ms.append((time.monotonic() - began_s) * 1000)
        else:
            over.failed[error.code().name] += 1


async def _others(rig: Rig, gate: Boarding, over: Told, lasts_s: float) -> None:
    """A call that passes no limiter, ten times a second."""
    async with grpc.aio.secure_channel(rig.address, rig.credentials(gate.device)) as channel:
        stub, until_s = FleetStub(channel), time.monotonic() + lasts_s
        while time.monotonic() < until_s:
            began_s = time.monotonic()
            try:
                await stub.Health(fleet_pb2.HealthRequest(device=gate.device, camera_ok=True, gate_ok=True), timeout=10)
            except grpc.aio.AioRpcError as error:
                over.failed[f"other {error.code().name}"] += 1
            over.other_ms.append((time.monotonic() - began_s) * 1000)
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def _stubs(rig: Rig, gate: Boarding) -> AsyncIterator[list["VerificationAsyncStub"]]:
    """Each on a connection of its own."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with contextlib.AsyncExitStack() as stack:
        made = [
            grpc.aio.secure_channel(rig.address, rig.credentials(gate.device), options=options) for _ in range(CHANNELS)
        ]
        yield [VerificationStub(await stack.enter_async_context(channel)) for channel in made]
