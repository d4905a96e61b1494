"""Judge a gate by what can be seen and heard at it: pins, drives, and the bytes of both directions of its line.

It shares nothing with the controller but the names of pins: its numbers, its framing and its cryptography are its own,
and it decides from the rules of the safety page, not from the controller's states.
"""

from collections import deque

from calibration.gate.safety.authority import Authority
from calibration.gate.safety.fault_watch import FaultWatch
from calibration.gate.safety.leaf_watch import LeafWatch
from calibration.gate.safety.switches import Switches
from calibration.gate.safety.tap import Served, Told, Wanted
from calibration.gate.safety.terms import BEACON_MS, SILENCE_MS, Terms, Verdicts, Violation
from hardware.gate.controller import Controller
from hardware.gate.limits import Action, Drive, Flag, Pin

_GREEN, _CLOSED, _OPEN = int(Drive.GREEN), int(Pin.LEAF_CLOSED), int(Pin.LEAF_OPEN)
_SAFE, _ALARM, _EMERGENCY, _GRANTED = int(Flag.SAFE), int(Flag.ALARM), int(Flag.EMERGENCY), int(Flag.GRANTED)


class Observer:
    """commissioned: whether the EEPROM says so at the first start."""

    def __init__(self, terms: Terms, *, commissioned: bool = True) -> None:
        self._terms = terms
        self._verdicts = Verdicts()
        self.switches = Switches(terms)
        self.authority = Authority(terms, self._verdicts)
        self.leaf = LeafWatch(terms, self._verdicts, self.authority, self.switches)
        self.faults = FaultWatch(terms, self.leaf)
        self._commissioned = commissioned
        self._slack_ms = 2 + terms.late_ms
        self._pins = self._said_ms = self._began_ms = 0
        self._position_ms = 0  # since when the contacts are as they are

    @property
    def violations(self) -> list[Violation]:
        return self._verdicts.violations

    @property
    def seen(self) -> dict[str, int]:
        """How often each thing happened."""
        return self._verdicts.seen

    def decided(self, epoch: int, grant: int) -> None:
        """The host has decided once."""
        self._verdicts.count("decided")
        self.authority.decided(epoch, grant)

    def started(self, now_ms: int, pins: int) -> None:
        self._verdicts.count("started")
        self._began_ms = self._said_ms = now_ms
        self._pins = pins
        self.switches.start(now_ms)
        self.authority.start()
        self.leaf.start(now_ms, pins)
        self.faults.start(now_ms)

    # --- the gate ---------------------------------------------------------------------------------------------------

    def look(self, now_ms: int, pins: int, drive: int) -> None:
        """Every millisecond, after the controller drove."""
        if (pins ^ self._pins) & (_CLOSED | _OPEN):
            self._position_ms = now_ms
        self._pins = pins
        self.switches.look(now_ms, pins)
        barred = bool(self.faults.due) or self.switches.in_service or not self._commissioned
        if barred != (self.leaf.barred_ms is not None):
            self.leaf.barred_ms = now_ms if barred else None
        self.leaf.look(now_ms, pins, drive)
        self.faults.look(now_ms, pins, drive)
        if drive & _GREEN:
            self._green(now_ms, pins)
        if now_ms - self._said_ms > BEACON_MS + 10 + self._slack_ms:
            self._verdicts.violate(now_ms, "G5", f"nothing said for {now_ms - self._said_ms} ms")
            self._said_ms = now_ms

    def _green(self, now_ms: int, pins: int) -> None:
        late_ms = self._terms.late_ms
        seen_open = pins & _OPEN and not pins & _CLOSED
        if not seen_open and now_ms - self._position_ms >= late_ms:
            self._verdicts.violate(now_ms, "G15", "green although the leaf is not seen open")
        elif now_ms - self.leaf.held_ms > late_ms:
            self._verdicts.violate(now_ms, "G15", "green although no grant is held")
        else:
            self._verdicts.count("green")

    # --- the line ---------------------------------------------------------------------------------------------------

    def heard(self, now_ms: int, data: bytes) -> None:
        """Bytes reach the controller."""
        for message in self.authority.heard(now_ms, data):
            match message:
                case Wanted():
                    self._verdicts.count("want obeyed")
                    if not self._terms.late_ms:  # else a Hello may have gone before it
                        self.leaf.release_hold()
                case Served(action=action, technician=technician) if technician and self.switches.service_lately:
                    self._serve(action)

    def _serve(self, action: int) -> None:
        if action == Action.COMMISSION:
            self._verdicts.count("commissioned")
            self._commissioned = True
        elif action == Action.RESET:
            self._verdicts.count("faults reset")
            self.faults.reset()

    def said(self, now_ms: int, data: bytes) -> None:
        """Bytes leave the controller."""
        for told in self.authority.said(now_ms, data):
            self._said_ms = now_ms
            if not told.flags & _SAFE:
                self.leaf.release_hold()
            self._compare(now_ms, told)

    def _compare(self, now_ms: int, told: Told) -> None:
        heard_ms, flags = self.authority.heard_ms, told.flags
        silent_ms = now_ms - (self._began_ms if heard_ms is None else heard_ms)
        alone = heard_ms is None or silent_ms > SILENCE_MS + self._slack_ms
        if alone and (not flags & _SAFE or flags & _GRANTED):
            self._verdicts.violate(now_ms, "G5", f"not safe {silent_ms} ms after the last Want that counted")
        if flags & _SAFE and flags & _GRANTED:
            self._verdicts.violate(now_ms, "G5", "safe, and a grant is held")
        if self.switches.emergency_due and not flags & _EMERGENCY:
            self._verdicts.violate(now_ms, "G4", "does not say that the emergency is latched")
        if self.leaf.must_alarm(now_ms - self._terms.late_ms) and not flags & _ALARM:
            self._verdicts.violate(now_ms, "G3", "held open too long without an alarm")
        for kind in self.faults.missing(now_ms, told.faults):
            self._verdicts.violate(now_ms, "G8", f"{kind}: not latched")
            del self.faults.due[kind]
        for name, is_so in (("safe", flags & _SAFE), ("alarm", flags & _ALARM), ("faulty", told.faults)):
            if is_so:
                self._verdicts.count("said " + name)


class Watched:
    """A `Controller` between a lane and the controller, so that the observer sees and hears exactly what it does.

    byte_ms: what a byte takes on the line, 0 where it takes no time.
    """

    def __init__(self, controller: Controller, observer: Observer, now_ms: int, byte_ms: float = 0.0) -> None:
        self._controller, self._observer, self._now_ms = controller, observer, now_ms
        self._byte_ms, self._free_ms = byte_ms, float(now_ms)
        self._coming: deque[tuple[float, bytes]] = deque()

    def tick(self, now_ms: int, pins: int) -> int:
        drive = self._controller.tick(now_ms, pins)
        self._now_ms = now_ms
        while self._coming and self._coming[0][0] <= now_ms:
            self._observer.heard(now_ms, self._coming.popleft()[1])
        self._observer.look(now_ms, int(pins), int(drive))
        return drive

    def exchange(self, received: bytes) -> bytes:
        if received and not self._byte_ms:
            self._observer.heard(self._now_ms, received)
        elif received:
            self._send(received)
        said = self._controller.exchange(received)
        if said:
            self._observer.said(self._now_ms, said)
        return said

    def _send(self, received: bytes) -> None:
        self._free_ms = max(self._free_ms, self._now_ms)
        for byte in received:
            self._free_ms += self._byte_ms
            self._coming.append((self._free_ms, bytes((byte,))))

    @property
    def memory(self) -> bytes:
        return self._controller.memory

    def close(self) -> None:
        self._controller.close()
