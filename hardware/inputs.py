"""What a device's plain inputs say of a lane: leaf, beams, somebody standing in it."""

from dataclasses import dataclass

from hardware.door import Fault, Position
from hardware.gate.passage import Passage

CLOSING_S = 2.0  # how long a leaf may take to be closed after its opening has ended
FORCED = Fault("forced_open", "the leaf is open and no opening was granted: check the leaf, its lock and the contact")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The number of the input that is active while the leaf is closed, a beam is broken or somebody is present.

    None where nothing is connected.  inverted: inputs that are active while the opposite holds.  Wire beams so that a
    cut wire reads as broken, and the contact so that a cut wire reads as open.
    """

    closed: int | None = None
    entry: int | None = None
    exit: int | None = None
    presence: int | None = None
    inverted: frozenset[int] = frozenset()

    @property
    def counting(self) -> bool:
        """Whether passages can be counted: that takes both beams and presence."""
        return None not in (self.entry, self.exit, self.presence)

    @property
    def used(self) -> frozenset[int]:
        return frozenset(n for n in (self.closed, self.entry, self.exit, self.presence) if n is not None)

    @property
    def highest(self) -> int | None:
        """The highest number in use, None without any input."""
        return max(self.used, default=None)


class Lane:
    """Sense the inputs as they are; read what they mean.  What no input tells is None, or not counted."""

    def __init__(self, inputs: Inputs) -> None:
        self.passage = Passage()
        self.position: Position | None = None
        self.presence: bool | None = None
        self.forced = False
        self._inputs = inputs
        self._allowed_until_s = float("-inf")
        self._late = False

    @property
    def held(self) -> bool:
        """Open longer than its opening allowed."""
        return self._late and not self.forced

    def allow(self, until_s: float) -> None:
        """An opening was asked for, which ends at `until_s`."""
        self._allowed_until_s = until_s

    def sense(self, active: int, now_s: float) -> None:
        """active: one bit for each input, the lowest for input 0."""
        entry, exit_ = self._is(self._inputs.entry, active), self._is(self._inputs.exit, active)
        present = self._is(self._inputs.presence, active)
        seen = [sensed for sensed in (entry, exit_, present) if sensed is not None]
        self.presence = any(seen) if seen else None
        if entry is not None and exit_ is not None and present is not None:
            self.passage.sense(round(now_s * 1000), entry, exit_, present)
        closed = self._is(self._inputs.closed, active)
        if closed is not None:
            self._leaf(closed, now_s)

    def _leaf(self, closed: bool, now_s: float) -> None:
        late = not closed and now_s > self._allowed_until_s + CLOSING_S
        if closed:
            self.forced = False
        elif self.position is not Position.OPEN and now_s > self._allowed_until_s:
            self.forced = True
        self._late = late
        self.position = Position.CLOSED if closed else Position.OPEN

    def _is(self, number: int | None, active: int) -> bool | None:
        if number is None:
            return None
        return bool(active >> number & 1) != (number in self._inputs.inverted)


def unseen(inputs: Inputs) -> tuple[str, ...]:
    """What these inputs cannot promise, in sentences."""
    found: tuple[str, ...] = ()
    if inputs.closed is None:
        found += ("No contact observes the leaf: that it opened, closed again or was forced is not known.",)
    else:
        found += ("A forced leaf is told of only until it is closed again.",)
    if inputs.presence is None:
        found += (
            "No sensor watches for somebody in the leaf: only the cabinet itself can keep it from closing on them.",
        )
    if inputs.counting:
        return (*found, "The inputs are read a few times a second: a second person pressed to the first can be missed.")
    return (*found, "Without two beams and a presence sensor no passage is counted and a second person is not seen.")
