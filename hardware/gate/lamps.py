"""Which lights are lit, and whether the buzzer sounds, some time after a lamp was first shown."""

from hardware.gate.limits import Drive
from hardware.lights import PATTERNS, PHASE_MS, Lamp


def lit(lamp: Lamp, shown_ms: int) -> Drive:
    pattern, bit = PATTERNS[lamp], 0x80 >> shown_ms // PHASE_MS % 8
    silent = pattern.chirp and shown_ms >= 8 * PHASE_MS
    lights = {
        Drive.RED: pattern.red,
        Drive.AMBER: pattern.amber,
        Drive.GREEN: pattern.green,
        Drive.AGENT: pattern.agent,
        Drive.BUZZER: 0 if silent else pattern.buzzer,
    }
    return Drive(sum(light for light, phases in lights.items() if phases & bit))
