"""Who may speak to the controller, and what is fresh: epochs, sequence, polls.  `PROTOCOL.md` §4.1–3."""

from hardware.gate.limits import KEPT_POLLS, POLL_AGE_MS, SILENCE_MS, Refusal
from hardware.gate.messages import Service, Want
from hardware.gate.supervision import since


class Session:
    """start: number of this start of the controller, 0 if it has none: then no session can begin."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._count = 0
        self._greeted = False  # a Hello began this epoch
        self._heard_ms = 0
        self.safe = True
        self.sequence = 0
        self.poll = 0
        self._polled_ms = [0] * KEPT_POLLS

    @property
    def epoch(self) -> int:
        return self._start << 32 | self._count

    def greet(self) -> None:
        """A Hello: a new epoch that a Want can end."""
        self.end()
        self._greeted = True

    def end(self) -> None:
        """Safe: a new epoch that only a Hello goes on from."""
        self._count += 1
        self.safe, self._greeted, self.sequence = True, False, 0

    def issue(self, now_ms: int) -> int:
        """The next poll number."""
        self.poll += 1
        self._polled_ms[self.poll % KEPT_POLLS] = now_ms
        return self.poll

    def refusal(self, message: Want | Service, now_ms: int) -> Refusal:
        """NONE if the message is of this session, new, and answers a fresh poll."""
        if not self._greeted or message.epoch != self.epoch:
            return Refusal.EPOCH
        if message.sequence <= self.sequence:
            return Refusal.SEQUENCE
        known = 0 < message.poll <= self.poll and self.poll - message.poll < KEPT_POLLS
        if not known or since(now_ms, self._polled_ms[message.poll % KEPT_POLLS]) > POLL_AGE_MS:
            return Refusal.POLL
        return Refusal.NONE

    def hear(self, now_ms: int) -> None:
        """A Want is obeyed."""
        self._heard_ms, self.safe = now_ms, False

    def silent(self, now_ms: int) -> bool:
        return not self.safe and since(now_ms, self._heard_ms) >= SILENCE_MS
