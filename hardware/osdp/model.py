"""A reader on the far end of an OSDP line: libosdp's own peripheral device, with outputs that keep their own time.

libosdp 3.2.9 as a device refuses every question for inputs and tamper (its answer is never built), as some readers do;
it reports changes unasked, as every reader does.
"""

import ctypes
from dataclasses import dataclass, field, replace
from typing import Any

import osdp_sys

from hardware.osdp.wire import Wire
from hardware.port import Port

OUTPUTS, INPUTS = 2, 8
_ABLE = {
    osdp_sys.CAP_OUTPUT_CONTROL: OUTPUTS,
    osdp_sys.CAP_READER_LED_CONTROL: 1,
    osdp_sys.CAP_READER_AUDIBLE_OUTPUT: 1,
    osdp_sys.CAP_CONTACT_STATUS_MONITORING: INPUTS,
    osdp_sys.CAP_COMMUNICATION_SECURITY: 1,
}
_OFF, _ON, _ON_FOR_A_TIME = (1, 3), (2, 4), (5, 6)


@dataclass(slots=True)
class Senses:
    """What the reader senses: one bit for each active input; its own condition."""

    active: int = 0
    tamper: bool = False
    power_failed: bool = False


@dataclass(slots=True)
class ReaderModel:
    """Call `advance` often.  secret: its key, or None for a reader that opens no secure channel.

    commands: everything it was told, as libosdp gives it.  refuses: kinds of command it answers with a NAK.
    """

    port: Port
    address: int
    secret: bytes | None
    refuses: frozenset[int] = frozenset()
    senses: Senses = field(default_factory=Senses)
    commands: list[dict[str, Any]] = field(default_factory=list)
    _reported: Senses | None = None
    _on_until_s: dict[int, float] = field(default_factory=dict)
    _now_s: float = 0.0
    _device: Any = None

    def __post_init__(self) -> None:
        flags = osdp_sys.FLAG_ENFORCE_SECURE if self.secret else 0
        able = (
            dict(_ABLE) if self.secret else {k: v for k, v in _ABLE.items() if k != osdp_sys.CAP_COMMUNICATION_SECURITY}
        )
        identity = dict.fromkeys(("version", "model", "vendor_code", "serial_number", "firmware_version"), 1)
        where = {"name": "model", "address": self.address, "channel": Wire(self.port), "scbk": self.secret}
        listed = [{"function_code": code, "compliance_level": 1, "num_items": number} for code, number in able.items()]
        self._device = osdp_sys.PeripheralDevice({**where, **identity, "flags": flags}, capabilities=listed)
        self._device.set_command_callback(self._told)

    def advance(self, now_s: float) -> None:
        self._now_s = now_s
        self._device.refresh()
        if not self._device.is_sc_active():
            self._reported = None
        elif self.senses != self._reported:
            self._report(osdp_sys.STATUS_REPORT_INPUT, bytes(self.senses.active >> n & 1 for n in range(INPUTS)))
            self._report(osdp_sys.STATUS_REPORT_LOCAL, bytes((self.senses.tamper, self.senses.power_failed)))
            self._reported = replace(self.senses)

    def is_on(self, output: int, now_s: float) -> bool:
        return now_s < self._on_until_s.get(output, float("-inf"))

    def close(self) -> None:
        self.port.close()
        self._device = None  # it holds our callback, which holds us

    def _told(self, command: dict[str, Any]) -> tuple[int, None]:
        self.commands.append(command)
        # libosdp 3.2.9 releases the second element of the answer without owning it: give it one to release
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
        if command["command"] in self.refuses:
            return -1, None
        if command["command"] == osdp_sys.CMD_OUTPUT:
            self._switch(command["output_no"], command["control_code"], command["timer_count"])
        return 0, None

    def _switch(self, output: int, code: int, units: int) -> None:
        if code in _OFF:
            self._on_until_s[output] = float("-inf")
        elif code in _ON or (code in _ON_FOR_A_TIME and not units):
            self._on_until_s[output] = float("inf")
        elif code in _ON_FOR_A_TIME:
            self._on_until_s[output] = self._now_s + units / 10

    def _report(self, kind: int, report: bytes) -> None:
        self._device.submit_event({"event": osdp_sys.EVENT_STATUS, "type": kind, "report": report})
