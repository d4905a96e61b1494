"""The gate controller, as `PROTOCOL.md` wants it: the far end of the wire, with its own clock and interlocks."""

from collections import deque

from hardware.gate import frames
from hardware.gate.messages import Lamp, Position, Status, Want, newer
from hardware.gate.passage import Passage

SILENCE_S = 1.0  # dead man: no valid message for this long and the gate is safe
GRANT_AGE_S = 1.0  # a grant must answer a poll at most this old
LEASE_S = 1.0  # longest lease taken
OPEN_S = 5.0  # longest opening, whatever the host wants
TRAVEL_S = 0.2  # a fast flap; the leaf's own time
KEPT_POLLS = 64


class GateModel:
    """Deterministic: the same bytes, sensors and times give the same gate."""

    def __init__(self, *, epoch: int = 1, started_s: float = 0.0) -> None:
        self.passage = Passage()
        self._decoder = frames.Decoder()
        self._started_s = started_s
        self._heard_s = started_s
        self._epoch = epoch
        self._sequence = 0
        self._poll = 0
        self._polls: deque[tuple[int, float]] = deque(maxlen=KEPT_POLLS)
        self._grant = 0
        self._last_grant = 0
        self._lease_until_s = 0.0
        self._opened_s = 0.0
        self._open = False  # where the leaf is or is going
        self._turned_s = started_s - TRAVEL_S
        self._lamp = Lamp.SEE_AGENT
        self._safe = True

    def exchange(self, received: bytes, now_s: float) -> bytes:
        """Take bytes, act, answer each whole message with one status."""
        self._watch(now_s)
        reply = b""
        for payload in self._decoder.feed(received):
            want = Want.unpack(payload)
            if want is None:
                continue
            if want.epoch == self._epoch and (newer(want.sequence, self._sequence) or self._safe):
                self._obey(want, now_s)
            reply += frames.encode(self.status(now_s).pack())
        return reply

    def position(self, now_s: float) -> Position:
        if now_s - self._turned_s < TRAVEL_S:
            return Position.MOVING
        return Position.OPEN if self._open else Position.CLOSED

    def status(self, now_s: float) -> Status:
        self._poll = (self._poll + 1) % 65536
        self._polls.append((self._poll, now_s))
        return Status(
            epoch=self._epoch,
            sequence=self._sequence,
            poll=self._poll,
            last_grant=self._last_grant,
            position=self.position(now_s),
            lamp=self.shown_lamp(now_s),
            presence=self.passage.presence,
            safe=self._safe,
            alarm=self._open and now_s - self._opened_s > OPEN_S,
            passages=self.passage.forward % 65536,
            uptime_ms=int((now_s - self._started_s) * 1000) % 2**32,
        )

    def shown_lamp(self, now_s: float) -> Lamp:
        """Green tells the truth: only while observed open under a grant."""
        if self._lamp is Lamp.GO and not (self._grant and self.position(now_s) is Position.OPEN):
            return Lamp.LOOKING
        return self._lamp

    def _obey(self, want: Want, now_s: float) -> None:
        self._heard_s, self._sequence, self._safe, self._lamp = now_s, want.sequence, False, want.lamp
        if want.grant == 0 or want.lease_ms == 0:
            self._grant = 0
        elif want.grant == self._grant:
            self._lease_until_s = now_s + min(LEASE_S, want.lease_ms / 1000)
        elif want.grant > self._last_grant and self._answers_fresh_poll(want.poll, now_s):
            self._grant = self._last_grant = want.grant
            self._lease_until_s = now_s + min(LEASE_S, want.lease_ms / 1000)
            self._turn(True, now_s)
        self._watch(now_s)

    def _answers_fresh_poll(self, poll: int, now_s: float) -> bool:
        return any(number == poll and now_s - at_s <= GRANT_AGE_S for number, at_s in self._polls)

    def _watch(self, now_s: float) -> None:
        """What the controller does by itself: silence, lease and longest opening end a grant; then close if clear."""
        if now_s - self._heard_s > SILENCE_S and not self._safe:
            self._safe, self._grant, self._lamp = True, 0, Lamp.SEE_AGENT
            self._epoch = self._epoch % 65535 + 1
            self._last_grant, self._sequence = 0, 0
        if now_s > self._lease_until_s or now_s - self._opened_s > OPEN_S:
            self._grant = 0
        if self._open and not self._grant and not self.passage.presence:
            self._turn(False, now_s)

    def _turn(self, open_: bool, now_s: float) -> None:
        if open_ and not self._open:
            self._opened_s = now_s
        if open_ != self._open:
            self._open, self._turned_s = open_, now_s
