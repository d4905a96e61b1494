"""What the brain wants of any door: one opening at a time, and the truth about what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from hardware.lights import Lamp


class Position(IntEnum):
    """As observed, never as wanted."""

    CLOSED = 0
    MOVING = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """code: one word for the log and the record.  check: what the technician should look at."""

    code: str
    check: str


@dataclass(frozen=True, slots=True)
class DoorState:
    """What a door last said of itself.

    session: changes whenever the door became safe or was reset: grants given before are void.  ready: a grant can be
    given.  position, presence: None where nothing observes them.  lamp: as shown, None for a door without our lights.
    forward, reverse, doubtful: passages since the door's start, modulo 65536; `passage.py` says what each means.
    alarm: open longer than allowed because somebody stands there.
    """

    session: int
    ready: bool
    position: Position | None
    lamp: Lamp | None
    presence: bool | None
    forward: int
    reverse: int
    doubtful: int
    alarm: bool
    faults: tuple[Fault, ...]


class Door(Protocol):
    """Wanting the same thing twice changes nothing.  The caller polls, and its polling is the heartbeat."""

    not_guaranteed: tuple[str, ...]
    """What this kind of door cannot promise, in sentences for the start-up and the agent's page."""

    @property
    def state(self) -> DoorState | None:
        """The newest; None before the first."""

    @property
    def next_grant(self) -> int | None:
        """The number the next grant will have, to be on disk before it is given; None unless the door is ready."""

    def grant(self) -> int | None:
        """Ask for one opening for one person: its number, or None, and nothing asked, unless the door is ready."""

    def shut(self) -> None:
        """Withdraw the grant."""

    def light(self, lamp: Lamp) -> None: ...

    def poll(self, now_s: float) -> Sequence[DoorState]:
        """Speak, and take what was answered.  Call every PERIOD_S (0.05 s).  Raises HardwareError."""

    def rest(self, now_s: float) -> Sequence[DoorState]:
        """In place of `poll` while the host decides nothing: no heartbeat, no grant; what was begun is ended, what is
        said is heard.  Raises HardwareError."""

    def close(self) -> None:
        """Release the line; the door shuts by itself."""
