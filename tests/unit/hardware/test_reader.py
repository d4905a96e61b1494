"""Readers on a line and on keys: whole reads only, whatever the cuts, the silences and the marks."""

import os
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.documents.keys import CANCEL, EVENT, KeyPort, Keys
from hardware.documents.reader import MOST_BYTES, SILENCE_S, Dropped, Lines, Reader, Reading
from hardware.errors import PortClosed
from hardware.port import SerialPort

PASS = b"M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 326J001A0025 100"
PASSPORT = (b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", b"L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = (b"I<UTOD231458907<<<<<<<<<<<<<<<", b"7408122F1204159UTO<<<<<<<<<<<6", b"ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
LATER_S = SILENCE_S * 2


def texts(found: object) -> list[str]:
    assert isinstance(found, list | tuple)
    assert all(isinstance(one, Reading) for one in found)
    return [one.text for one in found]


def problem(found: object) -> str:
    assert isinstance(found, list | tuple)
    (only,) = found
    assert isinstance(only, Dropped)
    return only.finding.problem


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_end_ends_a_read(end: bytes) -> None:
    assert texts(Lines().feed(PASS + end, 0.0)) == [PASS.decode()]


@given(st.sampled_from([b"\r", b"\n", b"\r\n"]), st.integers(1, 90))
def test_any_cut_of_the_stream_gives_the_same_reads(end: bytes, cut: int) -> None:
    stream = end.join([PASS, *PASSPORT, PASS, *CARD, b""])
    lines = Lines()
    found = [one for at in range(0, len(stream), cut) for one in lines.feed(stream[at : at + cut], 0.01 * at / 90)]
    assert texts(found) == [PASS.decode(), b"\n".join(PASSPORT).decode(), PASS.decode(), b"\n".join(CARD).decode()]


def test_the_blanks_at_the_end_of_a_pass_stay() -> None:
    assert texts(Lines().feed(PASS + b"   \r", 0.0)) == [PASS.decode() + "   "]


def test_the_lines_of_a_zone_are_one_read() -> None:
    lines = Lines()
    assert lines.feed(PASSPORT[0] + b"\r", 0.0) == []
    assert texts(lines.feed(PASSPORT[1] + b"\r", 0.1)) == [b"\n".join(PASSPORT).decode()]


def test_a_zone_without_its_last_line_is_dropped_after_a_silence() -> None:
    lines = Lines()
    lines.feed(CARD[0] + b"\r" + CARD[1] + b"\r", 0.0)
    assert "2 of 3 lines" in problem(lines.feed(b"", LATER_S))
    assert texts(lines.feed(PASS + b"\r", LATER_S)) == [PASS.decode()]


def test_half_a_read_is_dropped_after_a_silence_and_told() -> None:
    lines = Lines()
    assert lines.feed(PASS[:30], 0.0) == []
    assert lines.feed(b"", SILENCE_S / 2) == []
    assert "30 bytes without a line end" in problem(lines.feed(b"", LATER_S))
    assert texts(lines.feed(PASS + b"\r", LATER_S)) == [PASS.decode()]


def test_a_reader_without_line_ends_ends_a_read_with_a_silence() -> None:
    lines = Lines(silence_ends=True)
    assert lines.feed(PASS[:30], 0.0) == []
    assert lines.feed(PASS[30:], 0.1) == []
    assert texts(lines.feed(b"", 0.1 + LATER_S)) == [PASS.decode()]
    assert lines.feed(b"", 9.0) == []


def test_marks_of_the_reader_are_taken_off_and_told() -> None:
    (read,) = Lines().feed(b"\x02]L2" + PASS + b"\x03\r\n", 0.0)
    assert isinstance(read, Reading)
    assert read.text == PASS.decode()
    assert [finding.value for finding in read.findings] == ["\x02", "\x03", "]L2"]


def test_marks_behind_the_line_end_are_no_read() -> None:
    lines = Lines()
    assert texts(lines.feed(b"\x02" + PASS + b"\r\x03", 0.0)) == [PASS.decode()]
    assert lines.feed(b"", LATER_S) == []


def test_an_endless_read_is_dropped_once_and_the_next_is_read() -> None:
    lines = Lines()
    found = [one for at in range(40) for one in lines.feed(b"x" * 1000, at * 0.01)]
    assert f"more than {MOST_BYTES} bytes" in problem(found)
    assert texts(lines.feed(b"xx\r" + PASS + b"\r", 0.5)) == [PASS.decode()]


@given(st.lists(st.tuples(st.binary(max_size=60), st.floats(0, 1)), max_size=12))
def test_noise_never_raises_and_keeps_nothing_for_ever(noise: list[tuple[bytes, float]]) -> None:
    lines, now_s = Lines(), 0.0
    for received, pause_s in noise:
        now_s += pause_s
        lines.feed(received, now_s)
    lines.feed(b"", now_s + LATER_S)
    assert texts(lines.feed(PASS + b"\r", now_s + 2 * LATER_S)) == [PASS.decode()]


@pytest.fixture
def terminal() -> Iterator[tuple[int, Reader]]:
    """The far end of a pseudo terminal, and a reader on its near end."""
    far, near = os.openpty()
    tty.setraw(near)
    reader = Reader(SerialPort(os.ttyname(near)))
    yield far, reader
    reader.close()
    for end in {far, near}:
        os.close(end)


def test_a_reader_on_a_real_terminal_is_read(terminal: tuple[int, Reader]) -> None:
    far, reader = terminal
    assert reader.poll(0.0) == []
    os.write(far, PASSPORT[0] + b"\r\n" + PASSPORT[1][:20])
    assert reader.poll(0.05) == []
    os.write(far, PASSPORT[1][20:] + b"\r\n")
    assert texts(reader.poll(0.1)) == [b"\n".join(PASSPORT).decode()]


SHIFT, A, M, ONE, COMMA, CAPS, ENTER = 42, 30, 50, 2, 51, 58, 28


def events(*presses: tuple[int, int]) -> bytes:
    """Key codes with 1 down, 0 up, 2 repeated, each followed by the report that the kernel adds."""
    return b"".join(EVENT.pack(0, 0, 1, code, value) + EVENT.pack(0, 0, 0, 0, 0) for code, value in presses)


def test_keys_with_and_without_shift_are_text() -> None:
    shifted = events((SHIFT, 1), (M, 1), (M, 0), (COMMA, 1), (COMMA, 0), (SHIFT, 0))
    assert Keys().feed(shifted + events((ONE, 1), (ONE, 0), (M, 1), (ENTER, 1))) == "M<1m\n"


def test_capitals_lock_turns_letters_only() -> None:
    assert Keys().feed(events((CAPS, 1), (CAPS, 0), (M, 1), (ONE, 1), (SHIFT, 1), (M, 1))) == "M1m"


def test_a_key_held_down_is_typed_once() -> None:
    assert Keys().feed(events((A, 1), (A, 2), (A, 2), (A, 0))) == "a"


def test_every_cut_of_the_events_gives_the_same_text() -> None:
    stream = events((SHIFT, 1), (M, 1), (M, 0), (SHIFT, 0), (ONE, 1), (ONE, 0), (ENTER, 1))
    for cut in range(1, 30):
        keys = Keys()
        assert "".join(keys.feed(stream[at : at + cut]) for at in range(0, len(stream), cut)) == "M1\n"


def typed(text: str) -> bytes:
    """The events of somebody who types this on a US keyboard."""
    rows = {"1234567890-=": 2, "qwertyuiop[]": 16, "asdfghjkl;'`": 30, "\\zxcvbnm,./": 43, " ": 57, "\n": 28}
    plain = {key: first + at for row, first in rows.items() for at, key in enumerate(row)}
    shifted = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
    presses: list[tuple[int, int]] = []
    for key in text:
        code = plain[shifted.get(key, key.lower())]
        with_shift = key in shifted or key.isupper()
        presses += [(SHIFT, 1)] * with_shift + [(code, 1), (code, 0)] + [(SHIFT, 0)] * with_shift
    return events(*presses)


def test_a_document_typed_by_a_wedge_is_read() -> None:
    keys, lines = Keys(), Lines()
    text = keys.feed(typed("\n".join(line.decode() for line in PASSPORT) + "\n"))
    assert texts(lines.feed(text.encode(), 0.0)) == [b"\n".join(PASSPORT).decode()]


def test_a_read_in_which_the_system_lost_keys_is_dropped() -> None:
    keys, lines = Keys(), Lines()
    dropped = EVENT.pack(0, 0, 0, 3, 0)
    text = keys.feed(typed("M1DES") + dropped + typed("MARAIS\n") + typed("M1\n"))
    assert CANCEL in text
    first, second = lines.feed(text.encode(), 0.0)
    assert isinstance(first, Dropped)
    assert isinstance(second, Reading)
    assert second.text == "M1"


@given(st.binary(max_size=200))
def test_any_bytes_of_an_event_device_are_taken(noise: bytes) -> None:
    assert Keys().feed(noise).isascii()


def test_what_is_no_input_device_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "event0"
    with pytest.raises(PortClosed, match="event0: cannot open"):
        KeyPort(str(file))
    file.write_bytes(b"")
    with pytest.raises(PortClosed, match="is it an input device"):
        KeyPort(str(file))
