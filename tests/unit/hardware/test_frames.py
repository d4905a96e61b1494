from hypothesis import given
from hypothesis import strategies as st

from hardware.gate.frames import MAX_PAYLOAD, Decoder, encode

payloads = st.lists(st.binary(min_size=1, max_size=MAX_PAYLOAD), max_size=6)


@given(payloads, st.integers(1, 7))
def test_any_cut_of_the_stream_gives_the_same_payloads(sent: list[bytes], cut: int) -> None:
    stream = b"".join(encode(p) for p in sent)
    decoder = Decoder()
    assert [p for i in range(0, len(stream), cut) for p in decoder.feed(stream[i : i + cut])] == sent


@given(payloads.filter(bool), st.data())
def test_one_flipped_bit_never_yields_a_payload_that_was_not_sent(sent: list[bytes], data: st.DataObject) -> None:
    stream = bytearray(b"".join(encode(p) for p in sent))
    bit = data.draw(st.integers(0, len(stream) * 8 - 1))
    stream[bit // 8] ^= 1 << bit % 8
    assert all(payload in sent for payload in Decoder().feed(bytes(stream)))


def test_after_noise_the_next_whole_frame_is_read() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\xa5\x05noise\xa5" * 3 + encode(b"hello") + encode(b"again")) == [b"hello", b"again"]
    assert decoder.rejected > 0
