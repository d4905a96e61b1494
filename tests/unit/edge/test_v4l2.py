"""Video4Linux without a device: the kernel's structures, controls set and read back, stamps, settings."""

import errno
import struct

import pytest

from edge.errors import CameraLost
from edge.eye.cameras import controls
from edge.eye.cameras.controls import Control, Id
from edge.eye.cameras.v4l2 import Place, stamp

S = 1_000_000_000

# Video4Linux.  The numbers are those of linux/videodev2.h and linux/v4l2-controls.h as a C compiler gives them.


def test_the_control_structures_are_the_kernel_s() -> None:
    assert (controls.QUERYCTRL, controls.G_CTRL, controls.S_CTRL) == (0xC0445624, 0xC008561B, 0xC008561C)
    assert len(controls.encode_query(Id.GAIN)) == 68
    assert controls.encode_query(Id.GAIN)[:4] == bytes.fromhex("13099800")
    assert controls.encode_value(Id.FOCUS_ABSOLUTE, -2) == bytes.fromhex("0a099a00feffffff")
    answer = bytearray(68)
    answer[8:13] = b"Gain\0"
    struct.pack_into("=iiii", answer, 40, -5, 250, 5, 20)
    struct.pack_into("=I", answer, 56, controls.INACTIVE)
    assert controls.decode_query(bytes(answer)) == Control(0, "Gain", -5, 250, 5, controls.INACTIVE)
    expected = {0x98090C, 0x980912, 0x980913, 0x98091A, 0x9A0901, 0x9A0902, 0x9A090A, 0x9A090C}
    assert set(Id) == expected


class Driver:
    """The far end: a driver's controls behind ioctl, byte for byte.  rounds: what it makes of a value it is given."""

    def __init__(self, *, flags: int = 0, rounds: int = 1, auto: bool = True) -> None:
        self.values: dict[int, int] = {Id.EXPOSURE_AUTO: 3, Id.EXPOSURE_ABSOLUTE: 250, Id.GAIN: 0}
        if not auto:
            del self.values[Id.EXPOSURE_AUTO]
        self._flags, self._rounds = flags, rounds

    def ioctl(self, request: int, structure: bytes) -> bytes:
        id_ = struct.unpack_from("=I", structure)[0]
        if id_ not in self.values:
            raise OSError(errno.EINVAL, "Invalid argument")
        if request == 0xC0445624:
            least, most = (0, 3) if id_ == Id.EXPOSURE_AUTO else (3, 2047)
            flags = self._flags if id_ != Id.EXPOSURE_AUTO else 0
            return struct.pack("=II32s4iI8x", id_, 1, b"Exposure", least, most, 1, 250, flags)
        if request == 0xC008561C:
            if id_ == Id.EXPOSURE_ABSOLUTE and self.values.get(Id.EXPOSURE_AUTO, 1) != 1:
                raise OSError(errno.EACCES, "Permission denied")  # as uvcvideo does while it is automatic
            self.values[id_] = struct.unpack("=Ii", structure)[1] // self._rounds * self._rounds
        return struct.pack("=Ii", id_, self.values[id_])


def test_setting_by_hand_turns_the_automatic_off_first() -> None:
    driver = Driver()
    assert controls.put(driver.ioctl, Id.EXPOSURE_ABSOLUTE, 80) is None
    assert driver.values == {Id.EXPOSURE_AUTO: 1, Id.EXPOSURE_ABSOLUTE: 80, Id.GAIN: 0}


@pytest.mark.parametrize(
    ("driver", "id_", "value", "words"),
    [
        (
            Driver(rounds=50, auto=False),
            Id.EXPOSURE_ABSOLUTE,
            80,
            "exposure_absolute: set to 80, reads back 50 (3..2047",
        ),
        (Driver(), Id.EXPOSURE_ABSOLUTE, 5000, "exposure_absolute: 5000 is not within 3..2047"),
        (Driver(), Id.FOCUS_ABSOLUTE, 30, "focus_absolute: this camera has none"),
        (Driver(flags=controls.READ_ONLY), Id.GAIN, 30, "gain: can only be read"),
        (Driver(flags=controls.DISABLED), Id.GAIN, 30, "gain: this camera has none"),
    ],
)
def test_what_a_camera_does_not_take_is_said_with_name_value_and_range(
    driver: Driver, id_: Id, value: float, words: str
) -> None:
    remark = controls.put(driver.ioctl, id_, value)
    assert remark is not None
    assert words in remark


def test_a_refused_control_is_said_not_fatal() -> None:
    def unplugged(request: int, structure: bytes) -> bytes:
        raise OSError(errno.ENODEV, "No such device")

    assert controls.put(unplugged, Id.GAIN, 3) == "control gain: 3 was refused (No such device)"


@pytest.mark.parametrize(("value", "taken"), [(-9, 1), (1, 1), (3.4, 4), (2.4, 1), (99, 10), (9.9, 10)])
def test_the_nearest_value_is_one_the_control_can_have(value: float, taken: int) -> None:
    assert Control(0, "", 1, 12, 3, 0).nearest(value) == taken


def test_a_device_s_settings_are_in_its_address() -> None:
    place = Place.parse("/dev/video0?exposure_us=8000&gain=10&white_balance_k=4600&focus=30")
    assert str(place.device) == "/dev/video0"
    assert place.wanted == {
        Id.EXPOSURE_ABSOLUTE: 80,
        Id.GAIN: 10,
        Id.WHITE_BALANCE_TEMPERATURE: 4600,
        Id.FOCUS_ABSOLUTE: 30,
    }


@pytest.mark.parametrize("wrong", ["zoom=3", "gain=high", "gain=", "gain=-3"])
def test_a_setting_that_cannot_be_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(CameraLost, match=r"expected a whole number for exposure_us, gain, white_balance_k, focus"):
        Place.parse(f"/dev/video0?{wrong}")


@pytest.mark.parametrize(
    ("driver_ms", "captured_ns"),
    [
        (9_970.0, 9_970_000_000),
        (8_000.0, 8 * S),
        (7_999.0, 10 * S),  # too old to be believed
        (10_001.0, 10 * S),  # from the future
        (1.7e12, 10 * S),  # wall clock
        (0.0, 10 * S),
        (float("nan"), 10 * S),
        (float("inf"), 10 * S),
    ],
)
def test_a_driver_s_stamp_is_used_only_where_it_can_be_true(driver_ms: float, captured_ns: int) -> None:
    assert stamp(driver_ms, 10 * S) == captured_ns
