"""The gate controller as `PROTOCOL.md` wants it: the oracle of its firmware, millisecond by millisecond."""

from hardware.gate import frames, limits
from hardware.gate.interlock import STORED, Interlock
from hardware.gate.limits import Action, Flag, Refusal
from hardware.gate.memory import Memory
from hardware.gate.messages import FROM_HOST, HEAD, Hello, Service, Status, Want, Welcome
from hardware.gate.supervision import since
from hardware.lights import WISHES, Lamp

_PRESENT, _SAFE, _ALARM, _EMERGENCY, _RELEASED, _IN_SERVICE, _COMMISSIONED, _GRANTED = map(int, Flag)


class GateModel:
    """Deterministic: the same memory, pins, bytes and times give the same gate."""

    def __init__(self, memory: bytes, pins: int, now_ms: int = 0) -> None:
        self._memory = Memory(memory)
        self._started_ms = self._stored_ms = now_ms
        self._decoder = frames.Decoder()
        self._gate = Interlock(self._memory, int(pins), now_ms)
        self._refusal = Refusal.NONE
        self._nonce: int | None = None
        self._answer = True
        self._said: Status | None = None
        self._said_ms = now_ms

    @property
    def memory(self) -> bytes:
        return self._memory.stored

    def tick(self, now_ms: int, pins: int) -> int:
        pins = int(pins)
        while self._now_ms != now_ms:
            at_ms = (self._now_ms + 1) % 2**32
            self._gate.step(at_ms, pins)
            if since(at_ms, self._stored_ms) >= limits.STORE_MS and self._memory.store():
                self._stored_ms = at_ms
        return self._gate.drive()

    def exchange(self, received: bytes) -> bytes:
        for payload in self._decoder.feed(received, self._now_ms):
            self._refusal = self._hear(payload)
        return b"".join(frames.encode(payload) for payload in iter(self._say, b""))

    def close(self) -> None:
        """Nothing is held."""

    @property
    def _now_ms(self) -> int:
        return self._gate.now_ms

    # --- hear -------------------------------------------------------------------------------------------------------

    def _hear(self, payload: bytes) -> Refusal:
        if len(payload) < HEAD.size + limits.MAC_SIZE:
            return Refusal.MALFORMED
        _, version, gate = HEAD.unpack_from(payload)
        if version != limits.VERSION:
            return Refusal.VERSION
        if gate != self._gate.site.gate:
            return Refusal.GATE
        if self._gate.key is None or not self._gate.key.verifies(payload):
            return Refusal.MAC
        match next((message for kind in FROM_HOST if (message := kind.unpack(payload))), None):
            case Hello(_, nonce):
                return self._greet(nonce)
            case Want() as want:
                return self._obey(want)
            case Service() as service:
                return self._serve(service)
        return Refusal.MALFORMED

    def _greet(self, nonce: int) -> Refusal:
        if not self._gate.started:
            return Refusal.BARRED
        self._gate.session.greet()
        self._gate.grant, self._nonce = 0, nonce
        return Refusal.NONE

    def _obey(self, want: Want) -> Refusal:
        self._answer = True
        if refusal := self._gate.session.refusal(want, self._now_ms):
            return refusal
        if want.lamp not in WISHES:
            return Refusal.MALFORMED
        self._gate.session.hear(self._now_ms)
        self._gate.session.sequence = want.sequence
        self._gate.lamp_wish, self._gate.leaf.holding = Lamp(want.lamp), False
        return self._wish(want)

    def _wish(self, want: Want) -> Refusal:
        gate, wished = self._gate, want.grant != 0 and want.lease_ms != 0
        if wished and want.grant == gate.grant:
            gate.renew(want.lease_ms)
            return Refusal.NONE
        gate.grant = 0
        return gate.take(want.grant, want.lease_ms) if wished else Refusal.NONE

    def _serve(self, service: Service) -> Refusal:
        self._answer = True
        if refusal := self._gate.session.refusal(service, self._now_ms):
            return refusal
        if service.technician == 0 or service.action not in frozenset(Action):
            return Refusal.MALFORMED
        self._gate.session.sequence = service.sequence
        if not self._gate.service_mode:
            return Refusal.SERVICE
        if service.action == Action.COMMISSION:
            self._memory.commission()
        else:
            self._gate.faults &= ~STORED
        return Refusal.NONE

    # --- say --------------------------------------------------------------------------------------------------------

    def _say(self) -> bytes:
        """The next payload for the line, b"" if there is none now."""
        if self._nonce is not None:
            nonce, self._nonce = self._nonce, None
            poll = self._gate.session.issue(self._now_ms)
            site = (int(self._gate.fail_mode), self._gate.site.opens_ms // 100, self._gate.site.travel_ms // 10)
            return self._seal(
                Welcome(self._gate.site.gate, self._gate.session.epoch, poll, nonce, *limits.FIRMWARE, *site).pack()
            )
        content = self._status(0, 0)
        quiet_ms = since(self._now_ms, self._said_ms)
        changed = quiet_ms >= limits.CHANGE_MS and content != self._said
        if not (self._answer or changed or quiet_ms >= limits.BEACON_MS):
            return b""
        self._answer, self._said, self._said_ms = False, content, self._now_ms
        return self._seal(
            self._status(self._gate.session.issue(self._now_ms), since(self._now_ms, self._started_ms)).pack()
        )

    def _status(self, poll: int, uptime_ms: int) -> Status:
        counts = (self._gate.passage.forward, self._gate.passage.reverse, self._gate.passage.doubtful)
        session, shown = self._gate.session, (self._gate.position(), self._gate.lamp, self._flags())
        heard = (session.epoch, session.sequence, poll, self._gate.last_grant)
        return Status(self._gate.site.gate, *heard, *shown, self._gate.faults, self._refusal, *counts, uptime_ms)

    def _flags(self) -> int:
        flags = (
            (_PRESENT, self._gate.sensed),
            (_SAFE, self._gate.session.safe),
            (_ALARM, self._gate.alarm(self._now_ms)),
            (_EMERGENCY, self._gate.emergency),
            (_RELEASED, self._gate.release.on),
            (_IN_SERVICE, self._gate.service_mode),
            (_COMMISSIONED, self._memory.commissioned),
            (_GRANTED, self._gate.grant),
        )
        return sum(flag for flag, is_so in flags if is_so)

    def _seal(self, body: bytes) -> bytes:
        return self._gate.key.seal(body) if self._gate.key else body + bytes(limits.MAC_SIZE)
