"""A door behind an OSDP reader (IEC 60839-11-5): its timed output opens, its light and buzzer speak, its inputs see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hardware.door import DoorState, Fault, Position
from hardware.inputs import FORCED, Inputs, Lane, unseen
from hardware.lights import PATTERNS, Lamp
from hardware.osdp.commands import AskInputs, AskTamper, Command, Open, Shut, buzz, light
from hardware.osdp.panel import Abilities, Condition, Done, InputsAre, Panel

ASK_S = 0.1  # between questions for the inputs
SUPERVISE_S = 1.0  # between questions for tamper and power

TAMPER = Fault("osdp_tamper", "the reader reports tampering: look at its case and its wires")
POWER = Fault("osdp_power", "the reader reports a power failure: check its supply and battery")
NO_OUTPUT = Fault("osdp_no_output", "the reader has no output of the number set as gate.output: count from 0")
NO_REPORT = Fault("osdp_no_report", "the reader has not reported its inputs yet: wait, or move the leaf once")
NO_INPUT = Fault("osdp_no_input", "the reader has no input of a number set in gate.inputs: count from 0")
OUTPUT_REFUSED = Fault("osdp_output_refused", "the reader refuses to switch its output: check what its maker allows")

_ALWAYS: tuple[str, ...] = (
    "The reader closes the output by itself, but has no dead man: when the host dies, a running opening ends only with"
    " its time.",
    "The secure channel ends in the reader: between reader and lock anybody with a wire can open.",
    "The light that calls the gate's agent is not on the reader: the agent's page shows the call.",
)
_GREEN = "The green light follows the output, not the leaf: it can be green at a leaf that stayed shut."


@dataclass(frozen=True, slots=True)
class Wiring:
    """output: the number of the lock's output.  opens_ms: how long it is on for one person."""

    output: int = 0
    opens_ms: int = 5_000
    inputs: Inputs = field(default_factory=Inputs)

    def __post_init__(self) -> None:
        Open(self.output, self.opens_ms)  # raises ValueError


class OsdpDoor:
    """A `hardware.door.Door`."""

    def __init__(self, panel: Panel, wiring: Wiring) -> None:
        self.not_guaranteed = sentences(wiring.inputs)
        self._panel, self._wiring = panel, wiring
        self._lane = Lane(wiring.inputs)
        self._state: DoorState | None = None
        self._session = 0
        self._number = 0
        self._granted = False  # asked of us, not yet of the reader
        self._withdrawn = False
        self._running = False  # asked of the reader, and its time not over
        self._opened = False  # the reader has taken it
        self._open_until_s = float("-inf")
        self._wish, self._shown = Lamp.OFF, Lamp.OFF
        self._supervised_s = self._asked_s = float("-inf")
        self._asking: set[type[Command]] = set()
        self._taken: set[type[Command]] = set()  # on this channel
        self._condition = Condition(False, False)
        self._able = Abilities(0, 0, 0, 0)
        self._active = 0
        self._sensed = wiring.inputs.highest is None

    @property
    def state(self) -> DoorState | None:
        return self._state

    @property
    def next_grant(self) -> int | None:
        ready = self._state is not None and self._state.ready and not self._granted
        return self._number + 1 if ready else None

    def grant(self) -> int | None:
        number = self.next_grant
        if number is not None:
            self._granted, self._number = True, number
        return number

    def shut(self) -> None:
        self._withdrawn = self._withdrawn or self._running
        self._granted = False

    def light(self, lamp: Lamp) -> None:
        self._wish = lamp

    def poll(self, now_s: float) -> Sequence[DoorState]:
        """Raises PortClosed."""
        reports = self._panel.poll(now_s)
        if self._panel.link != self._session and self._panel.secure:
            self._start()
        for report in reports:
            match report:
                case InputsAre(active):
                    self._active, self._sensed = active, True
                case Condition():
                    self._condition = report
                case Done():
                    self._done(report)
        if self._panel.secure:
            if self._sensed and self._wiring.inputs.highest is not None:
                self._lane.sense(self._active, now_s)
            self._drive(now_s)
            self._watch(now_s)
            self._speak()
        elif self._session == 0 and self._panel.fault is None:
            return ()
        self._state = self._observe()
        return (self._state,)

    def rest(self, now_s: float) -> Sequence[DoorState]:
        self._granted = False
        return self.poll(now_s)

    def close(self) -> None:
        """The output, if on, ends with its own time."""
        self._panel.close()

    def _start(self) -> None:
        """A new channel: whatever was granted before is void, and the output is switched off first."""
        self._session = self._panel.link
        self._granted = self._running = self._opened = self._withdrawn = False
        self._sensed = self._wiring.inputs.highest is None
        self._open_until_s = float("-inf")
        self._asking.clear()
        self._taken.clear()
        self._able = self._panel.abilities()
        self._shown = Lamp.OFF
        self._ask(Shut(self._wiring.output))
        self._paint(Lamp.OFF)

    def _done(self, done: Done) -> None:
        self._asking.discard(type(done.command))
        if done.taken:
            self._taken.add(type(done.command))
        match done.command:
            case Open() if done.taken:
                self._opened = True
            case Open():
                self._running = False

    def _drive(self, now_s: float) -> None:
        """Open for a grant, once, whatever becomes of it; shut for a withdrawal, unless somebody stands there."""
        if self._running and now_s >= self._open_until_s:
            self._end(now_s)
        if self._granted:
            self._granted = False
            if self._ask(Open(self._wiring.output, self._wiring.opens_ms)):
                self._running, self._open_until_s = True, now_s + self._wiring.opens_ms / 1000
                self._lane.allow(self._open_until_s)
        elif self._withdrawn and not self._lane.presence and self._ask(Shut(self._wiring.output)):
            self._end(now_s)

    def _end(self, now_s: float) -> None:
        self._running = self._opened = self._withdrawn = False
        self._open_until_s = now_s
        self._lane.allow(now_s)

    def _watch(self, now_s: float) -> None:
        highest = self._wiring.inputs.highest
        if (
            highest is not None
            and highest < self._able.inputs
            and now_s - self._asked_s >= ASK_S
            and self._ask(AskInputs())
        ):
            self._asked_s = now_s
        if now_s - self._supervised_s >= SUPERVISE_S and self._ask(AskTamper()):
            self._supervised_s = now_s

    def _speak(self) -> None:
        lamp = self._lamp()
        if lamp is not self._shown:
            self._paint(lamp)
            self._shown = lamp

    def _lamp(self) -> Lamp:
        """GO only while open under a grant: seen, where a contact sees it, else while the output's time runs."""
        if self._faults():
            return Lamp.FAULT
        if self._lane.held:
            return Lamp.HELD
        if self._wish is not Lamp.GO:
            return self._wish
        seen = self._lane.position in (None, Position.OPEN)
        return Lamp.GO if self._opened and seen else Lamp.LOOKING

    def _paint(self, lamp: Lamp) -> None:
        if self._able.lights:
            self._ask(light(lamp))
        if self._able.buzzers and (PATTERNS[lamp].buzzer or PATTERNS[self._shown].buzzer):
            self._ask(buzz(lamp))

    def _ask(self, command: Command) -> bool:
        """Questions are not asked again before they are answered."""
        if isinstance(command, AskInputs | AskTamper) and type(command) in self._asking:
            return False
        self._asking.add(type(command))
        return self._panel.ask(command)

    def _faults(self) -> tuple[Fault, ...]:
        if not self._panel.secure:
            return (self._panel.fault,) if self._panel.fault else ()
        highest = self._wiring.inputs.highest
        found = (
            (NO_OUTPUT, self._wiring.output >= self._able.outputs),
            (NO_INPUT, highest is not None and highest >= self._able.inputs),
            (OUTPUT_REFUSED, bool(self._panel.refused & {Open, Shut})),
            (NO_REPORT, AskInputs in self._panel.refused and not self._sensed),
            (TAMPER, self._condition.tamper),
            (POWER, self._condition.power_failed),
            (FORCED, self._lane.forced),
        )
        return tuple(dict.fromkeys(fault for fault, present in found if present))

    def _needed(self) -> set[type[Command]]:
        """What the reader must have answered before it is trusted with a grant."""
        asked: set[type[Command]] = {AskTamper} if self._wiring.inputs.highest is None else {AskTamper, AskInputs}
        return {Shut} | (asked - self._panel.refused)

    def _observe(self) -> DoorState:
        faults, passage = self._faults(), self._lane.passage
        idle = not self._granted and not self._running
        settled = self._panel.secure and self._sensed and self._needed() <= self._taken
        return DoorState(
            session=self._session,
            ready=settled and idle and not faults,
            position=self._lane.position,
            lamp=self._shown if self._panel.secure else None,
            presence=self._lane.presence,
            forward=passage.forward % 65536,
            reverse=passage.reverse % 65536,
            doubtful=passage.doubtful % 65536,
            alarm=self._lane.held,
            faults=faults,
        )


def sentences(inputs: Inputs) -> tuple[str, ...]:
    """What an OSDP door with these inputs cannot promise."""
    return _ALWAYS + ((_GREEN,) if inputs.closed is None else ()) + unseen(inputs)
