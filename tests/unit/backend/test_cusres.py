"""What carriers are told can be read again, and never says why."""

import warnings
from datetime import datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydifact import Parser

from backend.manifests.cusres import WORDS, Answer, Code, Envelope, Kind, Problem, Trip, Verdict, interchange

ENVELOPE = Envelope("XX", "4711", datetime.fromisoformat("2026-11-22T08:00"))
TRIP = Trip(
    "XX0138", "ZRH", "HKG", datetime.fromisoformat("2026-11-22T10:30"), datetime.fromisoformat("2026-11-23T06:10")
)


def parsed(content: bytes) -> list[list[object]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [[one.tag, *one.elements] for one in Parser().parse(content.decode("latin-1"))]


def test_an_answer_has_the_trip_each_person_and_whether_they_board() -> None:
    verdicts = [Verdict("ABC123", "P1", Code.CLEARED), Verdict("", "P2", Code.INSUFFICIENT)]
    answer = Answer(Kind.ANSWER, "TN7", TRIP, verdicts, [Problem("DOC", 18, "missing: no travel document")])
    assert parsed(interchange(ENVELOPE, [answer]))[1:] == [
        ["UNB", ["UNOC", "3"], "LIMEN", "XX", ["261122", "0800"], "4711"],
        ["UNH", "1", ["CUSRES", "D", "05B", "UN", "IATA"]],
        ["BGM", "962"],
        ["RFF", ["TN", "TN7"]],
        ["RFF", ["AF", "XX0138"]],
        ["DTM", ["189", "2611221030", "201"]],
        ["DTM", ["232", "2611230610", "201"]],
        ["LOC", "125", "ZRH"],
        ["LOC", "87", "HKG"],
        ["ERP", "1"],
        ["ERC", "DOC"],
        ["FTX", "AAP", "", "", "SEGMENT 18: missing: no travel document"],
        ["ERP", "2"],
        ["RFF", ["AVF", "ABC123"]],
        ["RFF", ["ABO", "P1"]],
        ["ERC", "0Z"],
        ["FTX", "AAP", "", "", "OK TO BOARD"],
        ["ERP", "2"],
        ["RFF", ["ABO", "P2"]],
        ["ERC", "4Z"],
        ["FTX", "AAP", "", "", "INSUFFICIENT - SEND TRAVEL DOCUMENT"],
        ["UNT", "21", "1"],
        ["UNZ", "1", "4711"],
    ]


@settings(max_examples=8)  # pydifact takes its time
@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
@example("Ā", "?'", "Ā+")
def test_whatever_a_carrier_calls_its_passengers_stays_one_value(locator: str, reference: str, words: str) -> None:
    answer = Answer(
        Kind.UNSOLICITED, "1", TRIP, [Verdict(locator, reference, Code.CLEARED)], [Problem("NAD", 1, words)]
    )
    told = parsed(interchange(ENVELOPE, [answer]))
    assert [one[0] for one in told].count("RFF") == 2 + bool(locator) + bool(reference)
    assert told[-2][:2] == ["UNT", str(len(told) - 3)]


def test_the_words_say_what_to_do_and_never_why() -> None:
    assert WORDS == {
        Code.CLEARED: "OK TO BOARD",
        Code.DO_NOT_BOARD: "DO NOT BOARD",
        Code.ADVISORY: "OK TO BOARD - CHECK DOCUMENTS",
        Code.INSUFFICIENT: "INSUFFICIENT - SEND TRAVEL DOCUMENT",
    }
    assert set(WORDS) == set(Code)
