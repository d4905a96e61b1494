"""One reader on one line under a secure channel: libosdp's panel, polled, and made anew when the line falls silent.

libosdp parks a reader for 300 s after a cut cable or a refused command, and keeps what was asked of it meanwhile.  A
new panel knows neither: it speaks at once, and no opening asked before the cut can come after it.
"""

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

import osdp_sys

from hardware.door import Fault
from hardware.osdp.commands import AskInputs, AskTamper, Command, words
from hardware.osdp.keys import Key
from hardware.osdp.wire import KEY_MISMATCH, SILENT, Wire
from hardware.port import Port

SILENCE_S = 0.6  # nothing heard for this long: the line is cut, or libosdp has parked the reader
STEPS = 3  # of libosdp's machine in one poll: take an answer, choose, speak
REST_S = 0.25  # before a new panel speaks: what still answers the old one is over by then (a reader has 200 ms)
TRIES = 3  # wrong keys heard before we ask seldom: that is an alarm, not a fault that mends itself
SELDOM_S = 30.0
REFUSALS = 2  # of one kind of command before it is not sent any more; of a question one, for changes come unasked
REFUSED = Fault("osdp_refused", "the reader refused a command: check what its maker says it can do")
_QUESTIONS = (AskInputs, AskTamper)


@dataclass(frozen=True, slots=True)
class InputsAre:
    active: int  # one bit for each input


@dataclass(frozen=True, slots=True)
class Condition:
    tamper: bool
    power_failed: bool


@dataclass(frozen=True, slots=True)
class Done:
    """A command was taken by the reader, or refused."""

    command: Command
    taken: bool


Report = InputsAre | Condition | Done


@dataclass(frozen=True, slots=True)
class Abilities:
    """How many of each the reader says it has."""

    outputs: int
    inputs: int
    lights: int
    buzzers: int


class Panel:
    """Poll it; it is `secure` or has a `fault`.  `link` counts how often the secure channel came up."""

    def __init__(self, port: Port, address: int, key: Key, now_s: float) -> None:
        self.fault: Fault | None = None
        self.refused: set[type[Command]] = set()
        self.secure = False
        self.link = 0
        self._port, self._address, self._key = port, address, key
        self._wire = Wire(port)  # one for all panels: libosdp never lets go of a channel
        self._events: list[dict[str, Any]] = []
        self._strangers = 0
        self._polled_s = self._rest_until_s = now_s
        self._panel: Any = None
        self._reports: list[Report] = []
        self._lost: Fault | None = None  # why a channel that was up went down
        self._refusals: dict[type[Command], int] = {}
        self._begin(now_s, now_s)

    def poll(self, now_s: float) -> tuple[Report, ...]:
        """Speak and listen; what the reader reported.  Raises PortClosed."""
        if now_s - self._polled_s > SILENCE_S:  # we were the silent one: nothing asked before may be sent now
            self.fault, self._heard_s = SILENT, now_s
            self._begin(now_s, now_s + REST_S)
        self._polled_s = now_s
        if now_s < self._rest_until_s:
            self._port.read()
            return ()
        self._arrived = self._wire.arrived
        for _ in range(STEPS):
            self._panel.refresh()
        self._digest()
        if self._wire.failure:
            raise self._wire.failure
        if self._wire.arrived != self._arrived:
            self._heard_s = now_s
        up = bool(self._panel.status() & self._panel.sc_status() & 1)
        if up and not self.secure:
            self.link, self.fault, self._strangers, self._lost = self.link + 1, None, 0, SILENT
        self.secure = up and now_s - self._heard_s <= SILENCE_S
        if not self.secure and now_s - self._heard_s > SILENCE_S:
            self._give_up(now_s)
        reports, self._reports = tuple(self._reports), []
        return reports if self.secure else tuple(r for r in reports if isinstance(r, Done))

    def ask(self, command: Command) -> bool:
        """Send it soon, once.  False, and nothing sent, without a secure channel or where the reader has refused it."""
        if not self.secure or type(command) in self.refused:
            return False
        self._asked.append(command)
        return bool(self._panel.submit_command(0, words(command)))

    def abilities(self) -> Abilities:
        """As the reader said when the channel came up."""
        kinds = (
            osdp_sys.CAP_OUTPUT_CONTROL,
            osdp_sys.CAP_CONTACT_STATUS_MONITORING,
            osdp_sys.CAP_READER_LED_CONTROL,
            osdp_sys.CAP_READER_AUDIBLE_OUTPUT,
        )
        outputs, inputs, lights, buzzers = (self._panel.check_capability(0, kind) for kind in kinds)
        return Abilities(outputs[1], inputs[1], lights[0], buzzers[0])

    def close(self) -> None:
        self._port.close()
        self._panel = None  # it holds our callbacks, which hold us

    def _begin(self, now_s: float, rest_until_s: float) -> None:
        self.secure = False
        self._polled_s, self._rest_until_s = now_s, rest_until_s
        osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)  # it prints; what is wrong is said by `fault`
        self._wire.forget()
        self._reports = []
        self._asked: list[Command] = []
        self._heard_s = max(now_s, rest_until_s)
        self._arrived = 0
        self._lost = None
        reader = {"name": "reader", "address": self._address, "channel": self._wire, "scbk": self._key.secret}
        identity = dict.fromkeys(("version", "model", "vendor_code", "serial_number", "firmware_version"), 0)
        self._panel = osdp_sys.ControlPanel([{**reader, **identity, "flags": osdp_sys.FLAG_ENFORCE_SECURE}])
        self._panel.set_event_callback(self._event)
        self._panel.set_command_completion_callback(self._completed)

    def _give_up(self, now_s: float) -> None:
        """Say what is wrong, and begin anew: soon, or seldom with a reader that has another key."""
        self.fault = self._lost or self._wire.diagnose()
        self._strangers = self._strangers + 1 if self.fault is KEY_MISMATCH else 0
        self._begin(now_s, now_s + (REST_S if self._strangers < TRIES else SELDOM_S))

    def _event(self, _: int, event: dict[str, Any]) -> int:
        self._events.append(event)
        return 0

    def _digest(self) -> None:
        """Take the events; let go of what libosdp 3.2.9 never lets go of, or every report would stay for ever."""
        while self._events:
            event = self._events.pop(0)
            if sys.getrefcount(event) > 2:  # more than this name and the question
                ctypes.pythonapi.Py_DecRef(ctypes.py_object(event))
            if event["event"] == osdp_sys.EVENT_STATUS:
                self._reported(event["type"], event["report"])

    def _reported(self, kind: int, report: bytes) -> None:
        if kind == osdp_sys.STATUS_REPORT_INPUT:
            self._reports.append(InputsAre(sum(1 << n for n, level in enumerate(report) if level)))
        elif kind == osdp_sys.STATUS_REPORT_LOCAL and len(report) >= 2:
            self._reports.append(Condition(bool(report[0]), bool(report[1])))

    def _completed(self, _: int, __: dict[str, Any], status: int) -> None:
        """libosdp completes in the order of asking."""
        if not self._asked:
            return
        command, taken = self._asked.pop(0), status == osdp_sys.COMPLETION_OK
        self._reports.append(Done(command, taken))
        if status == osdp_sys.COMPLETION_FAILED and self._wire.arrived != self._arrived:  # answered, so not a cut line
            kind, self._lost = type(command), REFUSED
            self._refusals[kind] = self._refusals.get(kind, 0) + 1
            if self._refusals[kind] >= (1 if kind in _QUESTIONS else REFUSALS):
                self.refused.add(kind)
