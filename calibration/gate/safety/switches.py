"""Fire, release and service switch as a person at the gate sees them, with what they surely and possibly cause."""

from calibration.gate.safety.terms import DURABLE_MS, FIRE_MS, SERVICE_MS, SWITCH_MS, Terms
from hardware.gate.limits import Pin

_FIRE, _RELEASE, _SERVICE = int(Pin.FIRE), int(Pin.RELEASE), int(Pin.SERVICE)


class Switches:
    """emergency_due: the gate must be open.  emergency_may: it may be, by the input or a latch nobody surely reset."""

    def __init__(self, terms: Terms) -> None:
        self._late_ms = terms.late_ms
        self.emergency_due = self.emergency_may = False
        self._due_ms = 0  # since when
        self.fire_run = self.release_run = self.service_run = 0  # milliseconds on without a break
        self._fire_off = self._service_off = 1 << 30  # and off
        self.release_ms = -(1 << 30)
        self._turned = False  # the service switch was surely seen off before it went on

    def start(self, now_ms: int) -> None:
        """After a reset only what had time to reach the EEPROM must still hold."""
        if now_ms - self._due_ms < DURABLE_MS:
            self.emergency_due = False
        self.fire_run = self.release_run = 0
        self._turned = False
        self.service_run = SERVICE_MS + 1 if self.service_run else 0

    def look(self, now_ms: int, pins: int) -> None:
        if not pins & (_FIRE | _RELEASE | _SERVICE) and not self.emergency_may:
            self.fire_run = self.release_run = self.service_run = 0
            self._fire_off += 1
            self._service_off += 1
            return
        self._look(now_ms, pins)

    def _look(self, now_ms: int, pins: int) -> None:
        self.fire_run, self._fire_off = (self.fire_run + 1, 0) if pins & _FIRE else (0, self._fire_off + 1)
        if pins & _RELEASE:
            self.release_run, self.release_ms = self.release_run + 1, now_ms
        else:
            self.release_run = 0
        if pins & _SERVICE:
            self._turned = self._service_off > SWITCH_MS + self._late_ms if self.service_run == 0 else self._turned
            self.service_run, self._service_off = self.service_run + 1, 0
        else:
            self.service_run, self._service_off = 0, self._service_off + 1
        self._latch(now_ms)

    def _latch(self, now_ms: int) -> None:
        late = self._late_ms
        if self.fire_run > max(0, FIRE_MS - 1 - late):
            self.emergency_may = True
        if self.fire_run > FIRE_MS + 1 + late and not self.emergency_due:
            self.emergency_due, self._due_ms = True, now_ms
        turning = SWITCH_MS - 1 - late <= self.service_run
        if turning and self.service_run <= SWITCH_MS + 2 + late and not self.fire_run:
            self.emergency_due = False
        surely = self._turned and self.service_run == SWITCH_MS + 3 + late and self._fire_off > SWITCH_MS + 6 + late
        if surely:
            self.emergency_may = False

    @property
    def released(self) -> bool:
        """The officer's button surely counts."""
        return self.release_run > SWITCH_MS + 1 + self._late_ms

    def released_lately(self, now_ms: int) -> bool:
        """It may still count."""
        return now_ms - self.release_ms <= SWITCH_MS + 1 + self._late_ms

    @property
    def service_lately(self) -> bool:
        """The service switch may still count as on."""
        return self._service_off <= SWITCH_MS + 1 + self._late_ms

    @property
    def in_service(self) -> bool:
        """Service mode has surely begun and not ended."""
        return self._turned and SWITCH_MS + 2 + self._late_ms < self.service_run < SERVICE_MS - 1
