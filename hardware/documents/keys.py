"""A reader that acts as a keyboard: Linux input events to the text they type (US layout)."""

import fcntl
import os
import struct

from hardware.errors import PortClosed

EVENT = struct.Struct("<qqHHi")  # struct input_event on 64 bits: seconds, microseconds, type, code, value
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
DOWN = 1
CANCEL = "\x18"  # ASCII CAN: the line it stands in is spoilt
GRAB = 0x40044590  # EVIOCGRAB: nobody else hears these keys, so that a scan types into no other window
_SHIFTS = frozenset({42, 54})
_CAPS = 58
_ROWS = (  # first code of a row, without shift, with shift
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),  # the keypad
    (28, "\n", "\n"),
    (96, "\n", "\n"),
    (55, "*", "*"),
    (98, "/", "/"),
    (15, "\t", "\t"),
)
_PLAIN = {first + at: key for first, keys, _ in _ROWS for at, key in enumerate(keys)}
_SHIFTED = {first + at: key for first, _, keys in _ROWS for at, key in enumerate(keys)}


class Keys:
    """Event bytes to text, however they are cut.  A CANCEL stands where the system dropped events."""

    def __init__(self) -> None:
        self._buffer = b""
        self._held: set[int] = set()
        self._caps = False

    def feed(self, data: bytes) -> str:
        self._buffer += data
        whole = len(self._buffer) // EVENT.size * EVENT.size
        events, self._buffer = self._buffer[:whole], self._buffer[whole:]
        return "".join(self._typed(kind, code, value) for _, _, kind, code, value in EVENT.iter_unpack(events))

    def _typed(self, kind: int, code: int, value: int) -> str:
        if (kind, code) == (EV_SYN, SYN_DROPPED):
            self._held.clear()
            return CANCEL
        if kind != EV_KEY:
            return ""
        if code in _SHIFTS:
            (self._held.add if value else self._held.discard)(code)
        if value != DOWN:  # 0 let go, 2 repeated because it was held: a reader never means that
            return ""
        self._caps ^= code == _CAPS
        key = (_SHIFTED if self._held else _PLAIN).get(code, "")
        return key.swapcase() if self._caps and key.isalpha() else key


class KeyPort:
    """The event device of a keyboard wedge (/dev/input/event…), taken for us alone."""

    def __init__(self, path: str) -> None:
        self._path, self._keys = path, Keys()
        try:
            self._device = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise PortClosed(f"{path}: cannot open ({error}); check cable, path and the group input") from error
        try:
            fcntl.ioctl(self._device, GRAB, 1)
        except OSError as error:
            os.close(self._device)
            raise PortClosed(f"{path}: cannot take it for us alone ({error}); is it an input device?") from error

    def read(self) -> bytes:
        """What was typed, b"" if nothing.  Raises PortClosed."""
        try:
            events = os.read(self._device, EVENT.size * 256)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortClosed(f"{self._path}: cannot read ({error})") from error
        return self._keys.feed(events).encode("ascii")

    def close(self) -> None:
        os.close(self._device)
