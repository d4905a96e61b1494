"""Video4Linux controls: set one, read it back, say what the camera did not take.

Structures and numbers: linux/videodev2.h (struct v4l2_queryctrl, struct v4l2_control), linux/v4l2-controls.h.
"""

import errno
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

QUERYCTRL, G_CTRL, S_CTRL = 0xC0445624, 0xC008561B, 0xC008561C
_QUERY = struct.Struct("=II32siiiiI8x")
_VALUE = struct.Struct("=Ii")
DISABLED, READ_ONLY, INACTIVE = 0x0001, 0x0004, 0x0010

Ioctl = Callable[[int, bytes], bytes]  # request, structure -> structure; OSError as the kernel answers


class Id(IntEnum):
    """V4L2_CID_*"""

    AUTO_WHITE_BALANCE = 0x0098090C
    AUTOGAIN = 0x00980912
    GAIN = 0x00980913
    WHITE_BALANCE_TEMPERATURE = 0x0098091A
    EXPOSURE_AUTO = 0x009A0901
    EXPOSURE_ABSOLUTE = 0x009A0902  # in 100 us
    FOCUS_ABSOLUTE = 0x009A090A
    FOCUS_AUTO = 0x009A090C


MANUAL = {  # what must be off, and its value for off, before the other can be set
    Id.EXPOSURE_ABSOLUTE: (Id.EXPOSURE_AUTO, 1),  # V4L2_EXPOSURE_MANUAL
    Id.GAIN: (Id.AUTOGAIN, 0),
    Id.WHITE_BALANCE_TEMPERATURE: (Id.AUTO_WHITE_BALANCE, 0),
    Id.FOCUS_ABSOLUTE: (Id.FOCUS_AUTO, 0),
}
ABSENT = (errno.EINVAL, errno.ENOTTY)


@dataclass(frozen=True, slots=True)
class Control:
    """One control as the driver describes it."""

    id: int
    name: str
    least: int
    most: int
    step: int
    flags: int

    @property
    def range(self) -> str:
        return f"{self.least}..{self.most} in steps of {self.step}"

    def nearest(self, value: float) -> int:
        """The value nearest to this that the control can have."""
        step = max(1, self.step)
        steps = round((min(max(value, self.least), self.most) - self.least) / step)
        return min(self.least + steps * step, self.most - (self.most - self.least) % step)


def encode_query(id_: int) -> bytes:
    return _QUERY.pack(id_, 0, b"", 0, 0, 0, 0, 0)


def decode_query(answer: bytes) -> Control:
    id_, _, name, least, most, step, _, flags = _QUERY.unpack(answer)
    return Control(id_, name.partition(b"\0")[0].decode(errors="replace"), least, most, step, flags)


def encode_value(id_: int, value: int = 0) -> bytes:
    return _VALUE.pack(id_, value)


def decode_value(answer: bytes) -> int:
    value: int = _VALUE.unpack(answer)[1]
    return value


def query(ioctl: Ioctl, id_: Id) -> Control | None:
    """None if the camera has no such control.  Raises OSError."""
    try:
        control = decode_query(ioctl(QUERYCTRL, encode_query(id_)))
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise
    return None if control.flags & DISABLED else control


def get(ioctl: Ioctl, id_: Id) -> int:
    """Raises OSError."""
    return decode_value(ioctl(G_CTRL, encode_value(id_)))


def put(ioctl: Ioctl, id_: Id, value: float) -> str | None:
    """Set a control by hand, its automatic off.  What the camera did not take of it, in words, else None."""
    name = id_.name.lower()
    try:
        if id_ in MANUAL:
            automatic, off = MANUAL[id_]
            if query(ioctl, automatic) and (remark := _put(ioctl, automatic, off)):
                return remark
        return _put(ioctl, id_, value)
    except OSError as error:
        return f"control {name}: {value:g} was refused ({error.strerror})"


def _put(ioctl: Ioctl, id_: Id, value: float) -> str | None:
    """Raises OSError."""
    name, control = id_.name.lower(), query(ioctl, id_)
    if control is None:
        return f"control {name}: this camera has none; {value:g} is not set"
    if control.flags & READ_ONLY:
        return f"control {name}: can only be read; {value:g} is not set"
    if not control.least <= value <= control.most:
        return f"control {name}: {value:g} is not within {control.range}; nothing is set"
    wanted = control.nearest(value)
    ioctl(S_CTRL, encode_value(id_, wanted))
    if (found := get(ioctl, id_)) != wanted:
        return f"control {name}: set to {wanted}, reads back {found} ({control.range})"
    return None
