"""Boarding passes: the standard's own examples, passes built and read back, and every kind of damage."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.documents import places
from hardware.documents.bcbp import Bcbp, parse
from hardware.documents.finding import Finding, Unread, Weight

TODAY = date(2026, 11, 20)
PLAIN = "M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 326J001A0025 100"
SEALED = "GIWVC5EH7JNT684FVNJ91W2QA4DVN5J8K4F0L0GEQ3DF5TGBN8709HKT5D3DW3GBHFCVHMY7J5T6HFR41W2QA4DVN5J8K4F0L0GE"
TAGS = "001412345600200141234670010014123478901"
ONCE = "2A0141234567890 1AC AC 1234567890123    "
FULL = f"M1DESMARAIS/LUC       EAB12C3 YULFRAAC 0834 326J003A0027 167>5321WW1325BAC {TAGS}{ONCE}4PCYLX58Z^164{SEALED}"
PARTIAL = (
    "M1GRANDMAIRE/MELANIE  EABC123 GVACDGAF 0123 339C002F0025 130>5002A0571234567890  AF AF 1234567890123456    Y^164"
    + SEALED
)
TWO_LEGS = (
    f"M2DESMARAIS/LUC       EAB12C3 YULFRAAC 0834 326J003A0027 15A>5251WW1325BAC {TAGS[:26]}{ONCE}3PCYLX58Z"
    f"DEF456 FRAGVALH 3664 327C012C0002 12E2A0140987654321 1AC AC 1234567890123    3PCNWQ^164{SEALED}"
)


@pytest.fixture(scope="module", autouse=True)
def airports() -> None:
    """Read from their file once, before any test is timed."""
    assert "YUL" in places.airports()


def read(text: str, today: date = TODAY) -> Bcbp:
    found = parse(text, today)
    assert isinstance(found, Bcbp)
    return found


def errors(found: Bcbp | Unread) -> list[Finding]:
    return [finding for finding in found.findings if finding.weight is Weight.ERROR]


def test_a_pass_of_mandatory_items_is_read_whole() -> None:
    found = read(PLAIN)
    (leg,) = found.legs
    assert (found.surname, found.given, found.electronic, found.leg_count) == ("DESMARAIS", "LUC", "E", 1)
    assert (leg.locator, leg.origin, leg.destination, leg.carrier, leg.flight) == ("ABC123", "YUL", "FRA", "AC", "0834")
    assert (leg.day, leg.compartment, leg.seat, leg.sequence, leg.status) == (
        date(2026, 11, 22),
        "J",
        "001A",
        "0025",
        "1",
    )
    assert found.findings == ()


def test_the_conditional_items_and_the_carriers_own_are_read() -> None:
    found = read(FULL)
    assert found.findings == ()
    assert found.issue is not None
    assert (found.issue.version, found.issue.issuer, found.issue.document_type) == ("5", "AC", "B")
    assert found.issue.issued_on == date(2021, 11, 21)
    assert found.issue.bag_tags == ("0014123456002", "0014123467001", "0014123478901")
    ticket = found.legs[0].ticket
    assert ticket is not None
    assert (ticket.airline_number, ticket.serial_number, ticket.loyalty_number) == (
        "014",
        "1234567890",
        "1234567890123",
    )
    assert (ticket.bag_allowance, ticket.fast_track, found.legs[0].airline_use) == ("4PC", "Y", "LX58Z")


def test_security_data_are_kept_as_they_stand() -> None:
    security = read(PARTIAL).security
    assert security is not None
    assert (security.kind, security.size, security.content) == ("1", 0x64, SEALED)


def test_every_leg_is_read() -> None:
    found = read(TWO_LEGS)
    assert found.findings == ()
    assert [(leg.origin, leg.destination, leg.carrier, leg.flight, leg.airline_use) for leg in found.legs] == [
        ("YUL", "FRA", "AC", "0834", "LX58Z"),
        ("FRA", "GVA", "LH", "3664", "WQ"),
    ]
    assert [leg.day for leg in found.legs] == [date(2026, 11, 22), date(2026, 11, 23)]


@pytest.mark.parametrize(
    ("number", "today", "day"),
    [
        ("001", date(2026, 12, 31), date(2027, 1, 1)),
        ("365", date(2027, 1, 1), date(2026, 12, 31)),
        ("366", date(2028, 12, 1), date(2028, 12, 31)),
        ("366", date(2029, 1, 1), date(2028, 12, 31)),
        ("060", date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_a_day_without_a_year_is_the_nearest(number: str, today: date, day: date) -> None:
    assert read(PLAIN.replace(" 326J", f" {number}J"), today).legs[0].day == day


@pytest.mark.parametrize("number", ["000", "366", "367", "999"])
def test_a_day_that_no_year_nearby_has_is_an_error(number: str) -> None:
    found = read(PLAIN.replace(" 326J", f" {number}J"), date(2026, 6, 1))
    assert found.legs[0].day is None
    assert [(finding.item, finding.position, finding.value) for finding in errors(found)] == [
        ("day_of_year", 44, number)
    ]


@pytest.mark.parametrize(
    ("text", "item", "position", "words"),
    [
        (PLAIN.replace("LUC       E", "LUC      E"), "name", 2, "a blank is missing"),
        (PLAIN.replace("LUC       E", "LUC        E"), "electronic", 22, "a blank too many"),
        (PLAIN.replace("ABC123 ", "ABC123"), "locator", 23, "a blank is missing"),
        (PLAIN.replace("ABC123 ", "ABC123  "), "from", 30, "a blank too many"),
        (PLAIN.replace("FRAAC ", "FRAAC"), "carrier", 36, "a blank is missing"),
        (PLAIN.replace("0834 ", "0834"), "flight", 39, "a blank is missing"),
        (PLAIN.replace("0025 ", "0025"), "sequence", 52, "a blank is missing"),
        (" " + PLAIN, "format_code", 0, "a blank too many"),
        (FULL.replace("1AC AC ", "1ACAC "), "marketing_carrier", 131, "a blank is missing"),
    ],
)
def test_a_shift_by_one_blank_is_told_with_its_place(text: str, item: str, position: int, words: str) -> None:
    first = read(text).findings[0]
    assert words in first.problem
    assert (first.item, first.weight) == (item, Weight.ERROR)
    assert abs(first.position - position) <= 1


@pytest.mark.parametrize(
    ("old", "new", "item"),
    [
        ("YUL", "QQQ", "from"),
        ("FRA", "XQX", "to"),
        ("FRA", "fra", "to"),
        ("AC 0834", "?C 0834", "carrier"),
        ("0834 ", "08A4 ", "flight"),
        ("001A", "1A1A", "seat"),
        ("M1", "M9", "legs"),
        ("DESMARAIS", "D3SMARAIS", "name"),
    ],
)
def test_an_impossible_value_is_told_with_its_place(old: str, new: str, item: str) -> None:
    text = PLAIN.replace(old, new)
    (finding,) = errors(read(text))
    assert finding.item == item
    assert text[finding.position :].startswith(finding.value)
    assert finding.limit


def test_city_codes_are_places_too() -> None:
    assert read(PLAIN.replace("YUL", "LON")).ok


def test_what_carriers_write_otherwise_is_noted_and_read() -> None:
    found = read("M1DOE/JOHN            EABCDEFGMRSLGWEZY8724 99  3C  506  10Axxxxxxxxxx")
    assert found.ok
    assert {finding.item for finding in found.findings} == {"day_of_year", "compartment", "seat", "sequence", "version"}
    assert (found.legs[0].seat, found.legs[0].airline_use) == ("3C", "xxxxxxxxxx")


@pytest.mark.parametrize("kept", range(59))
def test_a_pass_cut_short_is_never_ok(kept: int) -> None:
    found = parse(PLAIN[:kept], TODAY)
    assert isinstance(found, Unread) or not found.ok
    assert errors(found)


def test_closing_blanks_belong_to_the_pass() -> None:
    text = PLAIN[:-2] + "0C>30000AB    "
    assert read(text).findings == ()
    assert read(text).legs[0].airline_use == "AB    "
    short = read(text.rstrip())
    assert not short.ok
    assert "closing blanks lost" in short.findings[0].problem


def test_what_nothing_announced_is_kept_and_told() -> None:
    found = read(PLAIN + "LEFT OVER")
    assert (found.unread, found.ok) == ("LEFT OVER", False)
    assert read(PLAIN + "   ").ok


def test_security_data_cut_short_are_kept_and_told() -> None:
    found = read(FULL[:-10])
    assert found.security is not None
    assert (found.security.content, found.ok) == (SEALED[:-10], False)


letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1)
digits = st.text("0123456789", min_size=4, max_size=4)


@st.composite
def legs(draw: st.DrawFn, first: bool) -> tuple[tuple[str, ...], str]:
    """What a leg says, and its text."""
    locator = draw(st.text("ABCDEFG0123456789", min_size=5, max_size=7))
    start, end = draw(st.sampled_from(["YUL", "ZRH", "HKG"])), draw(st.sampled_from(["FRA", "GVA", "LHR"]))
    carrier = draw(st.sampled_from(["AC", "U2", "3K", "EZY"]))
    flight, sequence = draw(digits), draw(digits)
    number = draw(st.integers(1, 365))
    seat = f"{draw(st.integers(1, 99)):03}{draw(st.sampled_from('ABCDEFHJK'))}"
    own = draw(st.text("ABC 123", max_size=20))
    conditional = (">50000" if first else "00") + own if draw(st.booleans()) else ""
    text = (
        f"{locator:7}{start}{end}{carrier:3}{flight} {number:03}Y{seat}{sequence} 1{len(conditional):02X}{conditional}"
    )
    return (locator, start, end, carrier, flight, f"{number:03}", seat, sequence, own if conditional else ""), text


@st.composite
def passes(draw: st.DrawFn) -> tuple[tuple[str, str], list[tuple[str, ...]], str, str]:
    surname, given_name = draw(letters.filter(lambda s: len(s) <= 12)), draw(letters.filter(lambda s: len(s) <= 7))
    count = draw(st.integers(1, 4))
    drawn = [draw(legs(first=number == 0)) for number in range(count)]
    content = draw(st.text("ABCDEF0123456789", max_size=60))
    seal = f"^1{len(content):02X}{content}" if content else ""
    text = f"M{count}{surname + '/' + given_name:20}E" + "".join(text for _, text in drawn) + seal
    return (surname, given_name), [said for said, _ in drawn], content, text


@given(passes())
def test_what_is_written_is_read_back(made: tuple[tuple[str, str], list[tuple[str, ...]], str, str]) -> None:
    name, said, content, text = made
    found = read(text)
    assert found.findings == ()
    assert (found.surname, found.given) == name
    assert (found.security.content if found.security else "") == content
    for leg, (locator, start, end, *rest) in zip(found.legs, said, strict=True):
        assert (leg.locator, leg.origin, leg.destination) == (locator, start, end)
        assert [leg.carrier, leg.flight, leg.day_of_year, leg.seat, leg.sequence, leg.airline_use] == rest


@given(st.one_of(st.text(max_size=120), st.text("M12 >^AF0", max_size=200).map(lambda text: "M2" + text)))
def test_garbage_gives_findings_and_nothing_else(text: str) -> None:
    found = parse(text, TODAY)
    assert isinstance(found, Unread) or not found.ok
    assert all(0 <= finding.position <= len(text) and finding.problem for finding in errors(found))
    assert errors(found)
