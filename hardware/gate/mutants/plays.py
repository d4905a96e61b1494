"""The plays in the order in which they are played: the short that notice most come first."""

from hardware.gate import limits
from hardware.gate.lane import Defect
from hardware.gate.limits import Pin
from hardware.gate.mutants import plays_line, plays_memory, plays_people, plays_pins
from hardware.gate.mutants.stage import PERSON, Play
from hardware.gate.mutants.tape import Tape, recorder
from hardware.gate.native import Native
from hardware.gate.script import STARTED_MS, Begin

_WRAP_MS = 2**32 - 3000
_STALE_MS = 0x5AA55AA5 - STARTED_MS  # a start at this time finds it wherever nobody has set anything
_PINS: tuple[Play, ...] = (
    plays_pins.an_opening,
    *(
        plays_pins.pulses(int(pin), limit_ms)
        for pin, limit_ms in (
            (Pin.FIRE, limits.FIRE_MS),
            (Pin.RELEASE, limits.SWITCH_MS),
            (Pin.SERVICE, limits.SWITCH_MS),
            (PERSON, limits.CLEAR_MS),
        )
    ),
    *(
        plays_pins.defects(int(defect), limit_ms, grant)
        for defect, limit_ms in (
            (Defect.RELAY_WELDED, limits.FEEDBACK_MS),
            (Defect.RELAY_DEAD, limits.FEEDBACK_MS),
            (Defect.FEEDBACK_CUT, limits.FEEDBACK_MS),
            (Defect.LEAF_STUCK, limits.TRAVEL_MARGIN_MS + 100),
            (Defect.LEAF_FORCED, limits.FORCED_MS),
            (Defect.CONTACTS_SHORT, limits.CONTACTS_MS),
            (Defect.PRESENCE_CUT, limits.PRESENCE_MS),
        )
        for grant in (0, 1)
    ),
    plays_pins.two_defects,
    plays_pins.fail_safe,
    plays_pins.held_open,
    plays_pins.caught,
    plays_pins.fire_and_release,
    plays_pins.fire_comes_again,
    plays_pins.left_open,
    plays_pins.travels,
    plays_pins.lights,
    plays_pins.swapped,
    plays_pins.swapped_and_cut,
)
_LINE: tuple[Play, ...] = (
    plays_line.strange_words,
    plays_line.services,
    plays_line.hellos,
    plays_line.leases,
    plays_line.silences,
    plays_line.polls,
    plays_line.unasked,
    plays_line.broken_frames,
    plays_line.chatter,
)
_MEMORY: tuple[Play, ...] = (
    plays_memory.latches,
    plays_memory.memories,
    plays_memory.starts,
    plays_memory.unprovisioned,
)
_WANDERINGS = tuple(plays_people.wanderings(seed) for seed in range(8))
RULES = (*_PINS, *_LINE, *_MEMORY, *_WANDERINGS)
WRAPPING: tuple[Play, ...] = (
    plays_pins.an_opening,
    plays_pins.held_open,
    plays_line.silences,
    *(plays_people.wanderings(seed, 20) for seed in (90, 91)),
)
STALE: tuple[Play, ...] = (plays_line.first_bytes,)
LAST: tuple[Play, ...] = (plays_pins.ten_minutes,)
PEOPLE: tuple[Play, ...] = (
    plays_people.traces,
    plays_people.wheels,
    plays_people.found,
    *(plays_people.crowds(seed) for seed in range(30)),
)
QUICK: tuple[Play, ...] = (_PINS[2], _PINS[4], plays_line.hellos, plays_line.silences, plays_line.services)
COVERING: tuple[Play, ...] = (*_PINS, *_LINE, *_MEMORY, *map(plays_people.crowds, range(4)), plays_people.rare_ones)


def record(plays: tuple[Play, ...], begin: Begin = Native, start_ms: int = 0) -> list[Tape]:
    tapes: list[Tape] = []
    for play in plays:
        play(recorder(begin, tapes, start_ms))
    return tapes


def rules(begin: Begin = Native) -> list[Tape]:
    """Everything but people: they have a machine of their own."""
    wrapping, stale = record(WRAPPING, begin, _WRAP_MS), record(STALE, begin, _STALE_MS)
    return [*record(RULES, begin), *wrapping, *stale, *record(LAST, begin)]


def people(begin: Begin = Native) -> list[Tape]:
    return [*record(PEOPLE, begin), *record(PEOPLE[-3:], begin, _WRAP_MS)]
