"""What can go wrong on a wire.

HardwareError
├── PortClosed    the line is gone (unplugged, no such device, in use): the technician checks the cable; we re-open
├── LinkSilent    the line is open but the controller does not answer: the technician checks power and baud rate
├── BuildFailed   the firmware cannot be built (`gate/firmware/build.py`): a compiler or a Debian package is missing
├── SimulatorLost the simulated chip is gone (`gate/simulator.py`): its message says where
└── KeyUnfit      the key of a line is missing, readable by others or known to everybody: a new one is made
"""


class HardwareError(Exception):
    """Root of this room's errors."""


class PortClosed(HardwareError):
    """Names the device and what the system said."""


class LinkSilent(HardwareError):
    """Names how long nothing valid was heard.  code: what came instead, one word for the record."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class KeyUnfit(HardwareError):
    """Names the key's place and what is wrong, never the key."""
