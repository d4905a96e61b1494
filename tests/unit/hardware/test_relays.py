"""The bytes of relay boards, as their makers print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.relays.boards import Answer, AskInputs, AskRelay, Board, Flash, Question, Trouble, Turn
from hardware.relays.bytewise import Kmtronic, Lcus
from hardware.relays.modbus import Modbus
from hardware.relays.numato import Numato

MODBUS = Modbus(1, 0, flashes=True)


@pytest.mark.parametrize(
    ("board", "question", "said"),
    [
        (Lcus(1), Turn(True), "A0 01 01 A2"),
        (Lcus(1), Turn(False), "A0 01 00 A1"),
        (Kmtronic(2, 4), Turn(True), "FF 02 01"),
        (Kmtronic(2, 4), AskRelay(), "FF 09 00"),
        (MODBUS, Turn(True), "01 05 00 00 FF 00 8C 3A"),
        (MODBUS, Turn(False), "01 05 00 00 00 00 CD CA"),
        (MODBUS, Flash(700), "01 05 02 00 00 07 8D B0"),
        (MODBUS, AskInputs(0, 8), "01 02 00 00 00 08 79 CC"),
        (Numato(3), Turn(True), b"relay on 3\r".hex()),
        (Numato(10), AskRelay(), b"relay read A\r".hex()),
        (Numato(0), AskInputs(5, 1), b"gpio read 5\r".hex()),
    ],
)
def test_each_board_is_asked_in_its_own_bytes(board: Board, question: Question, said: str) -> None:
    assert board.ask(question) == bytes.fromhex(said)


@pytest.mark.parametrize(
    ("board", "question", "heard", "what"),
    [
        (Kmtronic(2, 4), AskRelay(), b"\x00\x01\x00\x00", Answer(1)),
        (Kmtronic(2, 4), AskRelay(), b"\x00\x01\x00", None),
        (Kmtronic(2, 4), AskRelay(), b"\x00\x01\x00\x00\x00", Trouble.GARBAGE),
        (Kmtronic(2, 4), AskRelay(), b"\xff\x09\x00", Trouble.ECHO),
        (Kmtronic(2, 4), Turn(True), b"\x07", Trouble.GARBAGE),
        (Lcus(1), Turn(True), b"\xa0\x01\x01\xa2", Trouble.ECHO),
        (Lcus(1), Turn(True), b"x", Trouble.GARBAGE),
        (Numato(0), AskRelay(), b"relay read 0\n\ron\n\r>", Answer(1)),
        (Numato(0), AskRelay(), b"relay read 0\n\roff\n\r>", Answer(0)),
        (Numato(0), AskRelay(), b"relay read 0\n\rwhat\n\r>", Trouble.REFUSED),
        (Numato(0), Turn(False), b">relay off 0\n\r>", Trouble.GARBAGE),
        (Numato(0), Turn(False), b"relay off 0\n\r>", Answer()),
        (Numato(0), Turn(False), b"relay off 0\r", None),
        (MODBUS, Turn(True), MODBUS.ask(Turn(True)), Answer()),
        (MODBUS, Turn(True), MODBUS.ask(Turn(False)), Trouble.GARBAGE),
        (MODBUS, AskInputs(0, 8), bytes.fromhex("01020105618A"), Trouble.GARBAGE),  # one bit of the checksum is wrong
        (MODBUS, AskInputs(0, 8), bytes.fromhex("01020105618B"), Answer(5)),
        (MODBUS, Turn(True), bytes.fromhex("018502C351"), Trouble.REFUSED),
        (MODBUS, AskRelay(), MODBUS.ask(AskRelay()), Trouble.ECHO),
    ],
)
def test_each_answer_is_understood_or_named(
    board: Board, question: Question, heard: bytes, what: Answer | Trouble | None
) -> None:
    assert board.read(question, heard) == what


BOARDS: tuple[tuple[Board, Question], ...] = (
    (Lcus(1), Turn(True)),
    (Kmtronic(1, 8), AskRelay()),
    (Numato(1), Turn(True)),
    (Numato(1), AskRelay()),
    (MODBUS, Turn(True)),
    (MODBUS, AskInputs(0, 8)),
)


@given(st.sampled_from(BOARDS), st.binary(max_size=80))
def test_no_bytes_upset_a_board(asked: tuple[Board, Question], heard: bytes) -> None:
    board, question = asked
    assert isinstance(board.read(question, heard), Answer | Trouble | None)


@pytest.mark.parametrize("channel", [0, 5])
def test_a_relay_that_the_board_has_not_is_refused(channel: int) -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        Kmtronic(channel, 4)
