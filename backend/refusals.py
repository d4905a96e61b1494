"""What was refused and must be known: of each caller the first few in a minute are logged, metrics count them all."""

from backend.caller import Caller
from backend.clock import Clock
from backend.store.audit import by, note
from backend.store.engine import Store

MOST = 10  # of one caller in a minute, so that nobody fills the disk by being refused
LONGEST = 300  # characters of why
MINUTE_MS = 60_000


class Refusals:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._counts: dict[str, tuple[int, int]] = {}  # by name: the minute, how many in it

    async def record(self, who: Caller, method: str, why: str, action: str = "access.refused") -> None:
        now_utc_ms = self._clock()
        minute, count = self._counts.get(who.name, (0, 0))
        unsaid = 0
        if minute != now_utc_ms // MINUTE_MS:
            unsaid, minute, count = max(count - MOST, 0), now_utc_ms // MINUTE_MS, 0
        self._counts[who.name] = minute, count + 1
        if count < MOST:
            said = why[:LONGEST] + (f" ({unsaid} more before were not written down)" if unsaid else "")
            await self._store.run(note, by(who, now_utc_ms, action, method, who.gate or "", said))
