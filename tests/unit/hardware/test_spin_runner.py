"""What the runner of the gate line's model makes of what a search prints."""

import re

import pytest

from hardware.gate.spin.cases import FULL, MUTANTS, QUICK, WITNESSES, Case
from hardware.gate.spin.check import MODEL, Found, NoFigures, judge, parse

CASE = Case("line", "SLOTS=1")
MUTANT = Case("closes on somebody", "SLOTS=1 MUTANT=15", "G7")
OUTPUT = """
State-vector 60 byte, depth reached 51, errors: 0
 16071846 states, stored
1.4018571e+08 transitions (= stored+matched)
 2182.312	total actual memory usage
pan: elapsed time 83.5 seconds
"""
VIOLATED = "pan:1: assertion violated G7 (at depth 8)\nWarning: Search not completed\n" + OUTPUT.replace(
    "errors: 0", "errors: 1"
)


def test_figures_of_a_complete_search_are_read() -> None:
    assert parse(CASE, OUTPUT) == Found(16_071_846, 140_185_710, 51, 2182.312, 83.5, "")


def test_the_violated_assertion_is_named() -> None:
    assert parse(MUTANT, VIOLATED).violated == "G7"


@pytest.mark.parametrize("words", ["error: max search depth too small", "pan: out of memory", "Search not completed"])
def test_a_truncated_search_is_no_result(words: str) -> None:
    with pytest.raises(NoFigures, match="truncated"):
        parse(CASE, words + OUTPUT)


def test_an_error_that_is_no_assertion_is_no_result() -> None:
    with pytest.raises(NoFigures, match="no assertion"):
        parse(CASE, OUTPUT.replace("errors: 0", "errors: 1"))


def test_missing_figures_are_no_result() -> None:
    with pytest.raises(NoFigures, match="states, stored"):
        parse(CASE, "")


@pytest.mark.parametrize(
    ("case", "violated", "wrong"),
    [
        (CASE, "", ""),
        (CASE, "G7", "line: G7 violated"),
        (MUTANT, "G7", ""),
        (MUTANT, "G1", "closes on somebody: wanted G7, G1 failed"),
        (MUTANT, "", "closes on somebody: wanted G7, survived"),
    ],
)
def test_a_search_must_end_as_its_case_says(case: Case, violated: str, wrong: str) -> None:
    assert judge(case, Found(1, 1, 1, 1.0, 1.0, violated)) == wrong


def test_every_defect_and_every_possible_thing_of_the_model_is_searched_for() -> None:
    model = MODEL.read_text()
    for written, cases in (("BUG", MUTANTS), ("WITNESS", WITNESSES)):
        in_model = {int(n) for n in re.findall(rf"{written}(?:\(| == )(\d+)", model)}
        searched = [int(case.flags.split("=")[-1]) for case in cases]
        assert sorted(searched) == sorted(in_model)


def test_every_flag_is_known_to_the_model() -> None:
    model = MODEL.read_text()
    for case in (*QUICK, *FULL, *MUTANTS, *WITNESSES):
        for flag in case.flags.split():
            assert re.search(rf"\b{flag.split('=')[0]}\b", model), flag
