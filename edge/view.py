"""What the screens show: one value the brain changes and the pages follow."""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field

from edge.encounter.events import Prompt

REPEAT_S = 0.5  # between two events of a stream without news; a page is not current after three seconds without one
STILL_S = 2.0  # the brain says that it moves at every beat; without that for this long nothing here is current
FOR_AGENT = (
    "prompt",
    "lamp",
    "gate",
    "not_guaranteed",
    "camera",
    "reader",
    "reader_ok",
    "service",
    "service_up",
    "liveness_enforced",
    "journey",
    "aboard",
    "outbox",
)


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
    """Change it through `update`, so that followers hear of it.  moved_s: when the loop that decides last moved."""

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
    moved_s: float = -math.inf
    loop_lag_s: float = 0.0  # most that the loop that decides was late in the last minute
    heard_s: float = 0.0  # in the process with the pages: when the brain was heard last
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

    def move(self, now_s: float) -> None:
        """The brain makes progress: what is shown is of now."""
        self.moved_s = now_s

    @property
    def current(self) -> bool:
        """Whether the brain still stands behind what is shown."""
        return time.monotonic() - self.moved_s < STILL_S

    def for_traveler(self) -> dict[str, object]:
        """What the traveler's page is told."""
        return {"current": self.current, "prompt": self.prompt, "liveness_enforced": self.liveness_enforced}

    def for_agent(self) -> dict[str, object]:
        """What the agent's page is told."""
        state: dict[str, object] = {name: getattr(self, name) for name in FOR_AGENT}
        state |= {"current": self.current, "missing": [asdict(person) for person in self.missing]}
        return state | {"visits": [asdict(visit) for visit in self.visits]}

    async def follow(self, most_s: float = REPEAT_S) -> AsyncIterator[None]:
        """Now, after every change, and every `most_s` seconds so that silence is noticed."""
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
