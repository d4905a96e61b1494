"""The brain's end of the gate: opens its line, polls the door, opens it again after a cut."""

from collections.abc import Callable

import structlog

from edge.encounter.events import Event, GateHeld, GateLost, GateMoved, GateUnseen
from hardware.door import Door, DoorState
from hardware.errors import HardwareError
from hardware.lights import Lamp

log = structlog.get_logger()
REOPEN_S = 0.5


class GateLink:
    """`heard` gets an event for every change the door observes.  open_door: at a time, raises HardwareError."""

    def __init__(self, open_door: Callable[[float], Door], heard: Callable[[Event], None]) -> None:
        self._open_door, self._heard = open_door, heard
        self._door: Door | None = None
        self._last: DoorState | None = None
        self._next_s = 0.0
        self._lamp = Lamp.READY
        self.problem = "not connected"
        self.not_guaranteed: tuple[str, ...] = ()

    @property
    def state(self) -> DoorState | None:
        """The newest; None while there is no session with the door."""
        return self._door.state if self._door else None

    def poll(self, now_s: float) -> None:
        """One beat: the caller is the loop that decides."""
        try:
            if self._door is None:
                if now_s < self._next_s:
                    return
                self._next_s = now_s + REOPEN_S
                self._begin(self._open_door(now_s))
            for state in self._door.poll(now_s) if self._door else ():
                self._changed(state)
        except HardwareError as error:
            self._lost(str(error))

    @property
    def next_grant(self) -> int | None:
        """The number to have on disk before `grant`; None where no grant can be given now."""
        return self._door.next_grant if self._door else None

    def grant(self, now_s: float, number: int | None) -> None:
        """Ask for the one opening that is on disk under this number; where that cannot be, say so as an event."""
        if number is None or self._door is None or number != self.next_grant or self._door.grant() is None:
            self._heard(GateLost(self.problem or "the gate takes no grant: " + faults(self.state)))
            return
        log.info("gate.granted", number=number)
        state = self.state
        self.poll(now_s)
        if state is not None and state.position is None:
            self._heard(GateUnseen())

    def shut(self) -> None:
        if self._door:
            self._door.shut()

    def light(self, lamp: Lamp) -> None:
        self._lamp = lamp
        if self._door:
            self._door.light(lamp)

    def close(self) -> None:
        if self._door:
            self._door.close()

    def _begin(self, door: Door) -> None:
        self._door, self._last = door, None
        door.light(self._lamp)
        if self.not_guaranteed != door.not_guaranteed:
            self.not_guaranteed = door.not_guaranteed
            log.warning("gate.not_guaranteed", what=self.not_guaranteed)

    def _changed(self, state: DoorState) -> None:
        before, self._last, self.problem = self._last, state, ""
        if before is None or before.faults != state.faults:
            log.info("gate.faults", codes=[fault.code for fault in state.faults])
        if before is None or before.session != state.session:
            log.info("gate.connected", session=state.session)
            if before is not None:
                self._heard(GateLost("the gate's controller became safe or was reset"))
            return
        if state.faults and before.ready and not state.ready:
            self._heard(GateLost(faults(state)))
        if state.alarm and not before.alarm:
            self._heard(GateHeld())
        passed = (state.forward - before.forward) % 65536
        odd = (state.reverse - before.reverse) % 65536 + (state.doubtful - before.doubtful) % 65536
        if state.position is not None and (passed or odd or state.position is not before.position):
            self._heard(GateMoved(state.position.name.lower(), passed, odd))

    def _lost(self, why: str) -> None:
        if why != self.problem:
            log.error("gate.lost", why=why)
        if self._door:
            self._door.close()
            self._heard(GateLost(why))
        self._door, self.problem = None, why


def faults(state: DoorState | None) -> str:
    """In words for the agent's page and the technician."""
    if state is None:
        return "no session with its controller yet"
    return "; ".join(f"{fault.code}: {fault.check}" for fault in state.faults) or "it is in its safe state"
