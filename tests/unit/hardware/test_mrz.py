"""Machine readable zones: ICAO's own specimens, zones built and read back, and every single misread character."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.documents.digits import check_digit, explanations
from hardware.documents.finding import Finding, Unread, Weight
from hardware.documents.mrz import Mrz, parse
from hardware.documents.zones import MRV_A, MRV_B, TD1, TD2, TD3, Zone

TODAY = date(2026, 11, 20)
SPECIMENS = {
    "TD1": "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    "TD2": "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
    "TD3": "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "MRV-A": "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<",
    "MRV-B": "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<",
}
LONG = {
    "TD1": "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<",
    "TD2": "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8",
}
PASSPORT = SPECIMENS["TD3"]


def read(text: str, today: date = TODAY) -> Mrz:
    found = parse(text, today)
    assert isinstance(found, Mrz)
    return found


def errors(found: Mrz | Unread) -> list[Finding]:
    return [finding for finding in found.findings if finding.weight is Weight.ERROR]


@pytest.mark.parametrize("zone", SPECIMENS)
def test_the_published_specimens_are_sound(zone: str) -> None:
    found = read(SPECIMENS[zone])
    assert (found.zone, found.findings, found.issuer) == (zone, (), "UTO")
    assert (found.surname, found.given, found.sex) == ("ERIKSSON", "ANNA MARIA", "F")
    assert all(check.ok for check in found.checks)


def test_the_fields_of_the_passport_specimen() -> None:
    found = read(PASSPORT)
    assert (found.number, found.nationality, found.optional) == ("L898902C3", "UTO", "ZE184226B")
    assert (found.birth, found.expiry, found.document_code) == ("1974-08-12", "2012-04-15", "P")
    assert {check.item for check in found.checks} == {"number", "birth", "expiry", "optional", "composite"}
    assert found.expired(TODAY)
    assert not found.expired(date(2012, 4, 15))


@pytest.mark.parametrize("zone", LONG)
def test_a_long_number_goes_on_in_the_optional_data(zone: str) -> None:
    found = read(LONG[zone])
    assert (found.zone, found.findings) == (zone, ())
    assert (found.number, found.optional) == ("D23145890734", "")


def test_a_wrong_digit_in_the_overflow_is_found() -> None:
    found = read(LONG["TD1"].replace("<7349", "<7359"))
    assert (found.number, found.ok) == ("D23145890735", False)
    assert errors(found)[0].item == "number"


def test_the_optional_check_digit_of_a_passport_may_be_a_filler() -> None:
    line = "L898902C36UTO7408122F1204159" + "<" * 14
    covered = line[0:10] + line[13:20] + line[21:42]
    for digit in ("<", "0"):
        last = check_digit(covered + digit)
        assert last is not None
        assert read(f"{PASSPORT[:45]}{line}{digit}{last}").findings == ()


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("74<<<<", "1974-XX-XX"),
        ("7408<<", "1974-08-XX"),
        ("<<<<<<", "XXXX-XX-XX"),
        ("261120", "2026-11-20"),
        ("270101", "1927-01-01"),
    ],
)
def test_a_birth_date_may_be_partly_unknown_and_is_never_in_the_future(birth: str, expected: str) -> None:
    found = read(built(TD3, birth=birth))
    assert (found.birth, found.ok) == (expected, True)


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [("120415", "2012-04-15"), ("751231", "2075-12-31"), ("760101", "1976-01-01"), ("361120", "2036-11-20")],
)
def test_the_century_of_an_expiry_is_the_nearer(expiry: str, expected: str) -> None:
    assert read(built(TD3, expiry=expiry)).expiry == expected


@pytest.mark.parametrize(
    ("item", "text"), [("birth", "741301"), ("birth", "740230"), ("birth", "7<0812"), ("expiry", "12<<<<")]
)
def test_a_date_that_is_none_is_an_error(item: str, text: str) -> None:
    found = read(built(TD3, **{item: text}))
    assert [finding.item for finding in errors(found)] == [item]
    assert "" in (found.birth, found.expiry)


def test_a_misread_character_is_explained_and_not_repaired() -> None:
    found = read(PASSPORT.replace("L898902C3", "L8989O2C3"))
    assert (found.number, found.ok) == ("L8989O2C3", False)
    explained = [finding for finding in found.findings if finding.weight is Weight.NOTE]
    assert [(finding.position, finding.line, finding.problem) for finding in explained] == [
        (49, 2, "line 2 position 5 is O; 0 would satisfy the check digit")
    ]


def test_a_date_with_a_wrong_check_digit_stays_text() -> None:
    found = read(PASSPORT.replace("740812", "740813"))
    assert (found.birth, found.birth_text, found.ok) == ("", "740813", False)


@pytest.mark.parametrize(
    "code", ["D<<", "UTO", "XXA", "XXB", "XXC", "XXX", "XOM", "UNO", "UNA", "UNK", "EUE", "GBD", "RKS", "CHE"]
)
def test_codes_of_icao_and_of_iso_are_known(code: str) -> None:
    assert read(built(TD3, nationality=code)).ok


def test_an_unknown_state_is_an_error_and_the_look_alike_is_named() -> None:
    found = read(PASSPORT.replace("36UTO74", "36UT074"))
    assert [(finding.item, finding.value) for finding in errors(found)] == [("nationality", "U")]
    assert any("0 here; O would make a code" in finding.problem for finding in found.findings)


def test_lines_unparted_lower_case_blanks_and_carriage_returns_are_read_and_told() -> None:
    for text, words in [
        (PASSPORT.replace("\n", ""), "not parted"),
        (PASSPORT.replace("\n", "\r\n") + "\r\n", ""),
        (PASSPORT.replace("\n", "\r"), "CR alone"),
        (PASSPORT.replace("ANNA", "anna"), "lower case"),
        (PASSPORT.replace("<<ANNA", " <<ANNA"), "blank"),
        (PASSPORT[:20] + "\n" + PASSPORT[20:], "3 lines"),
    ]:
        found = read(text)
        assert (found.ok, found.surname, found.given) == (True, "ERIKSSON", "ANNA MARIA")
        assert (not words and not found.findings) or any(words in finding.problem for finding in found.findings)


@pytest.mark.parametrize(("lost", "line"), [(3, 1), (60, 2)])
def test_a_lost_character_is_told_with_its_line(lost: int, line: int) -> None:
    found = parse(PASSPORT[:lost] + PASSPORT[lost + 1 :], TODAY)
    assert isinstance(found, Unread)
    assert [(finding.line, finding.value, finding.limit) for finding in found.findings] == [(line, "43", "44")]


def test_a_name_that_fills_its_field_may_go_on() -> None:
    assert not read(PASSPORT).name_cut
    assert read(built(TD2, name="PAPANDROPOULOUS<<JONATHON<ALEXA")).name_cut


def built(zone: Zone, **given_fields: str) -> str:
    """A zone with these fields and the check digits that belong to it."""
    said = {
        "document_code": "V<" if zone in (MRV_A, MRV_B) else "P<" if zone is TD3 else "I<",
        "issuer": "UTO",
        "name": "ERIKSSON<<ANNA<MARIA",
        "number": "L898902C3",
        "nationality": "UTO",
        "birth": "740812",
        "sex": "F",
        "expiry": "301115",
    } | given_fields
    text = ["<"] * (zone.lines * zone.width)
    for item, (start, end) in zone.fields.items():
        text[start:end] = said.get(item, "").ljust(end - start, "<")
    for item, at in zone.checks.items():
        spans = zone.composite if item == "composite" else (zone.fields[item],)
        digit = check_digit("".join("".join(text[start:end]) for start, end in spans))
        assert digit is not None
        text[at] = digit
    lines = ["".join(text[at : at + zone.width]) for at in range(0, len(text), zone.width)]
    return "\n".join(lines)


zones = st.sampled_from([TD1, TD2, TD3, MRV_A, MRV_B])
ninefold = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9)
names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=9)
births = st.dates(date(1930, 1, 1), TODAY)
expiries = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@given(zones, ninefold, st.tuples(names, names, names), births, expiries)
def test_what_is_written_is_read_back(
    zone: Zone, number: str, name: tuple[str, str, str], birth: date, expiry: date
) -> None:
    text = built(
        zone, number=number, name="{}<<{}<{}".format(*name), birth=f"{birth:%y%m%d}", expiry=f"{expiry:%y%m%d}"
    )
    found = read(text)
    assert (found.zone, found.ok, found.number) == (zone.name, True, number)
    assert (found.birth, found.expiry) == (birth.isoformat(), expiry.isoformat())
    assert (found.surname, found.given) == (name[0], f"{name[1]} {name[2]}")


@given(zones, ninefold, st.data())
def test_every_changed_character_in_a_checked_field_is_found(zone: Zone, number: str, data: st.DataObject) -> None:
    text = built(zone, number=number).replace("\n", "")
    item = data.draw(st.sampled_from(["number", "birth", "expiry"]))
    start, end = zone.fields[item]
    at = data.draw(st.integers(start, end - 1))
    other = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<").filter(lambda c: c != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    neutral = check_digit(changed[start:end]) == check_digit(text[start:end])
    found = read(changed)
    (check,) = [check for check in found.checks if check.item == item]
    assert check.ok == neutral
    assert found.ok <= neutral


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<", min_size=1, max_size=15), st.sampled_from("0123456789"))
def test_every_explanation_satisfies_the_check_digit(text: str, digit: str) -> None:
    for at, other in explanations(text, digit):
        whole = text + digit
        changed = whole[:at] + other + whole[at + 1 :]
        assert check_digit(changed[:-1]) == changed[-1]


@given(st.one_of(st.text(max_size=100), st.text("ABC012<\n ", min_size=72, max_size=95)))
def test_garbage_gives_findings_and_nothing_else(text: str) -> None:
    found = parse(text, TODAY)
    assert isinstance(found, Unread) or not found.ok
    assert errors(found)
