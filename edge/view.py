"""What the screens show: one value the brain changes and the pages follow."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from edge.encounter.events import Prompt


@dataclass(frozen=True, slots=True)
class Missing:
    """A traveller on the manifest who has not crossed."""

    traveler: str
    name: str
    seat: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the agent's list; `result` is neutral: it never says why somebody waits."""

    at: str
    encounter: str
    result: str


@dataclass(slots=True)
class View:
    """Change it through `update`, so that followers hear of it."""

    prompt: Prompt = Prompt.WELCOME
    lamp: str = "off"
    gate: str = "not connected"
    not_guaranteed: tuple[str, ...] = ()
    camera: str = "starting"
    reader: str = ""  # of the lane's own document reader; empty where there is none
    reader_ok: bool = True
    service: str = "connecting"
    service_up: bool = False
    liveness_enforced: bool = True
    journey: str = ""
    aboard: int = 0
    missing: tuple[Missing, ...] = ()
    visits: deque[Visit] = field(default_factory=lambda: deque(maxlen=12))
    outbox: int = 0
    _revision: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def update(self, **fields: object) -> None:
        """Set fields; tell followers if any is new."""
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        if changed:
            self._tell()

    def visited(self, visit: Visit) -> None:
        self.visits.appendleft(visit)
        self._tell()

    async def follow(self, most_s: float = 10.0) -> AsyncIterator[None]:
        """Now, after every change, and every `most_s` seconds so that a dead page is noticed."""
        seen = -1
        while True:
            if seen == self._revision:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(most_s):
                        await self._changed.wait()
            seen = self._revision
            yield

    def _tell(self) -> None:
        self._revision += 1
        self._changed.set()
        self._changed = asyncio.Event()
