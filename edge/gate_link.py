"""The brain's end of the gate line: opens it, polls it, opens it again after a cut."""

from collections.abc import Callable

import structlog

from edge.encounter.events import Event, GateLost, GateMoved
from hardware.errors import HardwareError
from hardware.gate.driver import Gate
from hardware.gate.messages import Lamp, Status
from hardware.port import Port

log = structlog.get_logger()
REOPEN_S = 1.0


class GateLink:
    """`heard` gets an event for every change the controller observes."""

    def __init__(self, open_port: Callable[[], Port], heard: Callable[[Event], None]) -> None:
        self._open_port, self._heard = open_port, heard
        self._gate: Gate | None = None
        self._last: Status | None = None
        self._next_s = 0.0
        self._lamp = Lamp.READY
        self.problem = "not connected"

    @property
    def status(self) -> Status | None:
        """The newest status; None while the line is down."""
        return self._last if self._gate else None

    def poll(self, now_s: float) -> None:
        """One beat: the caller is the loop that decides."""
        try:
            if self._gate is None:
                if now_s < self._next_s:
                    return
                self._next_s = now_s + REOPEN_S
                self._gate, self._last = Gate(self._open_port(), now_s), None
                self._gate.light(self._lamp)
            for status in self._gate.poll(now_s):
                self._changed(status)
        except HardwareError as error:
            self._lost(str(error))

    def grant(self, now_s: float) -> None:
        """Ask for one opening, now; where that cannot be, say so as an event."""
        if self._gate is None or not self._gate.grant():
            self._heard(GateLost(self.problem or "the controller is in its safe state"))
            return
        self.poll(now_s)

    def shut(self) -> None:
        if self._gate:
            self._gate.shut()

    def light(self, lamp: Lamp) -> None:
        self._lamp = lamp
        if self._gate:
            self._gate.light(lamp)

    def close(self) -> None:
        if self._gate:
            self._gate.close()

    def _changed(self, status: Status) -> None:
        before, self._last, self.problem = self._last, status, ""
        if before is None or before.epoch != status.epoch:
            log.info("gate.connected", epoch=status.epoch)
            if before is not None:
                self._heard(GateLost("the controller became safe or was reset"))
            return
        passed = (status.passages - before.passages) % 65536
        if passed or status.position is not before.position:
            self._heard(GateMoved(status.position.name.lower(), passed))

    def _lost(self, why: str) -> None:
        if why != self.problem:
            log.error("gate.lost", why=why)
        if self._gate:
            self._gate.close()
            self._heard(GateLost(why))
        self._gate, self.problem = None, why
