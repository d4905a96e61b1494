"""Where an encounter can be: one dataclass for each phase."""

import math
from dataclasses import dataclass

from edge.encounter.events import Boarded, Claimed, Crossed, Prompt


@dataclass(frozen=True, slots=True)
class Kept:
    """A shot worth submitting.  since_s: of the first shot like it, whose place it took."""

    shot: str
    rank: float
    captured_s: float
    since_s: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Idle:
    """done: the subject whose visit has ended and who may still be in view.  crowd: two people were asked to part."""

    done: int = 0
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class Looking:
    """not_before_s: a cue is being read.  near_s: when they were last too far.  poor: best shot not acceptable.
    traveler: whose document an attempt of this encounter was asked with.  last: no other attempt follows this one."""

    encounter: str
    subject: int
    attempt: int
    not_before_s: float
    near_s: float
    seen_s: float
    shown: Prompt
    shown_s: float
    shots: tuple[Kept, ...] = ()
    poor: Kept | None = None
    traveler: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    encounter: str
    subject: int
    attempt: int
    asked_s: float
    captured_s: float
    seen_s: float
    traveler: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class AskingDocuments:
    """The service is asked whether a traveler whose documents an agent has checked may pass."""

    encounter: str
    subject: int
    traveler: str
    agent: str
    asked_s: float
    session: str = ""


@dataclass(frozen=True, slots=True)
class Passing:
    """by: what opened the gate.  The end is judged when the leaf is closed again.  moved: the leaf was seen not closed.
    unseen: nothing observes it."""

    encounter: str
    subject: int
    by: Crossed | Boarded
    granted_s: float
    opened: bool = False
    moved: bool = False
    passed: int = 0
    doubtful: int = 0
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class WithAgent:
    """again: number of the one attempt more that a document allows; None if it was made, or the encounter has ended."""

    encounter: str
    subject: int
    seen_s: float
    again: int | None = None


Phase = Idle | Looking | Asking | AskingDocuments | Passing | WithAgent


@dataclass(frozen=True, slots=True)
class State:
    """claim: a document that was read and not yet asked with; it serves one encounter, this or the next.
    service_up: faces can be compared.  reachable: the service can be asked about documents.  camera_up: who stands in
    the lane is seen.  present_s: when somebody last was."""

    phase: Phase = Idle()
    service_up: bool = False
    reachable: bool = False
    gate_up: bool = True
    camera_up: bool = True
    present_s: float = -math.inf
    open_s: float = 2.0  # from grant to an observed opening
    claim: Claimed | None = None
