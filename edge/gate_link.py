"""The brain's end of the gate: opens its line, polls the door, opens it again after a cut."""

from collections.abc import Callable, Sequence

import structlog

from edge.encounter.events import Event, GateChanged, GateHeld, GateLost, GateMoved, GateUnseen
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
        self._usable = True
        self.not_guaranteed: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether somebody invited now could pass at all."""
        return self._usable

    @property
    def state(self) -> DoorState | None:
        """The newest; None while there is no session with the door."""
        return self._door.state if self._door else None

    def poll(self, now_s: float) -> None:
        """One beat: the caller is the loop that decides."""
        self._with_door(now_s, lambda door: door.poll(now_s))

    def rest(self, now_s: float) -> None:
        """In place of `poll` while the loop does not decide."""
        self._with_door(now_s, lambda door: door.rest(now_s))

    def _with_door(self, now_s: float, act: Callable[[Door], Sequence[DoorState]]) -> None:
        try:
            if self._door is None:
                if now_s < self._next_s:
                    return
                self._next_s = now_s + REOPEN_S
                self._begin(self._open_door(now_s))
            for state in act(self._door) if self._door else ():
                self._changed(state)
        except HardwareError as error:
            self._lost(str(error))
        self._tell_use()

    def _tell_use(self) -> None:
        """Whether somebody invited now could pass at all; while a session begins anew it is what it was."""
        if self.problem:
            usable = False
        elif self.state is not None:
            usable = self.state.ready or not self.state.faults
        else:
            return
        if usable != self._usable:
            self._usable = usable
            self._heard(GateChanged(usable))

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
        if not state.ready and set(state.faults) - set(before.faults):
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
    """In words for the technician."""
    if state is None:
        return "no session with its controller yet"
    return "; ".join(f"{fault.code}: {fault.check}" for fault in state.faults) or "it is in its safe state"
