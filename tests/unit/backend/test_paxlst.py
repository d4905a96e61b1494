from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import ManifestRefused
from backend.manifests.paxlst import Manifest, parse
from calibration.rehearsal.cast import MORNING, paxlst

GOOD = b"""UNA:+.? '
UNB+UNOA:4+XX+LIMEN+261122:0800+1'
UNG+PAXLST+XX+LIMEN+261122:0800+1+UN+D:12B'
UNH+1+PAXLST:D:12B:UN:IATA'
BGM+745'
TDT+20+XX0138'
LOC+125+ZRH'
DTM+189:2611221030:201'
LOC+87+HKG'
NAD+FL+++SPECI?'MEN:ANNA:MARIA'
ATT+2++F'
DTM+329:640812'
NAT+2+UTO'
RFF+SEA:12A'
DOC+P:110:111+L898902C3'
LOC+91+UTO'
NAD+FM+++CREW:CARL'
DTM+329:20010203'
DOC+P:110:111+L898902C9'
CNT+42:1'
CNT+41:1'
UNT+18+1'
UNE+1+1'
UNZ+1+1'
"""


def problems(manifest: Manifest) -> list[tuple[str, int]]:
    return [(finding.segment, finding.line) for finding in manifest.findings]


def test_a_manifest_says_who_travels_on_what() -> None:
    manifest = parse(GOOD)
    assert manifest.journey.key == "XX0138/20261122/ZRH"
    assert manifest.journey.arrival_port == "HKG"
    anna, carl = manifest.people
    assert (anna.surname, anna.given, anna.sex, anna.seat) == ("SPECI'MEN", "ANNA MARIA", "F", "12A")
    assert (anna.birth, carl.birth) == (date(1964, 8, 12), date(2001, 2, 3))
    assert (anna.document_type, anna.document_issuer, anna.document_number) == ("P", "UTO", "L898902C3")
    assert manifest.findings == []


@pytest.mark.parametrize(
    "same",
    [
        GOOD.replace(b"UNG+PAXLST+XX+LIMEN+261122:0800+1+UN+D:12B'\n", b"").replace(b"UNE+1+1'\n", b""),
        GOOD.replace(b"UNA:+.? '\n", b""),
        GOOD.replace(b"'\n", b"'"),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"?'", b"\x00").translate(bytes.maketrans(b":+.? '", b"*|,! $")).replace(b"\x00", b"'"),
    ],
    ids=["no groups", "no UNA", "one line", "CR LF", "other separators"],
)
def test_the_envelope_does_not_change_the_people(same: bytes) -> None:
    assert parse(same).people == parse(GOOD).people


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"hello", "line 1: expected UNA, UNB or UNH"),
        (b"UNA:+.", "line 1: expected UNA"),
        (GOOD[:-40], "has no end; expected the terminator"),
        (GOOD.replace(b"TDT+20+XX0138'\n", b""), r"TDT: missing .* expected TDT\+20"),
        (GOOD.replace(b"LOC+87+HKG'\n", b""), r"LOC: missing .* expected LOC\+87"),
        (GOOD.replace(b"2611221030", b"2699"), r"DTM: segment 7 on line 8 has date '2699'; expected YYMMDDHHMM"),
        (GOOD.replace(b"NAD+F", b"NAD+M"), "NAD: no traveller found"),
        (GOOD.replace(b"UNE+1", b"UNH+2+PAXLST'UNT+1+2'UNE+1"), "UNH: segment .* begins a second journey"),
        (GOOD.replace(b"BGM+745'", b"BGM+745'TDT+20+XX9'"), "TDT: segment 6 on line 6 begins a second journey"),
    ],
)
def test_a_wrong_manifest_is_refused_with_segment_line_and_what_was_expected(bad: bytes, why: str) -> None:
    with pytest.raises(ManifestRefused, match=why):
        parse(bad)


def test_what_can_be_used_is_used_and_the_rest_is_reported() -> None:
    odd = (
        GOOD.replace(b"CNT+42:1", b"CNT+42:136")
        .replace(b"DOC+P:110:111+L898902C9'\n", b"")
        .replace(b"640812", b"641399")
    )
    manifest = parse(odd)
    assert len(manifest.people) == 2
    assert problems(manifest) == [("DTM", 12), ("DOC", 17), ("CNT", 19)]


@given(st.binary(max_size=400))
def test_no_bytes_break_the_parser(noise: bytes) -> None:
    for content in (noise, b"UNA:+.? '" + noise, b"UNB+UNOA:4'" + noise + b"'"):
        try:
            parse(content)
        except ManifestRefused as error:
            assert str(error)


@given(st.integers(0, len(GOOD) - 3))
def test_half_a_file_is_never_taken_for_a_whole_one(cut: int) -> None:
    with pytest.raises(ManifestRefused):
        parse(GOOD[:cut])


def test_the_rehearsals_manifest_is_read_without_findings() -> None:
    assert len(parse(paxlst(MORNING)).people) == 5
    assert parse(paxlst(MORNING)).findings == []
