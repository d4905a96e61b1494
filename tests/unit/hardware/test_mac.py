"""Message authentication: the firmware's own cipher against the standards, and the host's library against it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hardware.errors import KeyUnfit
from hardware.gate.limits import KNOWN_KEYS, MAC_SIZE
from hardware.gate.mac import Key, known
from tests.unit.hardware.golden import VECTORS, CMac, library

keys = st.binary(min_size=16, max_size=16)


@pytest.mark.parametrize("case", VECTORS["aes128"])
def test_the_firmware_ciphers_as_fips_197_says(case: dict[str, str]) -> None:
    assert CMac.start(bytes.fromhex(case["key"])).cipher(bytes.fromhex(case["block"])).hex() == case["cipher"]


@pytest.mark.parametrize("case", VECTORS["cmac"], ids=lambda case: f"{len(case['message']) // 2} bytes")
def test_the_firmware_signs_as_rfc_4493_says(case: dict[str, str]) -> None:
    assert CMac.start(bytes.fromhex(case["key"])).tag(bytes.fromhex(case["message"])).hex() == case["tag"]


@given(keys, st.binary(max_size=80))
def test_host_and_firmware_sign_alike(secret: bytes, body: bytes) -> None:
    assume(not known(secret))
    assert Key(secret).tag(body) == CMac.start(secret).tag(body)[:MAC_SIZE]
    assert CMac.start(secret).verifies(Key(secret).seal(body))


@given(keys, st.binary(min_size=4, max_size=40), st.data())
def test_one_flipped_bit_is_noticed_by_both(secret: bytes, body: bytes, choice: st.DataObject) -> None:
    assume(not known(secret))
    payload = bytearray(Key(secret).seal(body))
    bit = choice.draw(st.integers(0, len(payload) * 8 - 1))
    payload[bit // 8] ^= 1 << bit % 8
    assert not Key(secret).verifies(bytes(payload))
    assert not CMac.start(secret).verifies(bytes(payload))


@pytest.mark.parametrize("text", VECTORS["known_keys"])
def test_keys_that_everybody_knows_are_refused_by_both(text: str) -> None:
    assert library().key_known(bytes.fromhex(text))
    with pytest.raises(KeyUnfit, match="everybody knows"):
        Key(bytes.fromhex(text))


@given(keys)
def test_both_know_the_same_keys(secret: bytes) -> None:
    assert library().key_known(secret) == known(secret)


@pytest.mark.parametrize("secret", KNOWN_KEYS)
@pytest.mark.parametrize("at", range(16))
def test_a_key_next_to_a_known_one_is_nobodys(secret: bytes, at: int) -> None:
    other = bytearray(secret)
    other[at] ^= 1
    assert not library().key_known(bytes(other))
    assert Key(bytes(other)).tag(b"")


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(KeyUnfit, match=rf"{size} bytes, must be 16"):
        Key(bytes(range(size)))
