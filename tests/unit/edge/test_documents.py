"""Whom a scanned document names: one of the missing, or nobody and why."""

from datetime import date

import pytest

from edge.documents import propose
from edge.view import Missing
from hardware.documents import scan

TODAY = date(2026, 11, 22)
JOURNEY = "AC834/20261122/YUL"
LUC = Missing("t1", "DESMARAIS LUC", "1A")
ANN = Missing("t2", "DESMARAIS ANN MARIE", "1B")
ANNA = Missing("t3", "ERIKSSON ANNA MARIA", "2C")
EVERYBODY = (LUC, ANN, ANNA)


def bcbp(name: str = "DESMARAIS/LUC", seat: str = "001A", flight: str = "AC 0834", day: str = "326") -> str:
    return f"M1{name:20}EABC123 YULFRA{flight} {day}J{seat}0025 100"


def check_digit(text: str) -> str:
    value = {character: at for at, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
    return str(sum(value[character] * (7, 3, 1)[at % 3] for at, character in enumerate(text)) % 10)


def passport(name: str = "ERIKSSON<<ANNA<MARIA", expiry: str = "301231") -> str:
    number, birth, rest = "L898902C36", "7408122", "<" * 14 + "0"
    expiry += check_digit(expiry)
    return f"P<UTO{name:<<39}\n{number}UTO{birth}F{expiry}{rest}{check_digit(number + birth + expiry + rest)}"


def found(text: str, missing: tuple[Missing, ...] = EVERYBODY, journey: str = JOURNEY) -> tuple[str | None, str]:
    proposal = propose(scan.read(text, TODAY), missing, journey, TODAY)
    return proposal.traveler, proposal.why


def test_a_pass_of_this_flight_names_its_traveller() -> None:
    assert found(bcbp()) == ("t1", "Name, flight and seat agree.")


def test_a_passport_names_its_traveller() -> None:
    assert found(passport()) == ("t3", "The name agrees.")


@pytest.mark.parametrize(
    ("known", "read"),
    [
        ("DESMARAIS LUC", "DESMARAIS/LUCMR"),
        ("DESMARAIS LUC", "DESMARAIS/LUC MR"),
        ("DESMARAIS LUC PAUL", "DESMARAIS/LUC"),
        ("DES MARAIS LUC", "DESMARAIS/LUC"),
        ("DES MARAIS LUC", "DES MARAIS/LUC"),
        ("O'BRIEN-SMITH ANNE", "OBRIENSMITH/ANNE"),
        ("MÜLLER JÖRG", "MUELLER/JOERG"),
        ("MÜLLER JÖRG", "MULLER/JORG"),
        ("PAPANDROPOULOUS JONATHON ALEXANDER", "PAPANDROPOULOUS/JONA"),
        ("WOLFESCHLEGELSTEINHAUSEN HUBERT", "WOLFESCHLEGELSTEIN/H"),
    ],
)
def test_names_are_compared_as_passes_shorten_them(known: str, read: str) -> None:
    assert found(bcbp(read), (Missing("t9", known, "1A"),))[0] == "t9"


@pytest.mark.parametrize(
    ("known", "read"),
    [
        ("DESMARAIS LUC", "DESMARAIS/LUCIE"),
        ("DESMARAIS LUCIE", "DESMARAIS/LUC"),
        ("DESMARAIS LUC", "MARAIS/LUC"),
        ("DESMARAIS LUC", "LUC/DESMARAIS"),
        ("PAPANDROPOULOUS JONATHON", "PAPANDROPOULOS/JON"),
    ],
)
def test_a_name_that_is_only_similar_is_not_the_same(known: str, read: str) -> None:
    traveler, why = found(bcbp(read), (Missing("t9", known, "1A"),))
    assert (traveler, "Nobody of this name is missing" in why) == (None, True)


@pytest.mark.parametrize(
    ("known", "read"),
    [
        ("MÜLLER JÖRG", "MUELLER<<JOERG"),
        ("SMITH-JONES SUSIE", "SMITH<JONES<<SUSIE"),
        ("D'ARTAGNAN JEAN", "DARTAGNAN<<JEAN"),
        ("ARKFREITH", "ARKFREITH"),
        ("NILAVADHANANANDA CHAYAPA DEJTHAMRONG KRASUANG", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
    ],
)
def test_names_are_compared_as_zones_write_them(known: str, read: str) -> None:
    assert found(passport(read), (Missing("t9", known, ""),))[0] == "t9"


def test_of_two_with_one_name_the_seat_decides() -> None:
    twins = (Missing("t1", "DESMARAIS LUC", "1A"), Missing("t2", "DESMARAIS LUC", "1B"))
    assert found(bcbp(seat="001B"), twins)[0] == "t2"
    traveler, why = found(bcbp(seat="009F"), twins)
    assert (traveler, "2 missing travellers have this name" in why) == (None, True)


def test_a_changed_seat_is_told() -> None:
    assert found(bcbp(seat="014F")) == ("t1", "Name and flight agree; the seat does not: 14F on the pass, 1A expected.")


@pytest.mark.parametrize("other", [bcbp(flight="AC 0835"), bcbp(day="327"), bcbp(flight="LH 0834")])
def test_a_pass_for_another_flight_proposes_nobody(other: str) -> None:
    traveler, why = found(other)
    assert traveler is None
    assert "this gate boards AC834 on 2026-11-22 from YUL" in why


def test_the_leg_of_this_flight_is_found_among_several() -> None:
    first = "ABC123 ZRHYULLX 0086 326J020F0025 100"
    text = f"M2{'DESMARAIS/LUC':20}E{first}{bcbp()[23:]}"
    assert found(text) == ("t1", "Name, flight and seat agree.")


def test_an_expired_passport_proposes_nobody() -> None:
    assert found(passport(expiry="261121")) == (None, "The document expired on 2026-11-21.")
    assert found(passport(expiry="261122"))[0] == "t3"


@pytest.mark.parametrize("text", ["", "hello", bcbp()[:-5], passport().replace("L898902C3", "L8989O2C3")])
def test_a_document_with_errors_proposes_nobody(text: str) -> None:
    traveler, why = found(text)
    assert (traveler, "not read without errors" in why) == (None, True)


def test_without_a_journey_a_pass_proposes_nobody() -> None:
    assert found(bcbp(), journey="") == (
        None,
        "No journey is assigned to this gate: nothing to compare the boarding pass with.",
    )


def test_no_sentence_has_a_name_or_a_number() -> None:
    for text in (bcbp(), bcbp(day="327"), passport(), passport(expiry="200101"), bcbp("SOMEBODY/ELSE")):
        why = found(text)[1].upper()
        assert not any(secret in why for secret in ("DESMARAIS", "ERIKSSON", "SOMEBODY", "L898902C3", "ABC123"))
