"""How late the loop is that every call is served on: whatever holds it up holds up every gate."""

import asyncio
import time

from backend.operations.metrics import Metrics

EVERY_S = 0.02


async def watch(metrics: Metrics) -> None:
    """Measure, for ever."""
    while True:
        due_s = time.monotonic() + EVERY_S
        await asyncio.sleep(EVERY_S)
        metrics.loop_lag.observe(max(0.0, time.monotonic() - due_s))
