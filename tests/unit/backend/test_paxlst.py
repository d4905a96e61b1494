"""Manifests as found in the wild: what is read, what is reported, what is refused."""

import json
import warnings
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact import Parser

from backend.commands.checking import as_json, check
from backend.manifests.findings import Contradiction
from backend.manifests.messages import Function, Leg, Role
from backend.manifests.paxlst import Manifest, parse
from backend.manifests.segments import Cutter
from backend.manifests.telegram import read as text
from calibration.rehearsal.cast import MORNING, paxlst
from tests.unit.backend.paxlst_specimens import (
    ANNA,
    BEN,
    CARL,
    GOOD,
    LEG,
    interchange,
    message,
    telegram,
)

OLDER = (
    "UNA:+.? 'UNB+UNOA:1+XX+LIMEN+020131:2359+1'UNG+PAXLST+XX+LIMEN+020131:2359+1+NZ+001:000'"
    "UNH+1+PAXLST:001:000:NZ+XX812/020131/2300'CTA+IC+:DESK+1-703-555-0100:TE'TDT++XX812+40+XX'"
    "LOC+005+NZAKL:50'DTM+136+020131+1030+M05'LOC+008+USLAX:50'DTM+132+020131+2200+M05'UNS+D'"
    "PDT+P/L898902C3:030909:UT+SPECIMEN:SIMON:P:590429:M+PAX+NZAKL:USLAX'"
    "PDT+P/L898902C4:980831:IE+O?'SPECIMEN:KRIS:ANN:331231:F+CRW+NZAKL:USLAX'UNT+11+1'UNE+1+1'UNZ+1+1'"
)


def read(content: bytes | str) -> Manifest:
    return parse(content if isinstance(content, bytes) else content.encode())


def problems(manifest: Manifest) -> list[tuple[str, int]]:
    return [(finding.segment, finding.position) for finding in manifest.findings]


def test_a_manifest_says_who_travels_on_what() -> None:
    (told,) = read(GOOD).messages
    assert told.legs == (Leg("XX", "0138", "air", "ZRH", "HKG", "2026-11-22T10:30", "2026-11-23T06:10"),)
    assert told.legs[0].key == "XX0138/20261122/ZRH"
    anna, carl = told.travelers
    assert (anna.surname, anna.given, anna.sex, anna.seat) == ("SPECI'MEN", "ANNA MARIA", "F", "12A")
    assert (anna.birth, carl.birth) == (date(1964, 8, 12), date(1980, 2, 3))
    assert (anna.locator, anna.reference, anna.nationality) == ("ABC123", "P1", "UTO")
    assert [(d.type, d.number, d.issuer, d.expiry) for d in anna.documents] == [
        ("P", "L898902C3", "UTO", date(2030, 1, 1))
    ]
    assert (anna.role, carl.role) == (Role.PASSENGER, Role.CREW)
    assert read(GOOD).findings == ()


GROUPED = GOOD.replace(b"UNH+1", b"UNG+PAXLST+XX+LIMEN+261122:0800+7+UN+D:12B'UNH+1").replace(b"UNZ", b"UNE+1+7'UNZ")


@pytest.mark.parametrize(
    "same",
    [
        GROUPED,
        GOOD.replace(b"UNA:+.? '", b""),
        message([ANNA, CARL]).encode(),
        GOOD.replace(b"'", b"'\n").replace(b"?'\n", b"?'"),
        GOOD.replace(b"+2++", b"+2+\r\n+").replace(b"LOC", b"L\r\nOC"),
        GOOD.replace(b"?'", b"\x00").translate(bytes.maketrans(b":+.? '", b"*|,! $")).replace(b"\x00", b"'"),
        GOOD.replace(b"?'", b"\x00").translate(bytes.maketrans(b":+'", b"|*$")).replace(b"\x00", b"'"),
        telegram(GOOD),
        telegram(GOOD, 69),
        telegram(GROUPED, 65),
        b"\x01\r\n\x02" + GOOD + b"\x03\x04",
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        b" " + GOOD.replace(b"UNH+", b" UNH +").replace(b"NAD+FL+++SPECI", b"\n NAD + FL +++ SPECI"),
        GOOD.replace(b"UNB", b"unb").replace(b"NAD+FM", b"nad+fm").replace(b"LOC+87+HKG", b"loc+87+hkg"),
        GOOD + b"\nEmail secured by SPECIMEN'S scanner\n",
    ],
    ids=str,
)
def test_the_envelope_does_not_change_what_is_told(same: bytes) -> None:
    assert read(same).messages == tuple(replace(m, counts=()) for m in read(GOOD).messages)
    assert read(same).findings == ()


@given(st.integers(40, 80), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_no_wrap_changes_what_is_told(width: int, end: bytes) -> None:
    wrapped = end.join(GOOD[at : at + width] for at in range(0, len(GOOD), width))
    assert read(b"QD LIMENXX" + end + b".XXXXXXX 220801" + end + wrapped).messages == read(GOOD).messages


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("CNT+42:1", "CNT+42:136"), ("CNT", 27)),
        (("CNT+42:1'", ""), ("CNT", 28)),
        (("DTM+329:640812", "DTM+329:641399"), ("DTM", 11)),
        (("DTM+329:640812", "DTM+329:20300101"), ("DTM", 11)),
        (("DOC+P:110:111+L898902C9'LOC+91+UTO'", ""), ("DOC", 21)),
        (("ATT+2++F'", ""), ("ATT", 9)),
        (("ATT+2++F", "ATT+2++Q"), ("ATT", 10)),
        (("NAT+2+UTO'RFF", "RFF"), ("NAT", 9)),
        (("NAT+2+UTO'RFF", "NAT+2+QQQ'RFF"), ("NAT", 14)),
        (("LOC+91+UTO'NAD", "NAD"), ("LOC", 18)),
        (("LOC+125+ZRH", "LOC+125+QQQ"), ("LOC", 5)),
        (("LOC+87+HKG'DTM+232:2611230610:201'", ""), ("LOC", 4)),
        (("BGM+745", "BGM+745+QQ"), ("BGM", 3)),
        (("BGM+745'", ""), ("BGM", 2)),
        (("2611221030", "269999"), ("DTM", 6)),
        (("TDT+20", "TDT+77"), ("TDT", 4)),
        (("NAD+FM", "QQQ+1'NAD+FM"), ("QQQ", 21)),
        (("NAD+FM+++CREW:CARL", "NAD+FM+++:CARL"), ("NAD", 21)),
        (("UNZ+1+1", "UNZ+2+1"), ("UNZ", 30)),
        (("UNZ+1+1", "UNZ+1+9"), ("UNZ", 30)),
    ],
)
def test_what_can_be_used_is_used_and_the_rest_is_reported_with_its_place(
    change: tuple[str, str], found: tuple[str, int]
) -> None:
    good = interchange(message([ANNA, CARL])).decode()
    assert change[0] in good
    manifest = read(good.replace(*change, 1))
    assert len(manifest.messages[0].travelers) == 2
    assert found in problems(manifest)


@pytest.mark.parametrize(
    ("bgm", "function"),
    [
        ("BGM+745'", Function.NEW),
        ("BGM+745+CP'", Function.CHANGE),
        ("BGM+745+XR'", Function.REMOVE),
        ("BGM+745++5'", Function.REPLACE),
        ("BGM+745+987+9'", Function.NEW),
        ("BGM+250+C'", Function.NEW),
        ("BGM+250+CC'", Function.CHANGE),
        ("BGM+266+XF'", Function.CANCEL),
        ("BGM+266+CLOB'", Function.CLOSE),
    ],
)
def test_what_a_message_is_for(bgm: str, function: Function) -> None:
    manifest = read(interchange(message([ANNA], bgm=bgm)))
    assert manifest.messages[0].function is function
    assert manifest.findings == ()


A, B, C = (f"LOC+92+{port}'" for port in ("ATL", "ORD", "JFK"))


@pytest.mark.parametrize(
    ("route", "legs"),
    [
        (f"{LEG}TDT+20+XX140'LOC+125+HKG'DTM+189:2611231030:201'LOC+87+SIN'", ["ZRH-HKG", "HKG-SIN"]),
        (f"TDT+20+XX1'{A}DTM+189:2611220900:201'{B}{B}DTM+189:2611221200:201'{C}", ["ATL-ORD", "ORD-JFK"]),
        (
            "TDT+20+XX1'LOC+125+LHR'DTM+189:2611220900:201'LOC+87+YUL'DTM+189:2611221200:201'LOC+92+YOW'"
            "DTM+189:2611221500:201'LOC+130+YVR'",
            ["LHR-YUL", "YUL-YOW", "YOW-YVR"],
        ),
        ("TDT+20+XX1'LOC+87+HKG'LOC+125+ZRH'DTM+189:2611220900:201'", ["ZRH-HKG"]),
        ("TDT+20+XX1'DTM+189:2611220900:201'LOC+125+ZRH'LOC+87+HKG'", ["ZRH-HKG"]),
    ],
)
def test_several_legs_are_read_from_pairs_and_from_chains(route: str, legs: list[str]) -> None:
    (told,) = read(interchange(message([ANNA], leg=route))).messages
    assert [f"{leg.departure_port}-{leg.arrival_port}" for leg in told.legs] == legs
    assert all(leg.departure.startswith("2026-11-2") for leg in told.legs)


@pytest.mark.parametrize(
    ("tdt", "mode", "name"),
    [
        ("TDT+20+V42+1++XYZ+++9999999:146::MS SPECIMEN'", "sea", "XYZV42"),
        ("TDT+20+BUS7+3++XYB'", "bus", "XYBBUS7"),
        ("TDT+20+EC8+2++XYR'", "rail", "XYREC8"),
        ("TDT+20+XX0138'", "air", "XX0138"),
        ("TDT+20+XYZ77'", "air", "XYZ77"),
    ],
)
def test_sea1_land_b_vessels_and_buses_are_read_alike(tdt: str, mode: str, name: str) -> None:
    ports = "LOC+125+ZRH'DTM+189:2611221030:201'LOC+87+HKG'"
    ports = ports if mode == "air" else ports.replace("ZRH", "CHBSL").replace("HKG", "DERTM")
    manifest = read(interchange(message([ANNA], leg=tdt + ports)))
    (leg,) = manifest.messages[0].legs
    assert (leg.mode, leg.name) == (mode, name)
    assert leg.vessel == ("MS SPECIMEN" if mode == "sea" else "")
    assert manifest.findings == ()


def test_the_older_form_is_read() -> None:
    manifest = read(OLDER.replace(":UT+", ":D+"))
    (told,) = manifest.messages
    assert told.legs == (Leg("XX", "812", "air", "AKL", "LAX", "2002-01-31T10:30", "2002-01-31T22:00"),)
    first, second = told.travelers
    assert (first.surname, first.given, first.sex, first.birth) == ("SPECIMEN", "SIMON P", "M", date(1959, 4, 29))
    assert (second.surname, second.role, second.birth) == ("O'SPECIMEN", Role.CREW, date(1933, 12, 31))
    assert [(d.type, d.number, d.issuer, d.expiry) for d in first.documents] == [
        ("P", "L898902C3", "D", date(2003, 9, 9))
    ]
    assert manifest.findings == ()


def parts(*numbers: str) -> list[str]:
    people = [ANNA, BEN, CARL]
    return [
        message([one], part=f"+XX0138/261122+{number}", count=2) for one, number in zip(people, numbers, strict=False)
    ]


def test_parts_of_one_message_are_one_whatever_the_order() -> None:
    first, second, third = parts("01:C", "02", "03:F")
    for order in ([first, second, third], [third, first, second, second]):
        manifest = read(interchange(*order))
        (told,) = manifest.messages
        assert [one.given for one in told.travelers] == ["ANNA MARIA", "BEN", "CARL"]
        assert told.part is None
        assert manifest.findings == ()


def test_counts_are_those_of_all_parts() -> None:
    first, second, third = parts("01:C", "02", "03:F")
    assert problems(read(interchange(first.replace("CNT+42:2", "CNT+42:7"), second, third))) == [("CNT", 21)]
    assert read(interchange(first)).messages[0].part is not None


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (("01:C", "02:F", "03:F"), "two parts say they are the last"),
        (("01:C", "03", "02:F"), "part 3 of 2"),
        (("01:C", "01:C"), "part 1 was sent before with another content"),
        (("100",), "part 100; at most 99"),
    ],
)
def test_parts_that_exclude_each_other_are_refused(sent: tuple[str, ...], why: str) -> None:
    with pytest.raises(Contradiction, match=why):
        read(interchange(*parts(*sent)))


@settings(max_examples=40)  # pydifact takes its time
@given(st.lists(st.lists(st.text("AB?'+: ", max_size=6), min_size=1, max_size=3), min_size=1, max_size=4))
def test_segments_are_cut_as_pydifact_cuts_them(elements: list[list[str]]) -> None:
    def escaped(text: str) -> str:
        return "".join(f"?{c}" if c in "?'+:" else c for c in text)

    segment = "FTX+" + "+".join(":".join(map(escaped, parts)) for parts in elements) + "'"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = next(iter(Parser().parse(segment))).elements
    cut = Cutter(text(f"UNH+1'{segment}".encode()), []).interchange()
    assert cut is not None
    ours = list(cut)[1]
    for at, element in enumerate(theirs):
        values = [element] if isinstance(element, str) else element
        assert [ours.at(at, i) for i in range(len(values))] == [" ".join(value.split()) for value in values]


def test_what_is_printed_has_exactly_the_promised_keys() -> None:
    told = json.loads(as_json(check(GOOD)))
    assert told["ok"] is True
    assert told["findings"] == []
    (only,) = told["messages"]
    assert only["function"] == "new"
    assert only["legs"] == [
        {
            "carrier": "XX",
            "number": "0138",
            "from": "ZRH",
            "to": "HKG",
            "departure": "2026-11-22T10:30",
            "arrival": "2026-11-23T06:10",
        }
    ]
    assert only["travelers"][1] == {
        "surname": "CREW",
        "given": "CARL",
        "sex": "M",
        "birth": "1980-02-03",
        "nationality": "UTO",
        "crew": True,
        "locator": "",
        "seat": "",
        "documents": [{"type": "P", "number": "L898902C9", "issuer": "UTO", "expiry": ""}],
    }


def test_the_rehearsals_manifest_is_read_without_findings() -> None:
    manifest = parse(paxlst(MORNING, date(2026, 11, 22)))
    assert len(manifest.messages[0].travelers) == 5
    assert manifest.findings == ()
