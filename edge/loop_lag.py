"""How late the loop that decides comes to what is due: what holds it up holds up the heartbeat."""

import asyncio
import time
from collections import deque

import structlog

log = structlog.get_logger()
PERIOD_S = 0.02
WINDOW_S, WINDOWS = 10.0, 6
MUCH_S = 0.1


class LoopLag:
    """worst_s: of the last minute."""

    def __init__(self) -> None:
        self._windows: deque[tuple[float, float]] = deque([(-WINDOW_S, 0.0)], WINDOWS)  # when it began, its worst

    @property
    def worst_s(self) -> float:
        return max(worst_s for _, worst_s in self._windows)

    async def run(self) -> None:
        while True:
            due_s = time.monotonic() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            now_s = time.monotonic()
            self.note(now_s, now_s - due_s)

    def note(self, now_s: float, lag_s: float) -> None:
        """Once for each window that had much of it, a line in the log."""
        began_s, worst_s = self._windows[-1]
        if now_s - began_s >= WINDOW_S:
            began_s, worst_s = now_s, 0.0
            self._windows.append((began_s, worst_s))
        if lag_s > worst_s:
            self._windows[-1] = (began_s, lag_s)
        if lag_s > MUCH_S >= worst_s:
            log.warning("loop.lagged", seconds=round(lag_s, 3))
