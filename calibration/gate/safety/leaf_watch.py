"""Why the leaf opens, opens again, closes and stays open: G1, G3, G4, G5, G7."""

from calibration.gate.safety.authority import Authority
from calibration.gate.safety.switches import Switches
from calibration.gate.safety.terms import (
    CLEAR_MS,
    EMERGENCY_MS,
    MARGIN_MS,
    SILENCE_MS,
    Terms,
    Verdicts,
)
from hardware.gate.limits import Drive, Pin

_CLOSED, _SENSED = int(Pin.LEAF_CLOSED), int(Pin.ENTRY | Pin.EXIT | Pin.PRESENCE_A | Pin.PRESENCE_B)
_SERVICE, _RELAY = int(Pin.SERVICE), int(Drive.RELAY)
_ROUND_MS = 2  # a tick on either side
_LONG_AGO = -(1 << 30)
BOOT_MS = 15  # of the simulated chip, from power until it first looks: it drives after 8, looks after 12


class LeafWatch:
    """open: commanded so.  rests: seen closed since it was commanded closed.  held_ms: when a grant was last held."""

    def __init__(self, terms: Terms, verdicts: Verdicts, authority: Authority, switches: Switches) -> None:
        self._terms, self._verdicts = terms, verdicts
        self._authority, self._switches = authority, switches
        self._slack_ms = _ROUND_MS + terms.late_ms
        self._boot_ms = BOOT_MS if terms.late_ms else 0
        self.open = self.rests = self._holding = False
        self.sensed_ms = self._closing_ms = self._opened_ms = self._excused_ms = self.held_ms = _LONG_AGO
        self._sensed_run = self._started_ms = 0
        self._surely_sensed_ms = _LONG_AGO  # for so long that a late chip has seen it too
        self._calm_ms = self._doubted_ms = _LONG_AGO  # last not open by command; opened, again or by a grant
        self._switch_off_run, self._switch_was_off = 0, False
        self._seen = False  # its closed contact, since the start
        self.barred_ms: int | None = None  # since when something stands against a grant
        self.slowest_emergency_ms = 0
        self.rested_ms = 0  # when it was last seen to arrive closed

    def start(self, now_ms: int, pins: int) -> None:
        """The relay has fallen off, and the controller knows of nobody."""
        self.rests = self._seen = bool(pins & _CLOSED)
        self.open = False
        self._holding = self._terms.hold and not self.rests
        self._closing_ms = self._opened_ms = self._excused_ms = self._started_ms = now_ms
        self.sensed_ms, self._sensed_run = _LONG_AGO, 0
        self._surely_sensed_ms = self._doubted_ms = _LONG_AGO
        self._calm_ms = now_ms
        self._switch_off_run, self._switch_was_off = 0, not pins & _SERVICE

    def _boots(self, now_ms: int, pins: int) -> None:
        """The chip may not drive yet; whom it senses when it does counts all the same."""
        started_ms, sensed_ms = self._started_ms, self.sensed_ms
        self.start(now_ms, pins)
        self._started_ms, self.sensed_ms = started_ms, now_ms if pins & _SENSED else sensed_ms

    def release_hold(self) -> None:
        """A Want counted."""
        self._holding = False

    def look(self, now_ms: int, pins: int, drive: int) -> None:
        """Every millisecond."""
        if now_ms - self._started_ms < self._boot_ms:
            self._boots(now_ms, pins)
            return
        self._sense(now_ms, pins)
        self._switch_off_run = 0 if pins & _SERVICE else self._switch_off_run + 1
        self._switch_was_off = self._switch_was_off or self._switch_off_run > 25
        if pins & _SERVICE and self._switches.service_run > 25 and self._switch_was_off:
            self._holding = False  # turned on, not only found on at the start
        self._seen = self._seen or bool(pins & _CLOSED)
        open_ = bool(drive & _RELAY) != self._terms.fail_safe
        if open_ != self.open:
            self.open = open_
            (self._opens if open_ else self._closes)(now_ms)
        if self._authority.holds(now_ms):
            self.held_ms = now_ms
        if not open_ or self._holding:
            self._calm_ms = now_ms
        if open_:
            self._resolve()
            self._stays_open(now_ms)
        elif pins & _CLOSED:
            self.rested_ms, self.rests = (self.rested_ms if self.rests else now_ms), True
        elif self._sensed_run > self._slack_ms:
            self._nobody_in_its_way(now_ms)
        self._asked_at_the_gate(now_ms)

    def _sense(self, now_ms: int, pins: int) -> None:
        if not pins & _SENSED:
            self._sensed_run = 0
            return
        self.sensed_ms, self._sensed_run = now_ms, self._sensed_run + 1
        if self._sensed_run > self._terms.late_ms:
            self._surely_sensed_ms = now_ms

    def _opens(self, now_ms: int) -> None:
        at_the_gate = self._switches.emergency_may or self._switches.released_lately(now_ms)
        if self._may_be_caught(now_ms):
            self._opens_again(now_ms, at_the_gate)
        elif at_the_gate:
            self._opened_ms = now_ms
            self._verdicts.count("opened by emergency or release")
        elif self.barred_ms is not None and now_ms - self.barred_ms > self._slack_ms:
            self._verdicts.violate(now_ms, "G8", "opened although a fault, service mode or a new key stands against it")
        elif self._authority.open(now_ms):
            self._opened_ms = now_ms
            self._verdicts.count("opened by a grant")
        else:
            self._opened_ms = now_ms
            self._verdicts.violate(now_ms, "G1", "opened from rest without a grant, an emergency or the release")
        self.rests = False

    def _may_be_caught(self, now_ms: int) -> bool:
        """Whether somebody sensed opens it again: always while it closes, once its contact is known to work."""
        if self.rests:  # what the chip has read before its leaf arrived may still act
            late = now_ms - self.rested_ms <= self._terms.late_ms
            return late and now_ms - self.sensed_ms <= CLEAR_MS + self._slack_ms
        in_time = now_ms - self._closing_ms <= self._terms.travel_ms + MARGIN_MS + self._slack_ms
        return self._seen or in_time

    def _opens_again(self, now_ms: int, at_the_gate: bool) -> None:
        self._verdicts.count("opened again while closing")
        if self.rests:
            self._doubted_ms = now_ms
        if self.rests and at_the_gate:
            self._opened_ms = now_ms
        if not (at_the_gate or self._holding or now_ms - self.sensed_ms <= CLEAR_MS + self._slack_ms):
            self._verdicts.violate(now_ms, "G1", "a closing leaf opened again with nobody in its way")

    def _resolve(self) -> None:
        """The controller says that a grant opened what seemed to be opened again: then its time began with that."""
        if abs(self._authority.taken_ms - self._doubted_ms) <= self._slack_ms:
            self._opened_ms, self._doubted_ms = self._doubted_ms, _LONG_AGO

    def _closes(self, now_ms: int) -> None:
        self._closing_ms, self.rests = now_ms, False
        self._verdicts.count("closed")
        late_ms, run = self._terms.late_ms, self._sensed_run
        if run > late_ms or (run == 0 and now_ms - self._surely_sensed_ms < CLEAR_MS - late_ms):
            self._verdicts.violate(now_ms, "G7", f"closed {now_ms - self.sensed_ms} ms after somebody was sensed")

    def _stays_open(self, now_ms: int) -> None:
        switches = self._switches
        occupied = now_ms - self.sensed_ms <= CLEAR_MS
        if occupied or self._holding or switches.emergency_may or switches.released_lately(now_ms):
            self._excused_ms = now_ms
            return
        if now_ms - self._excused_ms <= self._slack_ms:
            return
        if now_ms - self._opened_ms > self._terms.opens_ms + self._slack_ms:
            self._once(now_ms, "G3", f"open for {now_ms - self._opened_ms} ms with nobody in its way")
        heard_ms = self._authority.heard_ms
        if heard_ms is None or now_ms - heard_ms > SILENCE_MS + self._slack_ms:
            self._once(now_ms, "G5", "open although no Want counted for a second")
        elif now_ms - self.held_ms > self._slack_ms:
            self._once(now_ms, "G3", "open although its grant is withdrawn or its lease is over")

    def _once(self, now_ms: int, rule: str, words: str) -> None:
        """One violation for one state, not one for each millisecond of it."""
        self._verdicts.violate(now_ms, rule, words)
        self._excused_ms = now_ms + 1000

    def _nobody_in_its_way(self, now_ms: int) -> None:
        closing_ms = now_ms - self._closing_ms
        due = self._seen or closing_ms < self._terms.travel_ms + MARGIN_MS - self._slack_ms
        if not self.rests and due and closing_ms > self._slack_ms:
            self._verdicts.violate(now_ms, "G7", "goes on closing although somebody is sensed")
            self.rests = True

    def _asked_at_the_gate(self, now_ms: int) -> None:
        switches = self._switches
        if not (switches.emergency_may or switches.release_run):
            return
        if switches.fire_run and not self.open:
            self.slowest_emergency_ms = max(self.slowest_emergency_ms, switches.fire_run)
            if switches.fire_run == EMERGENCY_MS:
                self._verdicts.violate(now_ms, "G4", f"closed {EMERGENCY_MS} ms after fire")
        elif switches.emergency_due and not self.open and not switches.fire_run:
            self._verdicts.violate(now_ms, "G4", "closed before a person reset the emergency")
            switches.emergency_due = False
        if switches.released and not self.open:
            self._verdicts.violate(now_ms, "G1", "closed while the officer's release is pressed")
            switches.release_run = 0

    def must_alarm(self, now_ms: int) -> bool:
        """Open for longer than allowed, for nothing but somebody in the way."""
        switches = self._switches
        excused = switches.emergency_may or switches.released_lately(now_ms) or self._holding
        due = self.open and not excused and now_ms >= self._calm_ms
        return due and now_ms - self._opened_ms > self._terms.opens_ms + self._slack_ms
