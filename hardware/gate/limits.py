"""Every number of `PROTOCOL.md`; the firmware's `limits.h` is generated from this page."""

from enum import IntEnum, IntFlag

VERSION = 2
FIRMWARE = (2, 0)
MAX_PAYLOAD = 48
MAC_SIZE = 8
FRAME_GAP_MS = 20  # a frame whose next byte is later than this is given up

POLL_AGE_MS = 1000  # a Want must answer a poll at most this old
KEPT_POLLS = 32
LEASE_MS = 1000  # longest lease taken
SILENCE_MS = 1000  # dead man
OPEN_MOST_MS = 10_000  # provisioned longest openings are never above this
CLEAR_MS = 100  # no closing for so long after presence
TRAVEL_MARGIN_MS = 200
TRAVEL_LEAST_MS, TRAVEL_MOST_MS = 50, 2500

FEEDBACK_MS = 300  # command and feedback may disagree so long
FORCED_MS = 100
CONTACTS_MS = 100
PRESENCE_MS = 200
SWAPPED_GRANTS = 3

FIRE_MS = 5  # debounce
SWITCH_MS = 20
SERVICE_MS = 600_000
BEACON_MS = 500  # a Status after so long without one
CHANGE_MS = 10  # at most one unasked Status in this time
STORE_MS = 4  # one byte of EEPROM


class FailMode(IntEnum):
    SECURE = 0
    SAFE = 1
    HOLD = 2


class Action(IntEnum):
    """What a Service message asks for."""

    COMMISSION = 1
    RESET = 2


class Refusal(IntEnum):
    """Why the last message of the host was not obeyed."""

    NONE = 0
    MAC = 1
    GATE = 2
    VERSION = 3
    EPOCH = 4
    SEQUENCE = 5
    POLL = 6
    GRANT = 7
    LEAF = 8
    BARRED = 9
    SERVICE = 10
    MALFORMED = 11


class Flag(IntFlag):
    PRESENCE = 1
    SAFE = 2
    ALARM = 4
    EMERGENCY = 8
    RELEASE = 16
    SERVICE = 32
    COMMISSIONED = 64
    GRANTED = 128


class Faults(IntFlag):
    """The latched faults of a controller, as bits of Status."""

    RELAY_STUCK = 1
    RELAY_DEAD = 2
    FEEDBACK_CUT = 4
    FORCED = 8
    NOT_OPENED = 16
    NOT_CLOSED = 32
    CONTACTS = 64
    PRESENCE = 128
    BEAMS_SWAPPED = 256
    STRAPS = 512
    MEMORY = 1024
    UNPROVISIONED = 2048


STANDING = Faults.STRAPS | Faults.UNPROVISIONED  # found anew at each start: a reset on the line does not clear them

KNOWN_KEYS = (  # and sixteen equal bytes
    bytes(range(16)),
    bytes(range(0x30, 0x40)),
    bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
)

MEMORY_SIZE = 64
PROVISIONED, COMMISSIONED, STARTS, LATCHED = 0, 24, (32, 40), 48  # addresses
MAGIC = bytes((0x4C, 0x02))


class Pin(IntFlag):
    """What the controller senses, as one number on every bench: a bit is set when the thing named is so."""

    FEEDBACK = 1  # the relay is energised
    LEAF_CLOSED = 2
    LEAF_OPEN = 4
    ENTRY = 8  # beam broken
    EXIT = 16
    PRESENCE_A = 32  # channel A says somebody
    PRESENCE_B = 64  # channel B says somebody
    FIRE = 128
    RELEASE = 256
    SERVICE = 512
    FAIL_SAFE = 1024  # straps
    HOLD = 2048
    ESCAPE = 4096


class Drive(IntFlag):
    """What the controller drives."""

    RELAY = 1  # energised
    RED = 2
    AMBER = 4
    GREEN = 8
    AGENT = 16
    BUZZER = 32
