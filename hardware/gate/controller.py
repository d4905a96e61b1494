"""The seam of the controller itself: pins and bytes in, drives and bytes out, one millisecond at a time."""

from typing import Protocol


class Controller(Protocol):
    """The model, the firmware's code built for this machine, and the firmware in a simulator of its chip."""

    def tick(self, now_ms: int, pins: int) -> int:
        """Let time pass until now_ms, with the pins (`limits.Pin`) as they are since the last call.

        Returns what is driven then (`limits.Drive`).
        """

    def exchange(self, received: bytes) -> bytes:
        """Bytes from the line at the time of the last tick; what was sent to it since the last call.

        Call it once after each tick.
        """

    @property
    def memory(self) -> bytes:
        """The EEPROM as a power cut would leave it: what the next start must be given."""

    def close(self) -> None: ...
