"""How late the loop is that every call is served on: whatever holds it up holds up every gate.

Twice: as callers see it, and without the time in which the machine gave the loop's thread no processor, which is
others' work on it and nothing that the service did.
"""

import asyncio
import time
from pathlib import Path

from backend.operations.metrics import Metrics

EVERY_S = 0.02
WAITED = Path("/proc/thread-self/schedstat")  # ns run, ns waited for a processor, times


async def watch(metrics: Metrics) -> None:
    """Measure, for ever."""
    while True:
        due_s, waited_s = time.monotonic() + EVERY_S, _waited_s()
        await asyncio.sleep(EVERY_S)
        lag_s = max(0.0, time.monotonic() - due_s)
        metrics.loop_lag.observe(lag_s)
        metrics.loop_held.observe(max(0.0, lag_s - (_waited_s() - waited_s)))


def _waited_s() -> float:
    """Of this thread, for a processor; 0 where the kernel does not say."""
    try:
        return int(WAITED.read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0
