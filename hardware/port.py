"""Bytes to and from a device: the one seam of every serial line."""

import os
import termios
from typing import Protocol

import serial

from hardware.errors import PortClosed


class Port(Protocol):
    def write(self, data: bytes) -> None:
        """Queue bytes.  Raises PortClosed."""

    def read(self) -> bytes:
        """What has arrived, b"" if nothing.  Never waits.  Raises PortClosed."""

    def close(self) -> None: ...


class Device(Protocol):
    """The far end of a wire: what a controller does with bytes at a given time."""

    def exchange(self, received: bytes, now_s: float) -> bytes: ...


class SerialPort:
    """A tty, opened for us alone and without the DTR/RTS pulse that resets some controllers."""

    def __init__(self, path: str, baud: int = 115_200) -> None:
        self._path = path
        self._line = serial.Serial(None, baud, timeout=0, write_timeout=0, exclusive=True)
        self._line.dtr = self._line.rts = False
        self._line.port = path
        try:
            self._line.open()
        except (serial.SerialException, OSError, termios.error) as error:
            hint = "check cable and path, and that nothing else has it: stop limen-gate for a technician's command"
            raise PortClosed(f"{path}: cannot open ({error}); {hint}") from error

    def write(self, data: bytes) -> None:
        try:
            taken = os.write(self._line.fileno(), data)
            if taken < len(data):
                raise BlockingIOError(f"{len(data) - taken} bytes not taken")
        except (serial.SerialException, OSError) as error:
            raise PortClosed(f"{self._path}: cannot write ({error})") from error

    def read(self) -> bytes:
        try:
            return bytes(self._line.read(4096))
        except (serial.SerialException, OSError, TypeError) as error:
            raise PortClosed(f"{self._path}: cannot read ({error})") from error

    def close(self) -> None:
        self._line.close()


class DirectPort:
    """A device on the other end of no wire at all, at a time the caller sets."""

    def __init__(self, device: Device) -> None:
        self.now_s = 0.0
        self._device = device
        self._arrived = b""

    def write(self, data: bytes) -> None:
        self._arrived += self._device.exchange(data, self.now_s)

    def read(self) -> bytes:
        self._arrived += self._device.exchange(b"", self.now_s)
        arrived, self._arrived = self._arrived, b""
        return arrived

    def close(self) -> None:
        self._arrived = b""
