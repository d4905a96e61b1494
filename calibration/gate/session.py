"""Keep a session with a gate and watch it, until something is so."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from calibration.gate.errors import FaultLatched, LaneOccupied, NotReady, SessionLost
from hardware.door import DoorState
from hardware.errors import LinkSilent
from hardware.gate import faults
from hardware.gate.driver import PERIOD_S, Gate
from hardware.gate.messages import Status, Welcome

LISTEN_S = 0.002  # between two looks at what has arrived


@dataclass(frozen=True, slots=True)
class Time:
    """As the caller has it."""

    now_s: Callable[[], float]
    sleep: Callable[[float], None]


class Session:
    """cycle: the one that runs; while it is 0, nothing that is seen ends the run.  walkers: people may be sensed."""

    def __init__(self, door: Gate, time: Time, *, walkers: bool) -> None:
        self.cycle = 0
        self._door, self._time, self._walkers = door, time, walkers
        self._spoken_s = -math.inf
        self._session: int | None = None

    @property
    def now_s(self) -> float:
        return self._time.now_s()

    @property
    def welcome(self) -> Welcome:
        """Raises SessionLost."""
        if self._door.welcome is None:
            raise SessionLost(self._lost())
        return self._door.welcome

    @property
    def status(self) -> Status:
        """The newest.  Raises SessionLost."""
        if self._door.status is None:
            raise SessionLost(self._lost())
        return self._door.status

    def speak(self) -> bool:
        """Send the wish now, not when it is due.  Whether a Status was heard."""
        self._spoken_s = self.now_s
        return bool(self._door.poll(self._spoken_s))

    def wait(self, duration_s: float) -> None:
        self.until(lambda _: False, duration_s)

    def until(self, met: Callable[[DoorState], bool], within_s: float) -> bool:
        """Go on until `met`; False if it is not within the time.  Raises MeasurementStopped, HardwareError."""
        end_s = self.now_s + within_s
        for turn in count():
            now_s = self.now_s
            if turn and now_s >= end_s:
                break
            heard = self._beat(now_s)
            if (heard or not turn) and (state := self._door.state) is not None:
                if self.cycle:
                    self._watch(state)
                if met(state):
                    return True
            self._time.sleep(LISTEN_S)
        return False

    def _beat(self, now_s: float) -> bool:
        """Speak if it is due, listen in any case.  Whether a Status was heard."""
        try:
            return self.speak() if now_s - self._spoken_s >= PERIOD_S else bool(self._door.listen(now_s))
        except LinkSilent as error:
            if not self.cycle:
                raise
            raise SessionLost(f"{self._lost()} ({error.code})") from error

    def _watch(self, state: DoorState) -> None:
        """What ends a run in the middle of a cycle."""
        if state.session != (self._session or state.session):
            raise SessionLost(self._lost())
        self._session = state.session
        if found := faults.of_controller(self.status.faults):
            told = "; ".join(f"{fault.code}: check: {fault.check}" for fault in found)
            raise FaultLatched(
                f"cycle {self.cycle}: the controller latched {told}; then turn the service switch on, reset it with "
                "`python -m hardware reset`, turn the switch off and start again"
            )
        if not state.ready:
            raise NotReady(f"cycle {self.cycle}: {against(state)}; then start again")
        if state.presence and not self._walkers:
            raise LaneOccupied(
                f"cycle {self.cycle}: somebody is sensed in the lane, nobody may be: clear the lane and start again, "
                "or measure walkers with --walk"
            )

    def _lost(self) -> str:
        return (
            f"cycle {self.cycle}: the controller became safe or was reset, or did not hear this machine for 1.0 s: "
            "check the controller's supply, the cable and other programs on this machine; then start again"
        )


def against(state: DoorState | None) -> str:
    """What stands against a grant."""
    if state is None:
        return "no session with its controller"
    return "; ".join(f"{fault.code}: {fault.check}" for fault in state.faults) or "it stays in its safe state"
