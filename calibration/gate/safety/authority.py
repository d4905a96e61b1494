"""Which messages of the host count, judged from the bytes of both directions: G1's grants, G2, the epochs of G5."""

from dataclasses import dataclass

from calibration.gate.safety.tap import Authentic, Greeted, Served, Tap, Told, Wanted, Welcomed
from calibration.gate.safety.terms import LEASE_MS, POLL_AGE_MS, Terms, Verdicts

_KEPT = 32
_WISHES = 4  # highest lamp a host may wish for


@dataclass(frozen=True, slots=True)
class Permit:
    """A Want that counted and asked for a number that had not opened in this start."""

    at_ms: int
    epoch: int
    grant: int
    lease_ms: int


class Authority:
    """heard_ms: when a Want last counted in this start.  opened: highest number that opened in it."""

    def __init__(self, terms: Terms, verdicts: Verdicts) -> None:
        self._terms, self._verdicts = terms, verdicts
        self._from_host = Tap(terms.secret, terms.gate)
        self._from_gate = Tap(terms.secret, terms.gate)
        self._decided: set[tuple[int, int]] = set()
        self._highest = -1  # epoch of a Welcome, over all starts
        self.start()

    def start(self) -> None:
        self._from_host = Tap(self._terms.secret, self._terms.gate)
        self._from_gate = Tap(self._terms.secret, self._terms.gate)
        self._epoch: int | None = None
        self._welcomed = False
        self._sequence = self._told_sequence = self._poll = self.opened = 0
        self._issued_ms: dict[int, int] = {}
        self._permits: dict[int, Permit] = {}  # by grant: only where time is not exact can two of them still open
        self._taken: Permit | None = None  # the controller said so before the leaf moved
        self.taken_ms = -(1 << 31)  # when a grant was last known to open
        self._guessed = False  # which of several opened last: the next Status says it
        self.heard_ms: int | None = None
        self._void()

    def _void(self) -> None:
        self._held = self._lease_ms = self._held_ms = 0
        if not self._terms.late_ms:  # else what was heard may still act, and `open` looks at its age
            self._permits.clear()
            self._taken = None

    def decided(self, epoch: int, grant: int) -> None:
        """The host has decided once: this number, in the session with this epoch."""
        self._decided.add((epoch, grant))

    def stale_poll(self, now_ms: int) -> int | None:
        """One the controller still knows and must not take an answer to."""
        old = [poll for poll, at_ms in self._issued_ms.items() if now_ms - at_ms > POLL_AGE_MS + self._terms.late_ms]
        return max((poll for poll in old if self._poll - poll < _KEPT), default=None)

    @property
    def sequence(self) -> int:
        """Of the last Want that counted in this epoch."""
        return self._sequence

    def holds(self, now_ms: int) -> bool:
        """Whether the number that opened last is still asked for."""
        return self._held != 0 and now_ms - self._held_ms <= self._lease_ms + self._terms.late_ms

    def open(self, now_ms: int) -> bool:
        """A leaf at rest is opened now, and no person at the gate asked for it: is there a permit?"""
        oldest_ms = now_ms - 1 - self._terms.late_ms
        taken, self._taken = self._taken, None
        if taken is not None and self.taken_ms >= oldest_ms and taken.at_ms >= oldest_ms - self._terms.late_ms:
            return True
        fresh = [grant for grant, permit in self._permits.items() if permit.at_ms >= oldest_ms]
        if not fresh:
            return False
        self._take(now_ms, self._permits[min(fresh)])
        self._guessed = len(fresh) > 1
        return True

    def _take(self, now_ms: int, permit: Permit) -> None:
        if (permit.epoch, permit.grant) not in self._decided:
            self._verdicts.violate(now_ms, "G2", f"grant {permit.grant}: opened again, or never decided")
        self._decided.discard((permit.epoch, permit.grant))
        self.opened = self._held = permit.grant
        self.taken_ms = now_ms
        self._held_ms, self._lease_ms = permit.at_ms, permit.lease_ms
        self._permits = {grant: later for grant, later in self._permits.items() if grant > permit.grant}

    # --- from the host ----------------------------------------------------------------------------------------------

    def heard(self, now_ms: int, data: bytes) -> list[Wanted | Served]:
        """What counted."""
        counted = []
        for message in self._from_host.hear(now_ms, data):
            if isinstance(message, Greeted) and not self._terms.late_ms:
                self._welcomed = False  # an epoch has begun that no Want behind this Hello can know
            if isinstance(message, Wanted | Served) and self._counts(now_ms, message):
                counted.append(message)
                if isinstance(message, Wanted):
                    self._want(now_ms, message)
        return counted

    def _counts(self, now_ms: int, message: Wanted | Served) -> bool:
        issued_ms = self._issued_ms.get(message.poll)
        if not self._welcomed or message.epoch != self._epoch or message.sequence <= self._sequence:
            return False
        if issued_ms is None or now_ms - issued_ms > POLL_AGE_MS + self._terms.late_ms:
            return False
        if isinstance(message, Wanted) and message.lamp > _WISHES:
            return False
        if self._terms.late_ms == 0:  # else only what the controller told has surely been heard in this order
            self._sequence = message.sequence
        return True

    def _want(self, now_ms: int, want: Wanted) -> None:
        self.heard_ms = now_ms
        lease_ms = min(want.lease_ms, LEASE_MS)
        if lease_ms and want.grant and want.grant == self._held:
            self._held_ms, self._lease_ms = now_ms, lease_ms
            return
        if not self._terms.late_ms:  # else it may not have counted: only the lease surely ends
            self._void()
        if want.grant > self.opened and lease_ms:
            oldest_ms = now_ms - 2 * self._terms.late_ms
            self._permits = {grant: one for grant, one in self._permits.items() if one.at_ms >= oldest_ms}
            self._permits[want.grant] = Permit(now_ms, want.epoch, want.grant, lease_ms)

    # --- from the controller ----------------------------------------------------------------------------------------

    def said(self, now_ms: int, data: bytes) -> list[Told]:
        told = []
        for message in self._from_gate.hear(now_ms, data):
            if isinstance(message, Welcomed | Told):
                self._issue(now_ms, message.poll)
                self._follow(now_ms, message)
            if isinstance(message, Told):
                self._compare(now_ms, message)
                told.append(message)
        return told

    def _issue(self, now_ms: int, poll: int) -> None:
        if poll <= self._poll:
            self._verdicts.violate(now_ms, "G1", f"poll {poll} after {self._poll}: an old Want could be fresh again")
        self._poll = poll
        self._issued_ms[poll] = now_ms
        self._issued_ms.pop(poll - _KEPT, None)

    def _follow(self, now_ms: int, message: Authentic) -> None:
        if not isinstance(message, Welcomed | Told):
            return
        if isinstance(message, Welcomed):
            if message.epoch <= self._highest:
                self._verdicts.violate(now_ms, "G1", f"epoch {message.epoch:x} is begun a second time")
            self._highest = message.epoch
        elif self._epoch is not None and message.epoch < self._epoch:
            self._verdicts.violate(now_ms, "G1", f"epoch {message.epoch:x} after {self._epoch:x}")
        if message.epoch != self._epoch:
            self._epoch, self._welcomed = message.epoch, isinstance(message, Welcomed)
            self._sequence = self._told_sequence = 0
            self._void()

    def _compare(self, now_ms: int, told: Told) -> None:
        if told.sequence < self._told_sequence:
            self._verdicts.violate(now_ms, "G1", f"sequence {told.sequence} after {self._told_sequence} in one epoch")
        self._told_sequence = told.sequence
        self._sequence = max(self._sequence, told.sequence)
        if told.last_grant > self.opened and (permit := self._permits.get(told.last_grant)) is not None:
            self._taken = None if self._guessed else permit  # opens now, or was opened at the gate already
            self._take(now_ms, permit)
        self._guessed = self._guessed and told.last_grant < self.opened
        self.opened = max(self.opened, told.last_grant)
