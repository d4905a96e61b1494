"""What the lane shows of itself: pure.  Page and lamp follow the same word."""

from edge.encounter.boarding import somebody_there
from edge.encounter.events import Prompt
from edge.encounter.states import State
from edge.sentences import CameraSays, GateSays, LaneSays
from hardware.door import DoorState
from hardware.lights import Lamp

LAMPS = {
    Prompt.WELCOME: Lamp.READY,
    Prompt.GO: Lamp.GO,
    Prompt.SEE_AGENT: Lamp.SEE_AGENT,
    Prompt.DOCUMENTS: Lamp.SEE_AGENT,
}
NOT_CONNECTED, STARTING = "not connected", "starting"  # before the first word of a gate, of an eye
ALWAYS = frozenset((Prompt.GO, Prompt.SEE_AGENT, Prompt.CHECKING))  # they invite nobody to a face check


def shown(prompt: Prompt, *, face_check: bool) -> Prompt:
    """face_check: whether one can lead anywhere: service, gallery, gate and camera.  Without it nobody is invited."""
    return prompt if face_check or prompt in ALWAYS else Prompt.DOCUMENTS


def lamp(prompt: Prompt) -> Lamp:
    """The lamp that agrees with what is shown."""
    return LAMPS.get(prompt, Lamp.LOOKING)


def gate_says(state: DoorState | None, problem: str) -> GateSays:
    """problem: of its line."""
    if problem and problem != NOT_CONNECTED:
        return GateSays.NO_ANSWER
    if state is None:
        return GateSays.CONNECTING
    if state.faults:
        return GateSays.FAULT
    if state.position is None:
        return GateSays.NOT_OBSERVED
    return GateSays(state.position.name.lower())


def camera_says(problem: str, *, heard: bool) -> CameraSays:
    """heard: the eye spoke a moment ago."""
    if problem == STARTING:
        return CameraSays.STARTING
    return CameraSays.OK if heard and not problem else CameraSays.LOST


def lane_says(state: State, now_s: float) -> LaneSays:
    """Whether a boarding by documents can begin now."""
    there = somebody_there(state, now_s)
    if there is None:
        return LaneSays.NO_CAMERA
    return LaneSays.SOMEBODY if there else LaneSays.NOBODY
