"""All that agents are told of the parts of a lane: a closed vocabulary.  What is behind a sentence is in the log."""

from enum import StrEnum


class ServiceSays(StrEnum):
    CONNECTING = "connecting"
    READY = "ready"
    NO_JOURNEY = "no_journey"
    GALLERY = "gallery"
    NO_ANSWER = "no_answer"
    REFUSES = "refuses"
    BUSY = "busy"


class GateSays(StrEnum):
    CONNECTING = "connecting"
    CLOSED = "closed"
    MOVING = "moving"
    OPEN = "open"
    NOT_OBSERVED = "not_observed"
    FAULT = "fault"
    NO_ANSWER = "no_answer"


class CameraSays(StrEnum):
    STARTING = "starting"
    OK = "ok"
    LOST = "lost"


class LaneSays(StrEnum):
    SOMEBODY = "somebody"
    NOBODY = "nobody"
    NO_CAMERA = "no_camera"


class Result(StrEnum):
    """How a visit ended: neutral, it never says why somebody waits."""

    WAITS = "waits for an agent"
    WAIT_HERE = "please let the traveler wait here; an officer may come"
    UNANSWERED = "not answered: check again"
    NOBODY_SEEN = "nobody seen in the lane: not opened"
    BUSY = "somebody else is being served: wait until the gate is closed"
    TAKEN_BACK = "taken back"
    NOT_OBSERVED = "opened; nothing observes who passed"
    PASSED = "passed"
    PASSED_DOCUMENTS = "passed, documents checked"
    NOT_PASSED = "did not pass"


class Refusal(StrEnum):
    """Why no shift began."""

    WRONG = "Not accepted. Check name and password."
    AWAY = "Not accepted. The service does not answer: use a one-time code of yours that was not used yet."
    SLOWED = "Too many wrong tries. Wait a minute, then try again."
    BUSY = "Somebody else is logging in. Try again in a few seconds."
    DISK = "Not begun: this appliance cannot write to its disk. Call a technician."
    LATE = "The appliance did not answer in time. Try again; a one-time code may be used by now."


DOCUMENTS = "Check documents; everything is kept and sent later."
SERVICE: dict[ServiceSays, str] = {
    ServiceSays.CONNECTING: f"Connecting. {DOCUMENTS}",
    ServiceSays.READY: "Ready.",
    ServiceSays.NO_JOURNEY: "No journey is assigned to this gate.",
    ServiceSays.GALLERY: "Photos are being prepared. Check documents meanwhile.",
    ServiceSays.NO_ANSWER: f"No answer. {DOCUMENTS}",
    ServiceSays.REFUSES: "It refuses this appliance: call a technician, and board at another gate.",
    ServiceSays.BUSY: "It has no room for this gate now and is asked again. Check documents meanwhile.",
}
GATE: dict[GateSays, str] = {
    GateSays.CONNECTING: "Connecting.",
    GateSays.CLOSED: "Closed.",
    GateSays.MOVING: "Moving.",
    GateSays.OPEN: "Open.",
    GateSays.NOT_OBSERVED: "In use; nothing observes its door.",
    GateSays.FAULT: "It cannot be used.",
    GateSays.NO_ANSWER: "No answer: check its cable and its power.",
}
CAMERA: dict[CameraSays, str] = {
    CameraSays.STARTING: "Starting.",
    CameraSays.OK: "Ready.",
    CameraSays.LOST: "No picture: check its cable and its lens.",
}
LANE: dict[LaneSays, str] = {
    LaneSays.SOMEBODY: "Somebody stands in the lane.",
    LaneSays.NOBODY: "Nobody is seen in the lane: look who stands there.",
    LaneSays.NO_CAMERA: "The camera sees nothing: look who stands in the lane.",
}
READER_LOST = "No answer: check its cable."
GATE_IN_USE = frozenset((GateSays.CLOSED, GateSays.MOVING, GateSays.OPEN, GateSays.NOT_OBSERVED))
