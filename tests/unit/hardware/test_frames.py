"""Frames and messages: golden ones, and any cut, noise and damage, in Python and in the firmware's C."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.gate import vectors
from hardware.gate.crc import crc8, crc16
from hardware.gate.frames import Decoder, encode
from hardware.gate.limits import FRAME_GAP_MS, MAX_PAYLOAD
from hardware.gate.messages import HEAD, Want
from tests.unit.hardware.golden import KINDS, VECTORS, CDecoder, c_encode, library

payloads = st.lists(st.binary(min_size=1, max_size=MAX_PAYLOAD), max_size=6)
Kind = type[Decoder] | type[CDecoder]
both = pytest.mark.parametrize("kind", [Decoder, CDecoder], ids=["python", "c"])


def named(case: dict[str, object]) -> str:
    return str(case.get("name") or case.get("kind"))


def test_the_golden_file_is_what_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["vectors", "--check"])
    assert vectors.main() == 0


def test_both_checksums_give_the_published_values() -> None:
    for case in VECTORS["crc16"]:
        text = bytes.fromhex(case["bytes"])
        assert crc16(text) == library().crc16(text, len(text)) == case["crc"]
    for case in VECTORS["crc8"]:
        text = bytes.fromhex(case["bytes"])
        assert crc8(text) == library().crc8(text, len(text)) == case["crc"]


@given(st.binary(max_size=255))
def test_both_checksums_are_the_same_in_python_and_c(text: bytes) -> None:
    assert crc16(text) == library().crc16(text, len(text))
    assert crc8(text) == library().crc8(text, len(text))


@pytest.mark.parametrize("case", VECTORS["messages"], ids=named)
def test_golden_messages_are_packed_and_read(case: dict[str, object]) -> None:
    kind, fields = KINDS[str(case["kind"])], case["fields"]
    assert isinstance(fields, dict)
    payload, frame = bytes.fromhex(str(case["payload"])), bytes.fromhex(str(case["frame"]))
    message = kind(**fields)
    assert message.pack() == payload[:-8]
    assert kind.unpack(payload) == message
    assert encode(payload) == c_encode(payload) == frame
    assert Decoder().feed(frame, 0) == CDecoder().feed(frame, 0) == [payload]


def test_a_message_of_another_size_kind_or_version_is_none_of_ours() -> None:
    payload = bytes.fromhex(VECTORS["messages"][2]["payload"])
    assert Want.unpack(payload) is not None
    for other in (payload[:-1], payload + b"\0", b"V" + payload[1:], payload[:1] + b"\1" + payload[2:], b""):
        assert Want.unpack(other) is None
    assert not any(kind.unpack(payload) for kind in KINDS.values() if kind is not Want)


def test_every_message_fits_a_frame_and_no_two_begin_alike() -> None:
    assert max(kind.size() for kind in KINDS.values()) == MAX_PAYLOAD
    assert len({kind.TYPE for kind in KINDS.values()}) == len(KINDS)
    assert HEAD.size == 4


@pytest.mark.parametrize("size", [0, MAX_PAYLOAD + 1])
def test_a_payload_of_no_possible_size_is_not_sent(size: int) -> None:
    with pytest.raises(ValueError, match=rf"1\.\.48 bytes, got {size}"):
        encode(bytes(size))


@both
@given(sent=payloads, cut=st.integers(1, 7))
def test_any_cut_of_the_stream_gives_the_same_payloads(kind: Kind, sent: list[bytes], cut: int) -> None:
    stream = b"".join(encode(payload) for payload in sent)
    decoder = kind()
    assert [p for at in range(0, len(stream), cut) for p in decoder.feed(stream[at : at + cut], at)] == sent


@both
@given(sent=payloads.filter(bool), at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_never_yields_a_payload_that_was_not_sent(
    kind: Kind, sent: list[bytes], at: float, bit: int
) -> None:
    stream = bytearray(b"".join(encode(payload) for payload in sent))
    stream[int(at * len(stream))] ^= 1 << bit
    assert all(payload in sent for payload in kind().feed(bytes(stream), 0))


@given(st.lists(st.tuples(st.binary(max_size=70), st.integers(0, 30)), max_size=20), st.integers(0, 2**32 - 1))
def test_python_and_c_hear_the_same_in_any_noise(parts: list[tuple[bytes, int]], now_ms: int) -> None:
    python, c = Decoder(), CDecoder()
    for noise, wait_ms in parts:
        now_ms = (now_ms + wait_ms) % 2**32
        stream = noise + (encode(noise[:MAX_PAYLOAD]) if noise[5:6] > b"\x60" else b"")
        assert python.feed(stream, now_ms) == c.feed(stream, now_ms)


@both
def test_after_noise_the_next_whole_frame_is_read(kind: Kind) -> None:
    noise = b"\xa5\x05noise\xa5" * 3 + b"\xa5\x00\xa5\x31" + bytes(60)
    assert kind().feed(noise + encode(b"hello") + encode(b"again"), 0) == [b"hello", b"again"]


@both
@pytest.mark.parametrize("now_ms", [0, 2**32 - 10])
def test_a_frame_that_pauses_too_long_is_given_up(kind: Kind, now_ms: int) -> None:
    frame, clock = encode(b"hello"), 2**32
    for wait_ms, heard in ((FRAME_GAP_MS, [b"hello"]), (FRAME_GAP_MS + 1, [])):
        decoder = kind()
        assert decoder.feed(frame[:4], now_ms) == []
        assert decoder.feed(frame[4:], (now_ms + wait_ms) % clock) == heard
        assert decoder.feed(frame, (now_ms + wait_ms) % clock) == [b"hello"]


@pytest.mark.parametrize("case", VECTORS["refused"][:4], ids=named)
def test_broken_frames_are_never_a_payload(case: dict[str, str]) -> None:
    for decode in _decoders():
        assert decode(bytes.fromhex(case["bytes"])) == []


def _decoders() -> tuple[Callable[[bytes], list[bytes]], ...]:
    return lambda stream: Decoder().feed(stream, 0), lambda stream: CDecoder().feed(stream, 0)


def test_what_was_not_a_frame_is_counted() -> None:
    decoder = Decoder()
    decoder.feed(b"\xa5\x01xyz\xa5", 0)
    decoder.feed(b"x", FRAME_GAP_MS + 1)
    assert decoder.rejected >= 2
