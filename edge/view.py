"""What the screens show: one value the brain changes and the pages follow."""

import asyncio
import contextlib
import hashlib
import hmac
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field

from edge import sentences
from edge.boarding_shown import Boarding
from edge.encounter.events import Prompt
from edge.sentences import CameraSays, GateSays, LaneSays, ServiceSays

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
    "expected",
    "outbox",
    "lane",
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
    result: sentences.Result


@dataclass(frozen=True, slots=True)
class OpenShift:
    """Whose shift a browser's cookie stands for."""

    cookie_sha256: str
    person: str


@dataclass(slots=True)
class View:
    """Change it through `update`, so that followers hear of it.  moved_s: when the loop that decides last moved."""

    prompt: Prompt = Prompt.WELCOME
    lamp: str = "off"
    gate: GateSays = GateSays.CONNECTING
    gate_checks: tuple[str, ...] = ()  # what to look at, by the door's own table of faults
    not_guaranteed: tuple[str, ...] = ()
    camera: CameraSays = CameraSays.STARTING
    reader: str = ""  # of the lane's own document reader; empty where there is none
    reader_ok: bool = True
    service: ServiceSays = ServiceSays.CONNECTING
    service_up: bool = False
    liveness_enforced: bool = True
    journey: str = ""
    photos: tuple[int, int] = (0, 0)  # of the gallery in the making: done, all
    expected: int = 0
    missing: tuple[Missing, ...] = ()
    visits: deque[Visit] = field(default_factory=lambda: deque(maxlen=12))
    lane: LaneSays = LaneSays.NOBODY
    boarding: Boarding | None = None
    outbox: int = 0
    shifts: tuple[OpenShift, ...] = ()
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
    def aboard(self) -> int:
        """Of those expected; with the missing it always makes the same whole."""
        return max(0, self.expected - len(self.missing))

    @property
    def current(self) -> bool:
        """Whether the brain still stands behind what is shown."""
        return time.monotonic() - self.moved_s < STILL_S

    def shift_of(self, cookie: str) -> OpenShift | None:
        """None if it stands for no shift that is open."""
        shown = hashlib.sha256(cookie.encode()).hexdigest()
        return next((one for one in self.shifts if hmac.compare_digest(one.cookie_sha256, shown)), None)

    def for_traveler(self) -> dict[str, object]:
        """What the traveler's page is told."""
        return {"current": self.current, "prompt": self.prompt, "liveness_enforced": self.liveness_enforced}

    def for_agent(self) -> dict[str, object]:
        """What the agent's page is told."""
        state: dict[str, object] = {name: getattr(self, name) for name in FOR_AGENT}
        state |= {"current": self.current, "missing": [asdict(person) for person in self.missing]}
        state |= {"says": self._says(), "lane_says": sentences.LANE[self.lane]}
        state["boarding"] = asdict(self.boarding) if self.boarding else None
        return state | {"visits": [asdict(visit) for visit in self.visits]}

    def _says(self) -> dict[str, dict[str, object]]:
        """For each part of the lane a sentence, and whether all is well with it."""
        service, gate = sentences.SERVICE[self.service], " ".join((sentences.GATE[self.gate], *self.gate_checks))
        if self.service is ServiceSays.GALLERY:
            service = f"{service} {self.photos[0]} of {self.photos[1]} photos."
        told = {
            "service": (service, self.service_up),
            "gate": (gate, self.gate in sentences.GATE_IN_USE),
            "camera": (sentences.CAMERA[self.camera], self.camera is CameraSays.OK),
        }
        if self.reader:
            told["reader"] = (self.reader, self.reader_ok)
        return {part: {"words": words, "well": well} for part, (words, well) in told.items()}

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
