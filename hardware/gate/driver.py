"""The host's end of the gate line: say what you want, poll to see what is.  `PROTOCOL.md`."""

from collections import deque
from collections.abc import Callable, Sequence

from hardware.door import DoorState, Fault, Position
from hardware.errors import LinkSilent
from hardware.gate import faults, frames
from hardware.gate.diagnosis import Diagnosis, Heard, classify
from hardware.gate.limits import Action, Flag, Refusal
from hardware.gate.mac import Key
from hardware.gate.messages import Hello, Message, Service, Status, Want, Welcome
from hardware.lights import Lamp
from hardware.port import Port

PERIOD_S = 0.05
SILENCE_S = 1.0
LEASE_MS = 500
HELLO_S = 0.25  # between two greetings: longer than any answer takes
BLOCKED_S = 60.0  # nobody waits so long inside the beams: the waiting mark is outside them
GAP_MS = 500  # in one frame: what the host reads comes in pieces, poll by poll
SLOW_S = 0.25  # from a Want to the Status that answers it
_AGAINST = Flag.SAFE | Flag.EMERGENCY | Flag.SERVICE | Flag.RELEASE


class Gate:
    """A `Door`.  The caller's polling is the controller's heartbeat.

    nonce: a source of 64 random bits, never the same twice.
    """

    not_guaranteed: tuple[str, ...] = ()

    def __init__(self, port: Port, key: Key, gate: int, now_s: float, nonce: Callable[[], int]) -> None:
        self._port, self._key, self._gate, self._nonces = port, key, gate, nonce
        self._decoder = frames.Decoder(GAP_MS)
        self._diagnosis = Diagnosis()
        self._asked: deque[int] = deque(maxlen=4)  # the nonces of the last Hellos: an answer may take long
        self._greeted_s = now_s - HELLO_S
        self._heard_s = now_s
        self._poll = 0  # the newest heard
        self._grant = self._last_grant = 0
        self._lamp = Lamp.OFF
        self._service: tuple[Action, int] | None = None
        self._clear_s, self._blocked = now_s, False  # whether something is sensed at the closed leaf for ever
        self._sequence = 0
        self._sent: deque[tuple[int, float]] = deque(maxlen=64)
        self._answer_s = 0.0
        self.welcome: Welcome | None = None  # of the session that lasts
        self.status: Status | None = None  # of the session that lasts
        self.state: DoorState | None = None  # what that status means

    # --- the wish ---------------------------------------------------------------------------------------------------

    @property
    def next_grant(self) -> int | None:
        state = self.state
        return self._last_grant + 1 if state is not None and state.ready else None

    def grant(self) -> int | None:
        number = self.next_grant
        if number is not None:
            self._grant = self._last_grant = number
        return number

    def shut(self) -> None:
        self._grant = 0

    def light(self, lamp: Lamp) -> None:
        self._lamp = lamp

    def serve(self, action: Action, technician: int) -> None:
        """Ask once for what only a technician at the gate may: the service switch must be on.

        technician: identity, 1..2**32-1, written to disk by the caller before this.
        """
        self._service = action, technician

    # --- the line ---------------------------------------------------------------------------------------------------

    def poll(self, now_s: float) -> Sequence[DoorState]:
        """Send the wish, take the replies.  Call every PERIOD_S.  Raises LinkSilent, PortClosed."""
        before = self._receive(now_s)
        if self.welcome is None:
            self._greet(now_s)
        else:
            self._sequence += 1
            self._send(self._wish(self.welcome.epoch))
            self._sent.append((self._sequence, now_s))
        return [*before, *self.listen(now_s)]

    def rest(self, now_s: float) -> Sequence[DoorState]:
        self._grant, self._heard_s = 0, now_s
        return self._receive(now_s)

    def listen(self, now_s: float) -> Sequence[DoorState]:
        """Take what has arrived without speaking.  Raises LinkSilent, PortClosed."""
        seen = self._receive(now_s)
        if now_s - self._heard_s > SILENCE_S:
            fault = self._diagnosis.fault()
            raise LinkSilent(f"no session with the gate's controller: {fault.code}: {fault.check}", fault.code)
        return seen

    def close(self) -> None:
        self._port.close()

    def _receive(self, now_s: float) -> list[DoorState]:
        data = self._port.read()
        self._diagnosis.arrived(data)
        payloads = self._decoder.feed(data, round(now_s * 1000))
        return [state for payload in payloads if (state := self._hear(payload, now_s)) is not None]

    def _send(self, message: Message) -> None:
        self._port.write(frames.encode(self._key.seal(message.pack())))

    def _greet(self, now_s: float) -> None:
        if now_s - self._greeted_s < HELLO_S:
            return
        self._greeted_s = now_s
        self._asked.append(self._nonces())
        self._send(Hello(self._gate, self._asked[-1]))

    def _wish(self, epoch: int) -> Message:
        head = (self._gate, epoch, self._sequence, self._poll)
        if self._service is not None:
            (action, technician), self._service = self._service, None
            return Service(*head, action, technician)
        return Want(*head, self._grant, LEASE_MS if self._grant else 0, self._lamp)

    def _hear(self, payload: bytes, now_s: float) -> DoorState | None:
        """Only what is authentic, of our session and newer than what we know moves us."""
        heard = classify(payload, self._gate, self._key)
        self._diagnosis.heard(heard)
        if heard is not Heard.OURS:
            return None
        if (welcome := Welcome.unpack(payload)) is not None:
            self._begin(welcome)
            return None
        status = Status.unpack(payload)
        if status is None or self.welcome is None:
            return None
        if status.epoch > self.welcome.epoch:  # whose polls may count from 1 again
            self._end()
        elif status.epoch == self.welcome.epoch and status.poll > self._poll:
            return self._take(status, now_s)
        return None

    def _begin(self, welcome: Welcome) -> None:
        if welcome.nonce not in self._asked:
            return  # answers somebody else, or is played again
        self.welcome = welcome
        self._asked.clear()
        self._sequence, self._poll = 0, welcome.poll
        self._sent.clear()

    def _end(self) -> None:
        """The controller became safe or started anew: what was granted is void."""
        self.welcome = self.status = self.state = None
        self._grant = 0

    def _take(self, status: Status, now_s: float) -> DoorState:
        self.status, self._poll, self._heard_s = status, status.poll, now_s
        self._last_grant = max(self._last_grant, status.last_grant)
        self._diagnosis = Diagnosis()
        if not status.flags & Flag.PRESENCE or status.position != Position.CLOSED:
            self._clear_s = now_s
        self._blocked = now_s - self._clear_s > BLOCKED_S
        while self._sent and self._sent[0][0] <= status.sequence:
            _, sent_s = self._sent.popleft()
            self._answer_s = now_s - sent_s
        self.state = self._meaning(status)
        return self.state

    # --- what it means ----------------------------------------------------------------------------------------------

    def _meaning(self, status: Status) -> DoorState:
        flags = Flag(status.flags)
        found = faults.of_controller(status.faults) + self._standing(status, flags)
        barred = status.faults or flags & _AGAINST or not flags & Flag.COMMISSIONED or self._blocked
        return DoorState(
            session=status.epoch,
            ready=not barred,
            position=Position(status.position),
            lamp=Lamp(status.lamp),
            presence=bool(flags & Flag.PRESENCE),
            forward=status.forward,
            reverse=status.reverse,
            doubtful=status.doubtful,
            alarm=bool(flags & Flag.ALARM),
            faults=found,
        )

    def _standing(self, status: Status, flags: Flag) -> tuple[Fault, ...]:
        """What stands against a grant, or is wrong with the line, without being a fault of the gate."""
        refused = faults.REFUSED.get(Refusal(status.refusal)) if status.refusal in frozenset(Refusal) else None
        against = {
            faults.EMERGENCY: bool(flags & Flag.EMERGENCY),
            faults.SERVICE_MODE: bool(flags & Flag.SERVICE),
            faults.RELEASE: bool(flags & Flag.RELEASE),
            faults.BLOCKED: self._blocked,
            faults.NOT_COMMISSIONED: not flags & Flag.COMMISSIONED and not status.faults,
            faults.SLOW: self._answer_s > SLOW_S and refused is not faults.SLOW,
        }
        return tuple(fault for fault, is_so in against.items() if is_so) + ((refused,) if refused else ())
