"""All that we ever ask of an OSDP reader; what is not here cannot be sent.

An output can be switched on for a time or switched off, by type: no command here holds the codes 2 and 4 (on until
told otherwise), and a timer of 0, which the standard reads as "for ever", is refused.
"""

from dataclasses import dataclass
from typing import assert_never

import osdp_sys

from hardware.lights import PATTERNS, PHASE_MS, Lamp

UNIT_MS = 100
LONGEST_MS = 10_000  # T_open's cap
_OFF_NOW, _ON_FOR_A_TIME = 1, 5  # output control codes
_SILENT, _DEFAULT_TONE = 1, 2
_SET_PERMANENT = 1
_RED, _GREEN, _AMBER = osdp_sys.LED_COLOR_RED, osdp_sys.LED_COLOR_GREEN, osdp_sys.LED_COLOR_AMBER


@dataclass(frozen=True, slots=True)
class Open:
    """Switch an output on; the reader itself switches it off after `for_ms`."""

    output: int
    for_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.output <= 255:
            raise ValueError(f"output must be 0..255, got {self.output}")
        if not UNIT_MS <= self.for_ms <= LONGEST_MS:
            raise ValueError(f"an opening must last {UNIT_MS}..{LONGEST_MS} ms, got {self.for_ms}")


@dataclass(frozen=True, slots=True)
class Shut:
    """Switch an output off and end its timer."""

    output: int

    def __post_init__(self) -> None:
        if not 0 <= self.output <= 255:
            raise ValueError(f"output must be 0..255, got {self.output}")


@dataclass(frozen=True, slots=True)
class Light:
    """The reader's light: `on` for on_units, then `off` for off_units, for ever.  A unit is 100 ms."""

    on: int
    off: int
    on_units: int
    off_units: int


@dataclass(frozen=True, slots=True)
class Buzz:
    """The reader's buzzer; times 0: until told otherwise.  on_units 0: silent."""

    on_units: int
    off_units: int
    times: int


@dataclass(frozen=True, slots=True)
class AskInputs:
    pass


@dataclass(frozen=True, slots=True)
class AskTamper:
    pass


Command = Open | Shut | Light | Buzz | AskInputs | AskTamper
Words = dict[str, int | bool | bytes]


def words(command: Command) -> Words:
    """As libosdp wants it."""
    match command:
        case Open(output, for_ms):
            return _output(output, _ON_FOR_A_TIME, for_ms // UNIT_MS)
        case Shut(output):
            return _output(output, _OFF_NOW, 0)
        case Light(on, off, on_units, off_units):
            colours: Words = {"on_color": on, "off_color": off, "on_count": on_units, "off_count": off_units}
            where: Words = {"reader": 0, "led_number": 0, "temporary": False}
            return {"command": osdp_sys.CMD_LED, "control_code": _SET_PERMANENT, **where, **colours}
        case Buzz(on_units, off_units, times):
            tone = _DEFAULT_TONE if on_units else _SILENT
            beats: Words = {"on_count": on_units, "off_count": off_units, "rep_count": times}
            return {"command": osdp_sys.CMD_BUZZER, "reader": 0, "control_code": tone, **beats}
        case AskInputs():
            return {"command": osdp_sys.CMD_STATUS, "type": osdp_sys.STATUS_REPORT_INPUT, "report": b""}
        case AskTamper():
            return {"command": osdp_sys.CMD_STATUS, "type": osdp_sys.STATUS_REPORT_LOCAL, "report": b""}
    assert_never(command)


def light(lamp: Lamp) -> Light:
    """One light of two colours for the pattern's three: its strongest colour blinks, the next fills the gaps."""
    pattern = PATTERNS[lamp]
    lit = sorted(
        ((pattern.red, _RED), (pattern.amber, _AMBER), (pattern.green, _GREEN)), key=lambda p: -p[0].bit_count()
    )
    (bits, colour), (gap_bits, gap_colour) = lit[:2]
    if not bits:
        return Light(osdp_sys.LED_COLOR_NONE, osdp_sys.LED_COLOR_NONE, 1, 1)
    if bits == 0xFF:
        return Light(colour, colour, 1, 1)
    return Light(colour, gap_colour if gap_bits else osdp_sys.LED_COLOR_NONE, *_beat(bits))


def buzz(lamp: Lamp) -> Buzz:
    bits = PATTERNS[lamp].buzzer
    if not bits:
        return Buzz(0, 0, 0)
    runs = f"0{bits:08b}".count("01")
    on_units = max(1, round(bits.bit_count() / runs * PHASE_MS / UNIT_MS))
    if PATTERNS[lamp].chirp:
        return Buzz(on_units, on_units, runs)
    return Buzz(*_beat(bits), 0)


def _beat(bits: int) -> tuple[int, int]:
    """On and off in units, of the shortest part of the pattern that repeats."""
    period = next(p for p in (1, 2, 4, 8) if all(bits >> i & 1 == bits >> (i + p) % 8 & 1 for i in range(8)))
    on = (bits >> 8 - period).bit_count()
    return max(1, round(on * PHASE_MS / UNIT_MS)), max(1, round((period - on) * PHASE_MS / UNIT_MS))


def _output(number: int, code: int, units: int) -> Words:
    return {"command": osdp_sys.CMD_OUTPUT, "output_no": number, "control_code": code, "timer_count": units}
