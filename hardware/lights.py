"""Lights and sound: what each lamp looks like, for every door that has our lights."""

from dataclasses import dataclass
from enum import IntEnum

PHASE_MS = 125  # one bit of a pattern; eight bits make one second


class Lamp(IntEnum):
    """What the lights say.  The first five are wished for by the host; the others are the controller's own.

    GO is shown only while the leaf is observed open under a grant; until then LOOKING is shown in its place.
    """

    OFF = 0
    READY = 1
    LOOKING = 2
    GO = 3
    SEE_AGENT = 4
    FAULT = 5
    HELD = 6
    EMERGENCY = 7


WISHES = frozenset((Lamp.OFF, Lamp.READY, Lamp.LOOKING, Lamp.GO, Lamp.SEE_AGENT))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Eight phases of 125 ms, highest bit first, for each light and for the buzzer.

    agent: the light that calls the gate's agent.  chirp: the buzzer sounds this pattern once, not for ever.
    """

    red: int = 0
    amber: int = 0
    green: int = 0
    agent: int = 0
    buzzer: int = 0
    chirp: bool = False


# Seen without colour each must still differ from every other: by rhythm, not only by which glass is lit.
PATTERNS: dict[Lamp, Pattern] = {
    Lamp.OFF: Pattern(),
    Lamp.READY: Pattern(amber=0b10000000),
    Lamp.LOOKING: Pattern(amber=0b11110000),
    Lamp.GO: Pattern(green=0b11111111, buzzer=0b10000000, chirp=True),
    Lamp.SEE_AGENT: Pattern(red=0b10101010, agent=0b11111111, buzzer=0b10100000, chirp=True),
    Lamp.FAULT: Pattern(red=0b11101110, agent=0b11001100),
    Lamp.HELD: Pattern(red=0b11001100, agent=0b11111111, buzzer=0b11001100),
    Lamp.EMERGENCY: Pattern(red=0b11111010, agent=0b10101010, buzzer=0b11111010),
}
