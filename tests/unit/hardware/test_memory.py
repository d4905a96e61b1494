"""What the controller remembers without power, torn at every byte: the Python and the firmware's C see the same."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.gate.limits import COMMISSIONED, LATCHED, MEMORY_SIZE, STARTS, Faults, Pin
from hardware.gate.memory import ERASED, Memory, Site, commission_mark
from hardware.gate.model import GateModel
from hardware.gate.native import Native

SITE = Site(gate=7, opens_ms=5000, travel_ms=200, key=bytes.fromhex("8d1f5e3a9b7c024466f0a1c2d3e4f597"))
FRESH = SITE.image()
READY = SITE.image(commissioned=True, starts=3)
BLANK = bytes((ERASED,)) * MEMORY_SIZE


def settle(memory: Memory) -> Iterator[bytes]:
    """The EEPROM before each byte that is written, and after the last."""
    yield memory.stored
    while memory.store():
        yield memory.stored


def written(image: bytes) -> bytes:
    """After a whole start."""
    memory = Memory(image)
    memory.begin()
    return list(settle(memory))[-1]


def test_a_site_is_read_as_it_was_written() -> None:
    assert Memory(FRESH).site() == SITE
    assert len(FRESH) == MEMORY_SIZE


@pytest.mark.parametrize("bit", range(24 * 8))
def test_one_wrong_bit_of_the_provisioned_record_leaves_no_site(bit: int) -> None:
    image = bytearray(FRESH)
    image[bit // 8] ^= 1 << bit % 8
    assert Memory(bytes(image)).site() is None


@pytest.mark.parametrize(
    ("opens_ms", "travel_ms", "fits"),
    [
        (100, 50, True),
        (10_000, 2500, True),
        (0, 200, False),
        (10_100, 200, False),
        (5000, 40, False),
        (5000, 2510, False),
    ],
)
def test_limits_out_of_range_leave_no_site(opens_ms: int, travel_ms: int, fits: bool) -> None:
    site = Site(7, opens_ms, travel_ms, SITE.key)
    assert (Memory(site.image()).site() is not None) is fits


@pytest.mark.parametrize("key", [bytes(16), b"\xff" * 16, bytes(range(16)), bytes(range(0x30, 0x40))])
def test_a_key_everybody_knows_leaves_no_site(key: bytes) -> None:
    assert Memory(Site(7, 5000, 200, key).image()).site() is None


@pytest.mark.parametrize("image", [FRESH, BLANK, bytes(MEMORY_SIZE)])
def test_only_the_mark_over_this_record_is_commissioned(image: bytes) -> None:
    marks = []
    for mark in range(256):
        marked = bytearray(image)
        marked[COMMISSIONED] = mark
        marks.append(Memory(bytes(marked)).commissioned)
    assert marks.count(True) == 1
    assert marks.index(True) == commission_mark(image)


def test_an_erased_or_zeroed_memory_is_not_commissioned() -> None:
    assert not Memory(BLANK).commissioned
    assert not Memory(bytes(MEMORY_SIZE)).commissioned
    assert not Memory(FRESH).commissioned


def test_commissioning_is_for_this_key_only() -> None:
    memory = Memory(FRESH)
    memory.commission()
    assert list(settle(memory))[-1] == SITE.image(commissioned=True)
    other = Site(7, 5000, 200, bytes(reversed(SITE.key))).pack() + READY[24:]
    assert not Memory(other).commissioned


def test_starts_are_counted_in_two_places_in_turn() -> None:
    image, places = FRESH, []
    for number in range(1, 6):
        memory = Memory(image)
        assert memory.begin() == number
        after = list(settle(memory))[-1]
        places.append(min(at for at in range(MEMORY_SIZE) if after[at] != image[at]) >= STARTS[1])
        image = after
    assert places == [True, False, True, False, True]


@pytest.mark.parametrize("starts", [0, 1, 2, 255, 256, 0xFFFF, 0x01FFFFFF])
def test_a_start_torn_at_any_byte_never_repeats_a_number(starts: int) -> None:
    image = SITE.image(starts=starts)
    for _ in range(3):
        memory = Memory(image)
        number = memory.begin()
        *torn, whole = settle(memory)
        assert all(Memory(image).begin() in (0, number, number + 1) for image in torn)
        assert Memory(whole).begin() == number + 1, "once it is written it is never given again"
        image = memory.stored


def test_a_start_number_is_never_past_its_last() -> None:
    assert Memory(SITE.image(starts=0xFFFFFFFE)).begin() == 0xFFFFFFFF
    assert Memory(SITE.image(starts=0xFFFFFFFF)).begin() == 0


def test_starts_that_contradict_their_checksums_are_not_believed() -> None:
    image = bytearray(written(written(FRESH)))
    for address in STARTS:
        assert Memory(bytes(image)).begin() > 0
        image[address + 4] ^= 1
    assert Memory(bytes(image)).begin() == 0


@pytest.mark.parametrize("emergency", [False, True])
@pytest.mark.parametrize("faults", [0, 1, int(Faults.MEMORY), 0x0DFF])
def test_what_is_latched_is_read_again(emergency: bool, faults: int) -> None:
    memory = Memory(READY)
    memory.latch(emergency, faults)
    assert Memory(list(settle(memory))[-1]).latched() == (emergency, faults)


@pytest.mark.parametrize("image", [READY, FRESH[:LATCHED] + BLANK[LATCHED:]], ids=["as made", "erased"])
def test_nothing_latched_is_not_written(image: bytes) -> None:
    memory = Memory(image)
    memory.latch(False, 0)
    assert memory.settled


def test_what_was_latched_is_written_off() -> None:
    memory = Memory(READY)
    for emergency, faults in ((True, 8), (False, 0)):
        memory.latch(emergency, faults)
        image = list(settle(memory))[-1]
        assert Memory(image).latched() == (emergency, faults)


def test_faults_that_contradict_their_checksum_are_not_believed_an_emergency_is() -> None:
    memory = Memory(READY)
    memory.latch(True, 5)
    *torn, whole = settle(memory)
    for image in torn[1:]:
        assert Memory(image).latched() == (True, None)
    for bit in range(32):
        wrong = bytearray(whole)
        wrong[LATCHED + bit // 8] ^= 1 << bit % 8
        assert Memory(bytes(wrong)).latched() == (wrong[LATCHED] != 0, None)


def test_bytes_are_written_one_by_one_from_the_lowest_address() -> None:
    memory = Memory(FRESH)
    memory.begin()
    memory.commission()
    images = list(settle(memory))
    changed = [[at for at in range(MEMORY_SIZE) if a[at] != b[at]] for a, b in pairwise(images)]
    assert all(len(at) == 1 for at in changed)
    assert changed == sorted(changed)
    assert not memory.store()


@given(st.binary(min_size=64, max_size=64), st.booleans(), st.integers(0, 2**13 - 1))
def test_model_and_firmware_make_the_same_of_any_memory(noise: bytes, provisioned: bool, pins: int) -> None:
    image = (SITE.pack() if provisioned else b"") + noise
    model, native = (kind(image[:MEMORY_SIZE], Pin(pins)) for kind in (GateModel, Native))
    for now_ms in (1, 4, 8, 40, 120):
        assert model.tick(now_ms, pins) == native.tick(now_ms, Pin(pins))
        assert model.exchange(b"") == native.exchange(b"")
        assert model.memory == native.memory
