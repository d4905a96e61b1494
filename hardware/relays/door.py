"""A door whose cabinet opens for one person on a short pulse of a relay, and closes by itself.

A board has no dead man: when the host dies with the relay on, it stays on.  That is only bearable where a relay that
stays on does not hold the door: where the cabinet's input is monostable.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hardware.door import DoorState, Fault, Position
from hardware.errors import PortClosed
from hardware.inputs import FORCED, Inputs, Lane, unseen
from hardware.lights import Lamp
from hardware.port import Port
from hardware.relays.boards import Answer, AskInputs, AskRelay, Board, Flash, Question, Trouble, Turn
from hardware.relays.talk import Heard, Talk

PULSE_MS = (100, 2_000)
LONGEST_MS = 10_000  # T_open's cap
TIMES = 3  # a board is told three times before it is doubted, and a mute one is told three times before it is believed
AGAIN_S = 0.1
SUPERVISE_S = 1.0
SENSE_S = 0.08
GRANT_S = 0.5  # a grant that could not be sent by then is void

FAULTS = {
    Trouble.SILENT: Fault("board_silent", "the relay board answers nothing: check its supply, cable, address and kind"),
    Trouble.ECHO: Fault("board_echo", "the line returns what we say: check the adapter's echo and the board's plug"),
    Trouble.GARBAGE: Fault("board_garbage", "what arrives cannot be read: check baud rate, wiring and gate.board"),
    Trouble.REFUSED: Fault(
        "board_refused", "the board refuses: check gate.channel, gate.inputs and gate.flash against it"
    ),
}
STUCK = Fault("relay_stuck", "the relay stays on though switched off: replace the board, look at the cabinet, restart")
DEAD = Fault("relay_dead", "the relay stays off though switched on: check the board's supply, then restart")


@dataclass(frozen=True, slots=True)
class Pulse:
    """pulse_ms: how long the relay is on.  opens_ms: how long the cabinet stays open for one pulse."""

    pulse_ms: int = 500
    opens_ms: int = 5_000
    inputs: Inputs = field(default_factory=Inputs)

    def __post_init__(self) -> None:
        if not PULSE_MS[0] <= self.pulse_ms <= PULSE_MS[1]:
            raise ValueError(f"a pulse must last {PULSE_MS[0]}..{PULSE_MS[1]} ms, got {self.pulse_ms}")
        if not self.pulse_ms <= self.opens_ms <= LONGEST_MS:
            raise ValueError(f"the cabinet must stay open for {self.pulse_ms}..{LONGEST_MS} ms, got {self.opens_ms}")


class RelayDoor:
    """A `hardware.door.Door`.  The relay is switched off first, last, and again until that is certain."""

    def __init__(self, port: Port, board: Board, pulse: Pulse) -> None:
        if pulse.inputs.used and not board.senses:
            raise ValueError("gate.inputs: this kind of relay board has no inputs; leave them out or use another board")
        self.not_guaranteed = sentences(board, pulse.inputs)
        self._talk, self._port, self._board, self._pulse = Talk(port, board), port, board, pulse
        self._lane = Lane(pulse.inputs)
        self._state: DoorState | None = None
        self._session = 1
        self._number = 0
        self._granted_s: float | None = None
        self._until_s = float("-inf")  # the relay is wanted on
        self._open_until_s = float("-inf")  # the cabinet may be open
        self._offs = 0  # times off was said since it was last wanted on
        self._off = False  # certainly
        self._next_off_s = self._next_ask_s = self._next_sense_s = float("-inf")
        self._senses = board.questions(pulse.inputs.used)
        self._turn = 0
        self._active, self._sensed = 0, set[AskInputs]()
        self._misses: dict[type[Question], int] = {}
        self._troubles: dict[type[Question], Fault] = {}
        self._latched: tuple[Fault, ...] = ()
        self._now_s = float("-inf")

    @property
    def state(self) -> DoorState | None:
        return self._state

    @property
    def next_grant(self) -> int | None:
        ready = self._state is not None and self._state.ready and self._granted_s is None
        return self._number + 1 if ready else None

    def grant(self) -> int | None:
        number = self.next_grant
        if number is not None:
            self._number, self._granted_s = number, self._now_s
        return number

    def shut(self) -> None:
        """The cabinet closes by its own time; what can be withdrawn is the pulse."""
        self._granted_s = None
        self._until_s = self._next_off_s = min(self._until_s, self._now_s)

    def light(self, lamp: Lamp) -> None:
        """A board has none of our lights."""

    def poll(self, now_s: float) -> Sequence[DoorState]:
        """Raises PortClosed."""
        self._now_s = now_s
        if (heard := self._talk.listen(now_s)) is not None:
            self._hear(heard, now_s)
        if self._talk.free and (question := self._next(now_s)) is not None:
            self._talk.ask(question, now_s)
        if len(self._sensed) == len(self._senses) and self._senses:
            self._lane.sense(self._active, now_s)
        if self._state is None and not self._offs and not self._troubles:
            return ()
        self._state = self._observe(now_s)
        return (self._state,)

    def rest(self, now_s: float) -> Sequence[DoorState]:
        if self._granted_s is not None or now_s < self._until_s:
            self.shut()  # once: each asks for "off" anew, before anything else is asked
        return self.poll(now_s)

    def close(self) -> None:
        with suppress(PortClosed):
            self._port.write(self._board.ask(Turn(False)))
        self._port.close()

    def _next(self, now_s: float) -> Question | None:
        """Off before on, on before looking."""
        if self._until_s <= now_s and not self._off and now_s >= self._next_off_s:
            self._offs, self._next_off_s = self._offs + 1, now_s + AGAIN_S
            return Turn(False)
        if self._granted_s is not None:
            return self._open(now_s)
        if self._board.answers and now_s >= self._next_ask_s:
            self._next_ask_s = now_s + (SUPERVISE_S if self._off else AGAIN_S)
            return AskRelay()
        if not self._board.answers and now_s >= self._next_off_s and self._until_s <= now_s:
            self._next_off_s = now_s + SUPERVISE_S
            return Turn(False)
        if self._senses and now_s >= self._next_sense_s:
            self._turn = (self._turn + 1) % len(self._senses)
            self._next_sense_s = now_s + SENSE_S / len(self._senses)
            return self._senses[self._turn]
        return None

    def _open(self, now_s: float) -> Question | None:
        """Say "on" once, whatever becomes of it."""
        asked_s, self._granted_s = self._granted_s, None
        if asked_s is None or now_s - asked_s > GRANT_S:
            return None
        self._until_s = now_s + self._pulse.pulse_ms / 1000
        self._open_until_s = now_s + self._pulse.opens_ms / 1000
        self._off, self._offs, self._next_off_s = False, 0, self._until_s
        self._next_ask_s = now_s + AGAIN_S
        self._lane.allow(self._open_until_s)
        return Flash(self._pulse.pulse_ms) if self._board.flashes else Turn(True)

    def _hear(self, heard: Heard, now_s: float) -> None:
        match heard.what:
            case Trouble() as trouble:
                self._doubt(heard.question, trouble, now_s)
            case Answer(bits):
                self._misses.pop(type(heard.question), None)
                self._troubles.pop(type(heard.question), None)
                self._believe(heard.question, bits, now_s)

    def _doubt(self, question: Question, trouble: Trouble, now_s: float) -> None:
        kind = type(question)
        self._misses[kind] = self._misses.get(kind, 0) + 1
        if isinstance(question, Turn | Flash) and now_s < self._until_s:
            self._until_s = self._next_off_s = now_s  # nobody knows what the relay does: off, now
        if self._misses[kind] < TIMES:
            return
        self._session += not self._troubles
        self._troubles[kind], self._off, self._granted_s = FAULTS[trouble], False, None

    def _believe(self, question: Question, bits: int, now_s: float) -> None:
        match question:
            case AskRelay():
                self._compare(bool(bits & 1), now_s)
            case Turn(on=False) if not self._board.answers and self._offs >= TIMES:
                self._off = True
            case AskInputs(first, count):
                mask = (1 << count) - 1
                self._active = self._active & ~(mask << first) | (bits & mask) << first
                self._sensed.add(question)

    def _compare(self, on: bool, now_s: float) -> None:
        """What the relay is against what it should be; a pulse near its end may be either."""
        wanted = now_s < self._until_s
        if not on and wanted and self._until_s - now_s > self._pulse.pulse_ms / 2000:
            self._latch(DEAD)
        elif on and not wanted and self._offs >= TIMES:
            self._latch(STUCK)
        elif on and not wanted:
            self._off = False
        elif not on and not wanted and self._offs and Turn not in self._misses:
            self._off = True

    def _latch(self, fault: Fault) -> None:
        if fault not in self._latched:
            self._latched += (fault,)
            self._session += 1
        self._granted_s = None

    def _observe(self, now_s: float) -> DoorState:
        troubles = tuple(dict.fromkeys(self._troubles.values()))
        faults = self._latched + troubles + ((FORCED,) if self._lane.forced else ())
        shut = self._lane.position is Position.CLOSED or (self._lane.position is None and now_s >= self._open_until_s)
        seen = len(self._sensed) == len(self._senses)
        passage = self._lane.passage
        return DoorState(
            session=self._session,
            ready=self._off and seen and shut and self._granted_s is None and not faults,
            position=self._lane.position,
            lamp=None,
            presence=self._lane.presence,
            forward=passage.forward % 65536,
            reverse=passage.reverse % 65536,
            doubtful=passage.doubtful % 65536,
            alarm=self._lane.held,
            faults=faults,
        )


def sentences(board: Board, inputs: Inputs) -> tuple[str, ...]:
    """What a relay board before a monostable cabinet cannot promise."""
    found: tuple[str, ...] = (
        "The relay board has no dead man: only the cabinet's own monostable input ends an opening when the host dies.",
        "Nothing on the line is authenticated: whoever reaches the cable can open.",
        "The lights, green ones too, are the cabinet's own: they do not follow our grants.",
    )
    if not board.flashes:
        found += ("The board cannot end a pulse by itself: when the host dies in one, the relay stays on.",)
    if not board.answers:
        found += ("The board never answers: that the relay switched, or switched off again, is not known.",)
    return found + unseen(inputs)
