"""What can go wrong on a wire.

HardwareError
├── PortClosed    the line is gone (unplugged, no such device, in use): the technician checks the cable; we re-open
├── LinkSilent    the line is open but the controller does not answer: the technician checks power and baud rate
└── KeyUnfit      the key of a line is missing, readable by others or known to everybody: a new one is made
"""


class HardwareError(Exception):
    """Root of this room's errors."""


class PortClosed(HardwareError):
    """Names the device and what the system said."""


class LinkSilent(HardwareError):
    """Names how long nothing valid was heard."""


class KeyUnfit(HardwareError):
    """Names the key's place and what is wrong, never the key."""
