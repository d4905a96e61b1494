"""Which lights are lit, and whether the buzzer sounds, some time after a lamp was first shown."""

from hardware.gate.limits import Drive
from hardware.lights import PATTERNS, PHASE_MS, Lamp

_LIGHTS = tuple(map(int, (Drive.RED, Drive.AMBER, Drive.GREEN, Drive.AGENT, Drive.BUZZER)))
_PHASES = {
    lamp: (pattern.red, pattern.amber, pattern.green, pattern.agent, pattern.buzzer)
    for lamp, pattern in PATTERNS.items()
}


def lit(lamp: Lamp, shown_ms: int) -> int:
    """As bits of `limits.Drive`."""
    bit = 0x80 >> shown_ms // PHASE_MS % 8
    drive = sum(light for light, phases in zip(_LIGHTS, _PHASES[lamp], strict=True) if phases & bit)
    silent = PATTERNS[lamp].chirp and shown_ms >= 8 * PHASE_MS
    return drive & ~_LIGHTS[-1] if silent else drive
