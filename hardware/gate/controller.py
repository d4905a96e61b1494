"""The seam of the controller itself: pins and bytes in, drives and bytes out, one millisecond at a time."""

from typing import Protocol

from hardware.gate.limits import Drive, Pin


class Controller(Protocol):
    """The model, the firmware's code built for this machine, and the firmware in a simulator of its chip."""

    def tick(self, now_ms: int, pins: Pin) -> Drive:
        """Let time pass until now_ms, with the pins as they are since the last call; what is driven then."""

    def exchange(self, received: bytes) -> bytes:
        """Bytes from the line at the time of the last tick; what was sent to it since the last call.

        Call it once after each tick.
        """

    @property
    def memory(self) -> bytes:
        """The EEPROM as a power cut would leave it: what the next start must be given."""

    def close(self) -> None: ...
