"""Manifests that are broken, hostile, or carry what they may not: refused with the place, and nothing breaks."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.commands.checking import as_json, check
from backend.manifests.findings import PhotosRefused, Unusable
from backend.manifests.paxlst import parse
from tests.unit.backend.paxlst_specimens import (
    ANNA,
    GOOD,
    HEAD,
    LEG,
    interchange,
    message,
)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"hello", "no message: expected UNA, UNB or UNH"),
        (b"", "no message: expected UNA, UNB or UNH"),
        (GOOD[:-40], "has no end; expected the terminator"),
        (GOOD[: GOOD.index(b"UNZ")], "UNZ: segment 29 on line 1: missing: nothing behind UNT; is this half a file?"),
        (GOOD.replace(b"UNA:+.? '", b"UNA++.? '").replace(b"UNB+", b"UNB++"), "separators that cannot be told apart"),
        (GOOD.replace(b"PAXLST:D", b"PNRGOV:D"), "a message of type PNRGOV; expected PAXLST"),
        (interchange(*["UNH+1+PAXLST:D:12B'UNT+2+1'"] * 1100), "more than 50 messages"),
        (interchange(message(["NAD+FL+++X'"] * 10_001)), "more than 10,000 travellers"),
        (GOOD.replace(b"CREW", b"C" * 9000), "encoded picture|at most 8,000"),
        (bytes(5 << 20), "at most 4,194,304"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(bad: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        parse(bad)


PICTURE = "ABCDefgh0123+/=?" * 40


@pytest.mark.parametrize(
    "pictured",
    [
        GOOD.replace(b"ATT", b"FTX+AAI+++\xff\xd8\xff\xe0JFIF'ATT", 1),
        GOOD.replace(b"ATT", f"FTX+AAI+++{PICTURE.replace('?', '??')}'ATT".encode(), 1),
        GOOD.replace(b"ATT", b"UNO+1+1'ATT", 1),
        GOOD.replace(b"ATT", b"FTX+PHOTO+++X'ATT", 1),
        GOOD.replace(b"ATT", b"DOC+P:::FACE+1'ATT", 1),
        GOOD + b"\x89PNG\r\n\x1a\n",
    ],
)
def test_a_carrier_that_supplies_photos_is_refused(pictured: bytes) -> None:
    with pytest.raises(PhotosRefused, match="photos come from the sources of record only"):
        parse(pictured)


@given(st.binary(max_size=400))
@example(b"UNA:+.? 'UNB+UNOA:4'")
def test_no_bytes_break_the_parser(noise: bytes) -> None:
    for content in (noise, b"UNA:+.? '" + HEAD.encode() + noise, GOOD[:120] + noise + GOOD[120:], GOOD + noise):
        checked = check(content)
        assert checked.readable or len(checked.findings) == 1
        assert json.loads(as_json(checked)).keys() == {"ok", "messages", "findings"}


@given(st.data())
def test_no_mutation_of_a_good_manifest_breaks_the_parser(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    until = data.draw(st.integers(at, min(len(GOOD), at + 40)))
    other = data.draw(st.sampled_from([b"", b"'", b"+", b":", b"?", b"\n", b"UNH+", b"99999999999999", b"\xff"]))
    assert check(GOOD[:at] + other + GOOD[until:]).exit_code in (0, 1, 2)


@given(st.integers(0, len(GOOD) - 2))
def test_half_a_file_is_never_taken_for_a_whole_one(cut: int) -> None:
    with pytest.raises(Unusable):
        parse(GOOD[:cut])


@pytest.mark.parametrize(
    "unit",
    [ANNA, "A'", "?'", "UNH+1+PAXLST:D:12B'", "UNB*UNOA:1", "UNA:+.? 'UNB+", "DOC+P+1'", "TDT+20'LOC+125'", "\n"],
)
def test_no_repetition_takes_more_than_its_length(unit: str) -> None:
    """Were it the square of it, this would not end: a quarter of a mebibyte."""
    filling = unit * ((1 << 18) // len(unit))
    checked = check(f"UNA:+.? '{HEAD}UNH+1+PAXLST:D:12B'{LEG}{filling}UNT+1+1'UNZ+1+1'".encode())
    assert checked.findings
