"""Where the leaf is to be, and why it may move.  `PROTOCOL.md` §4.5–9."""

from hardware.gate.limits import FailMode, Pin

_CLOSED = int(Pin.LEAF_CLOSED)  # plain numbers: this runs every millisecond


def strapped(pins: int) -> tuple[FailMode, bool]:
    """The site's fail mode, and whether the straps ask for one that cannot be: then fail-safe is used."""
    safe, hold = bool(pins & Pin.FAIL_SAFE), bool(pins & Pin.HOLD)
    if hold and (safe or pins & Pin.ESCAPE):
        return FailMode.SAFE, True
    return (FailMode.HOLD if hold else FailMode.SAFE if safe else FailMode.SECURE), False


class Leaf:
    """wanted: it is to be open.  rests: it was observed closed since it was last to be open, and stays so until a
    reason to open.  seen: its closed contact was observed since the start, so that it can be believed.  holding: found
    open at the start of a fail mode hold, left as it is."""

    def __init__(self, now_ms: int, pins: int, *, hold: bool) -> None:
        self.rests = self.seen = bool(pins & _CLOSED)
        self.holding = self.wanted = hold and not self.rests
        self.opened_ms = now_ms

    def move(self, now_ms: int, reason: bool, occupied: bool, in_time: bool, closed: bool) -> bool:
        """Decide anew; True if the leaf turns.  in_time: closing still within its travel time."""
        self.seen = self.seen or closed
        if not self.wanted and closed:
            self.rests = True
        if reason or self.holding:
            wanted = True
        elif self.wanted:
            wanted = occupied
        else:
            wanted = not self.rests and occupied and (in_time or self.seen)
        if wanted == self.wanted:
            return False
        if wanted and self.rests:
            self.opened_ms = now_ms
        self.wanted, self.rests = wanted, False
        return True
