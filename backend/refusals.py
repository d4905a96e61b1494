"""What was refused and must be known: of each caller the first few in a minute are logged, metrics count them all."""

from backend.caller import Caller
from backend.clock import Clock
from backend.store.audit import by, note
from backend.store.engine import Store

MOST = 10  # of one caller in a minute, so that nobody fills the disk by being refused
LONGEST = 300  # characters of why
MINUTE_MS = 60_000


class Few:
    """The first few of each name in a minute."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}  # by name: the minute, how many in it

    def more(self, name: str, now_utc_ms: int) -> str | None:
        """What to say of those left out in the minutes before, "" for none; None if this one is left out."""
        minute, count = self._counts.get(name, (0, 0))
        unsaid = 0
        if minute != now_utc_ms // MINUTE_MS:
            unsaid, minute, count = max(count - MOST, 0), now_utc_ms // MINUTE_MS, 0
        self._counts[name] = minute, count + 1
        if count >= MOST:
            return None
        return f" ({unsaid} more before were not written down)" if unsaid else ""


class Refusals:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock, self._few = store, clock, Few()

    async def record(self, who: Caller, method: str, why: str, action: str = "access.refused") -> None:
        now_utc_ms = self._clock()
        if (more := self._few.more(who.name, now_utc_ms)) is not None:
            said = why[:LONGEST] + more
            await self._store.run(note, by(who, now_utc_ms, action, method, who.gate or "", said))
