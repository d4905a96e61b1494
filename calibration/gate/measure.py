"""Open and close a gate a number of times with the real driver, and keep all it said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from calibration.gate.cycle import Cycle, Line, line
from calibration.gate.errors import BeamsSwapped, LaneOccupied, LeafUnseen, NotReady
from calibration.gate.session import Session, Time, against
from calibration.gate.tap import Tap
from hardware.door import DoorState, Position
from hardware.errors import HardwareError
from hardware.gate.driver import Gate
from hardware.gate.limits import SWAPPED_GRANTS, TRAVEL_MARGIN_MS, Refusal
from hardware.gate.messages import Welcome
from hardware.lights import Lamp

READY_S = 3.0
CLEAR_S = 20.0  # for whoever is in the lane to leave it
HOLD_S = REST_S = 0.25  # open without a walker; closed before the next cycle: a bounce after the arrival shows
LATE_S = 1.0  # beyond what the controller itself allows the leaf
LEAVE_S = 4.0  # for the leaf to be observed closed at the end


@dataclass(frozen=True, slots=True)
class Plan:
    """walk: a technician walks through each opening."""

    cycles: int
    walk: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything of one run."""

    plan: Plan
    welcome: Welcome
    cycles: tuple[Cycle, ...]
    line: Line


class Bench:
    """A gate, its line and a technician.  tell: a prompt for them.  shut: whether the leaf was observed closed when all
    was over; None before, and without a session."""

    def __init__(self, door: Gate, tap: Tap, time: Time, tell: Callable[[str], None]) -> None:
        self.shut: bool | None = None
        self._door, self._tap, self._time, self._tell = door, tap, time, tell
        self._begun: tuple[Plan, Welcome] | None = None
        self._cycles: list[Cycle] = []

    def run(self, plan: Plan, done: Callable[[Cycle], None] = lambda _: None) -> Measured:
        """Once.  Whatever happens, the gate is left shut.  Raises MeasurementStopped, HardwareError."""
        session = Session(self._door, self._time, walkers=plan.walk)
        try:
            self._begin(session, plan)
            self._begun = plan, session.welcome
            for session.cycle in range(1, plan.cycles + 1):
                self._cycles.append(self._cycle(session, plan))
                done(self._cycles[-1])
                _check_order(self._cycles)
            return self._measured(*self._begun)
        finally:
            session.cycle = 0
            self.shut = self._leave(session) if self._tap.said else None

    @property
    def so_far(self) -> Measured | None:
        """By the cycles that were completed; None before the first."""
        return self._measured(*self._begun) if self._begun and self._cycles else None

    def _measured(self, plan: Plan, welcome: Welcome) -> Measured:
        asked = [each for each in self._tap.asked if each.epoch == welcome.epoch]
        said = [each for each in self._tap.said if each.status.epoch == welcome.epoch]
        return Measured(plan, welcome, tuple(self._cycles), line(asked, said))

    # --- steps ------------------------------------------------------------------------------------------------------

    def _begin(self, session: Session, plan: Plan) -> None:
        self._door.light(Lamp.LOOKING)
        session.until(lambda state: state.ready or bool(session.status.faults), READY_S)
        state = self._door.state
        if state is None or not state.ready:
            raise NotReady(f"the gate takes no grant within {READY_S:g} s: {against(state)}; then start again")
        if state.presence and not plan.walk:
            raise LaneOccupied("somebody is sensed in the lane, nobody may be: clear the lane, then start again")

    def _cycle(self, session: Session, plan: Plan) -> Cycle:
        self._clear(session, plan)
        before, first, granted_s = session.status, len(self._tap.said), session.now_s
        if self._door.grant() is None:
            raise NotReady(f"cycle {session.cycle}: no grant is taken: {against(self._door.state)}; then start again")
        self._door.light(Lamp.GO)
        session.speak()
        self._see(session, Position.OPEN, 0.0)
        if plan.walk:
            self._walk(session, plan)
        else:
            session.wait(HOLD_S)
        self._door.shut()
        self._door.light(Lamp.LOOKING)
        session.speak()
        self._see(session, Position.CLOSED, CLEAR_S if plan.walk else 0.0)
        session.wait(REST_S)
        return Cycle(session.cycle, granted_s, before, tuple(self._tap.said[first:]))

    def _clear(self, session: Session, plan: Plan) -> None:
        """Nobody is sensed, and the leaf is closed."""
        if not session.until(lambda state: not state.presence, 0.0):
            self._tell(f"cycle {session.cycle} of {plan.cycles}: leave the lane")
            if not session.until(lambda state: not state.presence, CLEAR_S):
                raise LaneOccupied(
                    f"cycle {session.cycle}: somebody is sensed in the lane for {CLEAR_S:g} s: leave it, or check the "
                    "presence sensor at PB0 and PB1 and the beams at PD6 and PD7; then start again"
                )
        if not session.until(lambda state: state.position is Position.CLOSED, LATE_S):
            raise NotReady(
                f"cycle {session.cycle}: the leaf is not observed closed before the grant: shut it, or check contact "
                "PD4; then start again"
            )

    def _walk(self, session: Session, plan: Plan) -> None:
        """Until a passage is counted, or the leaf has closed again without one."""
        self._tell(f"cycle {session.cycle} of {plan.cycles}: walk through now, from the entry to the exit")
        before = _passages(session)
        over_s = session.welcome.opens_ds / 10 + CLEAR_S

        def is_over(state: DoorState) -> bool:
            return _passages(session) != before or state.position is Position.CLOSED

        if not session.until(is_over, over_s):
            raise LaneOccupied(
                f"cycle {session.cycle}: no passage is counted and the lane is not clear within {over_s:g} s: leave "
                "it, or check the beams at PD6 and PD7 and the presence sensor; then start again"
            )

    def _see(self, session: Session, position: Position, extra_s: float) -> None:
        travel_ms = session.welcome.travel_cs * 10
        within_s = (travel_ms + TRAVEL_MARGIN_MS) / 1000 + LATE_S + extra_s
        if session.until(lambda state: state.position is position, within_s):
            return
        contact = "PD5" if position is Position.OPEN else "PD4"
        code = session.status.refusal
        refused = f", the controller's refusal: {Refusal(code).name.lower()}" if code in frozenset(Refusal) else ""
        raise LeafUnseen(
            f"cycle {session.cycle}: the leaf was not observed {position.name.lower()} within {within_s:.1f} s "
            f"(provisioned travel {travel_ms} ms{refused}): check leaf, drive and contact {contact}; then start again"
        )

    def _leave(self, session: Session) -> bool:
        """Withdraw the grant and look whether the leaf closes."""
        self._door.shut()
        self._door.light(Lamp.OFF)
        try:
            session.speak()
            return session.until(lambda state: state.position is Position.CLOSED, LEAVE_S)
        except HardwareError:
            return False  # the lease runs out by itself; the caller says that nobody saw it


def _passages(session: Session) -> tuple[int, int, int]:
    return session.status.forward, session.status.reverse, session.status.doubtful


def _check_order(cycles: Sequence[Cycle]) -> None:
    """Before the controller itself takes the beams for swapped, and latches it."""
    last = cycles[-(SWAPPED_GRANTS - 1) :]
    if len(last) == SWAPPED_GRANTS - 1 and all(each.reverse and not each.forward for each in last):
        raise BeamsSwapped(
            f"cycles {last[0].number} and {last[-1].number}: the passages were counted in reverse, the exit beam broke "
            "before the entry beam: beams swapped: exchange the wires at PD6 (entry) and PD7 (exit); if you walked "
            "from the exit to the entry, start again and walk the other way"
        )
