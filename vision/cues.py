"""The closed set of things a traveller may be asked to do."""

from enum import StrEnum


class Cue(StrEnum):
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    LOOK_HERE = "look_here"
    MORE_LIGHT = "more_light"
    ONE_PERSON = "one_person"
    HOLD_STILL = "hold_still"
    UNCOVER = "uncover"  # take off sunglasses or a mask; never a head covering (DIG-1)
    MOMENT = "moment"  # nothing to change: the system needs longer
