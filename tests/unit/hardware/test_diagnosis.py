"""What came instead of an answer is told by one code of its own, and by what to check."""

import pytest

from hardware.door import Fault
from hardware.gate import diagnosis, faults, frames
from hardware.gate.diagnosis import Diagnosis, Heard, classify
from hardware.gate.limits import Faults, Refusal
from hardware.gate.mac import Key
from hardware.gate.messages import Hello, Service, Status, Want, Welcome

KEY, OTHER = (Key(bytes(range(at, at + 32, 2))) for at in (1, 2))
STATUS = Status(7, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
WELCOME = Welcome(7, 1, 1, 1, 2, 0, 0, 50, 20)
EVERY = (*faults.CONTROLLER.values(), *(fault for fault in vars(faults).values() if isinstance(fault, Fault)))


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (KEY.seal(STATUS.pack()), Heard.OURS),
        (KEY.seal(WELCOME.pack()), Heard.OURS),
        (OTHER.seal(STATUS.pack()), Heard.WRONG_KEY),
        (OTHER.seal(WELCOME.pack()), Heard.WRONG_KEY),
        (STATUS.pack() + bytes(8), Heard.UNPROVISIONED),
        (OTHER.seal(b"S\x02\x00\x08" + STATUS.pack()[4:]), Heard.OTHER_GATE),
        (KEY.seal(b"S\x01" + STATUS.pack()[2:]), Heard.OTHER_VERSION),
        (b"S\x01" + bytes(21), Heard.OTHER_VERSION),
        (b"S\x01", Heard.OTHER_VERSION),
        *(
            (KEY.seal(kind(7, *range(kind.FORM.format.count("Q") + count)).pack()), Heard.ECHO)
            for kind, count in ((Hello, 0), (Want, 5), (Service, 4))
        ),
    ],
)
def test_every_payload_is_told_apart(payload: bytes, what: Heard) -> None:
    assert classify(payload, 7, KEY) is what


def test_every_fault_has_a_code_of_its_own_and_says_what_to_check() -> None:
    assert len({fault.code for fault in EVERY}) == len(EVERY)
    assert len({fault.check for fault in EVERY}) == len(EVERY)
    assert all(fault.code.replace("_", "").isalpha() and len(fault.check) > 20 for fault in EVERY)


def test_every_bit_of_the_controller_has_its_fault() -> None:
    assert set(faults.CONTROLLER) == set(Faults)
    for bit in Faults:
        assert faults.of_controller(bit) == (faults.CONTROLLER[bit],)
    assert len(faults.of_controller(0xFFFF)) == len(Faults)
    assert faults.of_controller(0) == ()


def test_nothing_at_all_is_no_answer() -> None:
    assert Diagnosis().fault() is faults.NO_ANSWER


@pytest.mark.parametrize("kind", [Status, Welcome])
@pytest.mark.parametrize("cut", [1, 2, 5, 20])
def test_the_beginning_of_a_frame_is_told_from_noise(kind: type[Status] | type[Welcome], cut: int) -> None:
    frame = frames.encode(bytes(kind.size()))
    found = Diagnosis()
    found.arrived(frame[:cut])
    found.arrived(frame[cut:-1])
    assert found.fault() is faults.HALF_FRAMES
    noise = Diagnosis()
    noise.arrived(frame[1:-1])
    assert noise.fault() is faults.NOISE


def test_a_whole_payload_tells_more_than_noise_and_the_last_tells_most() -> None:
    found = Diagnosis()
    found.arrived(b"noise")
    for what in (Heard.WRONG_KEY, Heard.ECHO, Heard.OURS):
        found.heard(what)
        assert found.fault() is diagnosis._FAULTS[what]


def test_what_one_may_hear_has_one_fault_each() -> None:
    assert len(set(diagnosis._FAULTS.values())) == len(Heard)
    assert faults.REFUSED[Refusal.MAC] is faults.WRONG_KEY
