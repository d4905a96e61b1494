"""What an encounter hears, and what it asks for.  Plain values: the journal is made of them."""

from dataclasses import dataclass
from enum import StrEnum

from vision.cues import Cue


class Prompt(StrEnum):
    """What the traveller's screen says: one thing at a time.  DOCUMENTS: in place of an invitation to a face check."""

    WELCOME = "welcome"
    LOOK_HERE = "look_here"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    MORE_LIGHT = "more_light"
    ONE_PERSON = "one_person"
    HOLD_STILL = "hold_still"
    UNCOVER = "uncover"
    MOMENT = "moment"
    CHECKING = "checking"
    GO = "go"
    SEE_AGENT = "see_agent"
    DOCUMENTS = "documents"


# --- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The subject, in one frame.  shot: name of the crop kept for it, None where the face is too far for one.
    cue: what the frame lacks, None for an acceptable frame.  fresh: the id a new encounter would get.
    yaw_deg, pitch_deg: of the head, where a shot is kept."""

    subject: int
    shot: str | None
    cue: Cue | None
    rank: float
    captured_s: float
    fresh: str
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Two people side by side."""


@dataclass(frozen=True, slots=True)
class Nobody:
    pass


@dataclass(frozen=True, slots=True)
class Proceed:
    decision: str


@dataclass(frozen=True, slots=True)
class Recapture:
    cue: Cue


@dataclass(frozen=True, slots=True)
class Wait:
    pass


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer: service gone, late, or refusing.  why is for the agent's page."""

    why: str


@dataclass(frozen=True, slots=True)
class Boarded:
    """decision: that let the traveler pass by documents; None where the service could not be asked (OPS-1)."""

    traveler: str
    agent: str
    decision: str | None = None
    session: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one attempt of one encounter.  boarding: that was asked about, where it was by documents."""

    encounter: str
    attempt: int
    answer: Proceed | Recapture | Wait | Unanswered
    boarding: Boarded | None = None


@dataclass(frozen=True, slots=True)
class GateMoved:
    """position: closed, moving or open, as the controller observes; since the last event passed: people forward,
    doubtful: passages that were not certainly one person, or that came the other way."""

    position: str
    passed: int
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class GateUnseen:
    """The door was asked to open, and nothing observes whether it does or who passes."""


@dataclass(frozen=True, slots=True)
class GateHeld:
    """Open longer than allowed, because somebody stands in it or a sensor says so."""


@dataclass(frozen=True, slots=True)
class GateChanged:
    """Whether the gate can be used at all: it answers, and no fault, emergency or service stands against it."""

    up: bool


@dataclass(frozen=True, slots=True)
class GateTimed:
    """How long after a grant this gate's opening must be observed, as measured at this gate."""

    open_s: float


@dataclass(frozen=True, slots=True)
class GateLost:
    why: str


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """up: the service answers and its gallery for this gate is ready.  reachable: it answers, so that an agent's
    question is asked though no face can be compared; None in journals of earlier releases: as `up`."""

    up: bool
    reachable: bool | None = None


@dataclass(frozen=True, slots=True)
class AgentBoards:
    """An agent has checked the documents of a traveler.  fresh: the id of the encounter this begins.  stands: the
    agent's word that the traveler stands in the lane; it counts where no camera sees them.  session: of the agent's
    shift; "" in journals of earlier releases."""

    traveler: str
    agent: str
    fresh: str
    stands: bool = False
    session: str = ""


@dataclass(frozen=True, slots=True)
class AgentWithdraws:
    """An agent takes a boarding by documents back: while it is asked about, and until the leaf moves."""

    encounter: str


@dataclass(frozen=True, slots=True)
class CameraChanged:
    """Whether somebody in the lane would be seen."""

    up: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """The lane's own reader read a sound document that names exactly one of the missing.  read_s: when."""

    traveler: str
    read_s: float


@dataclass(frozen=True, slots=True)
class CutOff:
    """An earlier run stopped after granting this encounter and before its end.  boarding: what an agent granted it
    for; then decision is "" where the service had not been asked."""

    encounter: str
    decision: str
    boarding: Boarded | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    pass


Event = (
    Seen
    | Crowd
    | Nobody
    | Told
    | GateMoved
    | GateUnseen
    | GateHeld
    | GateChanged
    | GateTimed
    | GateLost
    | ServiceChanged
    | AgentBoards
    | AgentWithdraws
    | CameraChanged
    | Claimed
    | CutOff
    | Tick
)


# --- effects ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Show:
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Ask:
    """Submit these shots.  traveler: whom alone to compare them with, None to search everybody expected."""

    encounter: str
    attempt: int
    shots: tuple[str, ...]
    traveler: str | None = None


@dataclass(frozen=True, slots=True)
class AskDocuments:
    """Ask whether a traveler whose documents an agent has checked may pass."""

    encounter: str
    traveler: str
    agent: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Open for one person.  Journaled and on disk before it is performed.  by: a decision; in an outage the agent."""

    encounter: str
    by: str


@dataclass(frozen=True, slots=True)
class Shut:
    pass


@dataclass(frozen=True, slots=True)
class CallAgent:
    encounter: str


@dataclass(frozen=True, slots=True)
class Crossed:
    decision: str


class Why(StrEnum):
    NOBODY_PASSED = "nobody_passed"
    MORE_THAN_ONE = "more_than_one"
    INTERRUPTED = "interrupted"
    GATE_FAULT = "gate_fault"
    DOUBTFUL = "doubtful"
    NOT_OBSERVED = "not_observed"


@dataclass(frozen=True, slots=True)
class NotCrossed:
    decision: str
    why: Why


@dataclass(frozen=True, slots=True)
class NotBoarded:
    """An agent had the gate opened for a traveler, and not exactly one person was seen to pass."""

    boarding: Boarded
    why: Why


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended, to be told to the service exactly once.  since_answer_ms: from the answer to the end."""

    encounter: str
    what: Crossed | Boarded | NotCrossed | NotBoarded
    since_answer_ms: int


Effect = Show | Ask | AskDocuments | Grant | Shut | CallAgent | Outcome
