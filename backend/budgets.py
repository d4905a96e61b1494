"""How much one peer, and all together, may have under way: calls, streams, bytes, and one session of a device; and how
often it may ask."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from backend.errors import Busy, SecondSession, TooMany
from backend.settings import Budgets as Most

GONE_S = 2.0  # until the stream of a connection that just ended is cleared away
PEOPLE = 16  # are behind a console, so it has as many budgets
BURST_S = 0.25  # of calls that need not wait for one another
LONGEST_S = 4.0  # that a call waits for its turn: who makes more wait has more connections than a peer needs
BYTES_OF_CALL = 2**16  # a larger request counts as so many calls more
OF_PERSON = 0.25  # of its console's calls a second, so that the others have theirs
REMEMBERED = 10_000  # holders: a console may say any number of tokens


class Budget:
    """Of one kind of thing: so much of one holder's, so much in all."""

    def __init__(self, what: str, most: int, in_all: int) -> None:
        self._what, self._most, self._in_all = what, most, in_all
        self._held: Counter[str] = Counter()
        self._sum = 0

    @contextlib.contextmanager
    def held(self, holder: str, amount: int = 1, times: int = 1, *, counted: bool = False) -> Iterator[None]:
        """times: of this holder's share.  counted: another holder has it already, in all it is one.  Raises Busy, at
        once."""
        more = 0 if counted else amount
        if self._held[holder] + amount > self._most * times:
            raise Busy(f"{holder} has {self._held[holder]} {self._what}, at most {self._most * times}; end some first")
        if self._sum + more > self._in_all:
            raise Busy(f"{self._sum} {self._what} are open, at most {self._in_all} may be; ask again later")
        self._held[holder] += amount
        self._sum += more
        try:
            yield
        finally:
            self._held[holder] -= amount
            self._sum -= more
            if not self._held[holder]:
                del self._held[holder]


class Pace:
    """Pure: when a holder's next call has its turn.  A call too many waits instead of being refused: whoever is refused
    at once asks again at once, and each refusal costs the others as much as a small answer."""

    def __init__(self, a_second: int) -> None:
        self._each_s = 1 / a_second
        self._next_s: dict[str, float] = {}

    def wait_s(self, holder: str, now_s: float, share: float = 1.0, longest_s: float = LONGEST_S) -> float:
        """Until the turn of a call that came now.  share: of what a peer may.  Raises TooMany."""
        due_s = max(self._next_s.get(holder, 0.0), now_s - BURST_S) + self._each_s / share
        if due_s > now_s + longest_s:
            raise TooMany(f"more calls than {share / self._each_s:.0f} a second; ask less often")
        self._next_s[holder] = due_s
        if len(self._next_s) > REMEMBERED:
            self._next_s = {of: next_s for of, next_s in self._next_s.items() if next_s > now_s - BURST_S}
        return max(0.0, due_s - now_s)

    def read(self, holder: str, size: int) -> None:
        """So many bytes of a request: what comes next waits for them."""
        self._next_s[holder] = self._next_s.get(holder, 0.0) + size // BYTES_OF_CALL * self._each_s


class Budgets:
    def __init__(self, most: Most) -> None:
        self.pace = Pace(most.calls_a_second)
        self.calls = Budget("calls", most.calls, most.calls_in_all)
        self.streams = Budget("streams", most.streams, most.streams_in_all)
        self.bytes = Budget("request bytes", most.request_bytes, most.request_bytes_in_all)


@dataclass(slots=True)
class _Session:
    """gone: once its last stream has ended."""

    connection: str
    streams: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Sessions:
    """The watch of a gallery is a device's session, and its connection is the only one: a second connection that
    watches says that the device's key is elsewhere too.

    The first stays.  It is gone within seconds of its connection's end: a peer that does not answer pings has none.
    """

    def __init__(self) -> None:
        self._open: dict[str, _Session] = {}

    @contextlib.asynccontextmanager
    async def held(self, device: str, connection: str) -> AsyncIterator[None]:
        """Raises SecondSession if the first does not end within a moment."""
        session = await self._joined(device, connection)
        session.streams += 1
        try:
            yield
        finally:
            session.streams -= 1
            if not session.streams:
                del self._open[device]
                session.gone.set()

    async def _joined(self, device: str, connection: str) -> _Session:
        if (first := self._open.get(device)) is not None and first.connection != connection:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(first.gone.wait(), GONE_S)
        session = self._open.setdefault(device, _Session(connection))
        if session.connection != connection:
            raise SecondSession(
                f"{device} already watches its gallery on another connection; if that is not this appliance, "
                f"its key is in use elsewhere: `limen-tvs device renew {device}`"
            )
        return session
