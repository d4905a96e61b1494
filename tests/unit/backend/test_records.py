"""What systems of record are told, as bytes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import nistitl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from backend.biographic import Biographic
from backend.errors import Refused
from backend.records import ebts, indicator, type10
from backend.records.facts import Facts
from backend.records.type10 import Told
from backend.records.words import plain
from backend.store.crossings import Amendment, Crossing
from backend.store.journeys import Journey
from calibration.service.border import NOW, live_image

CROSSING, AMENDMENT = "0e7a7a6e-0000-4000-8000-000000000001", "0e7a7a6e-0000-4000-8000-000000000002"
WHO = Biographic("MÜSSER", "ØYSTEIN", "M", "1990-01-31", "CHE", "P", "X1234567", "CHE", "2030-12-31")
FACTS = Facts(
    key=CROSSING,
    crossing=Crossing(
        crossing=CROSSING,
        journey="XX1/20261122/ZRH",
        traveler="t",
        person="p",
        encounter="e",
        kind="biometric",
        direction="in",
        port="ZRH",
        gate="G1",
        device="g1",
        agent=None,
        policy="2025-12-26",
        citizen=False,
        sealed=None,
        crossed_utc_ms=NOW,
        until_utc_ms=NOW + 90 * 24 * 3_600_000,
    ),
    journey=Journey("XX1/20261122/ZRH", "air", "in", "carrier", "HKG", "ZRH", None, None, "2025-12-26", NOW),
    biographic=WHO,
    amendment=None,
    replaced_by=None,
    image=live_image(),
)
AMENDED = replace(
    FACTS,
    key=AMENDMENT,
    biographic=None,
    image=None,
    amendment=Amendment(AMENDMENT, CROSSING, "voided", None, "it was another person", "RED12345", "r.keller", NOW),
)


@dataclass(frozen=True, slots=True)
class Form:
    encode: Callable[[Facts], bytes]
    decode: Callable[[bytes], Told]


BOTH = [Form(type10.encode, type10.decode), Form(ebts.encode, ebts.decode)]
FORMS = pytest.mark.parametrize("form", BOTH, ids=["traditional", "xml"])


def test_type10_has_the_fields_a_face_must_have() -> None:
    message = nistitl.Message()
    message.parse(type10.encode(FACTS))
    (face,) = message.iter(10)
    said = {
        key: str(getattr(face, key)) for key in ("IMT", "SRC", "PHD", "HLL", "VLL", "SLC", "CGA", "CSP", "SAP", "POS")
    }
    assert said == {
        "IMT": "FACE",
        "SRC": "LIMEN",
        "PHD": "20260921",
        "HLL": "80",
        "VLL": "96",
        "SLC": "0",
        "CGA": "JPEGB",
        "CSP": "YCC",
        "SAP": "0",
        "POS": "F",
    }
    assert (message[0].VER, message[0].TOT, message[0].TCN) == ("0500", "CRX", CROSSING)
    assert FACTS.image == face.DATA, "the image is last and whole"


@FORMS
def test_what_is_written_is_what_is_read(form: Form) -> None:
    told = form.decode(form.encode(FACTS))
    assert (told.key, told.name, told.image) == (CROSSING, "MUSSER,OEYSTEIN", FACTS.image)
    assert told.said["crossed"] == "2026-09-21T14:13:20.000Z"
    assert (told.said["event"], told.said["direction"], told.said["documentNumber"]) == ("crossing", "in", "X1234567")


@FORMS
def test_red1_an_amendment_names_its_crossing_its_reason_and_the_redress_number_and_nobody(
    form: Form,
) -> None:
    content = form.encode(AMENDED)
    told = form.decode(content)
    assert (told.key, told.said["crossing"], told.said["event"]) == (AMENDMENT, CROSSING, "voided")
    assert (told.said["reason"], told.said["redress"]) == ("it was another person", "RED12345")
    assert told.image is None
    assert b"MUSSER" not in content


@FORMS
@given(surname=st.text(max_size=30), given=st.text(max_size=30))
def test_no_name_breaks_a_message(form: Form, surname: str, given: str) -> None:
    told = form.decode(form.encode(replace(FACTS, biographic=replace(WHO, surname=surname, given=given))))
    assert told.image == FACTS.image
    assert told.said["documentNumber"] == "X1234567"


@FORMS
@pytest.mark.parametrize("cut", [0, 1, 40, 400, -1, -40])
def test_half_a_message_is_refused(form: Form, cut: int) -> None:
    with pytest.raises(Refused):
        form.decode(form.encode(FACTS)[:cut])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".//biom:TransactionMajorVersionValue", "04"),
        (".//biom:TransactionDate/nc:Date", "22.11.2026"),
        (".//nc:BinaryBase64Object", "not base64"),
        (".//biom:ImageCategoryCode", "SCAR"),
        (".//limen:direction", "sideways"),
        (".//biom:TransactionControlIdentification/nc:IdentificationID", ""),
    ],
)
def test_a_package_that_is_not_as_described_is_refused_with_its_line(path: str, text: str) -> None:
    root = etree.fromstring(ebts.encode(FACTS))
    found = root.find(path, ebts.SPACES)
    assert found is not None
    found.text = text
    with pytest.raises(Refused, match=r"not a package: \d+: "):
        ebts.decode(etree.tostring(root))


def test_se08_an_xml_bomb_is_refused_unexpanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 9999 + b'"><!ENTITY z "&x;&x;&x;&x;">]><a>&z;&z;</a>'
    with pytest.raises(Refused):
        ebts.decode(bomb)


@pytest.mark.parametrize("facts", [FACTS, AMENDED], ids=["crossing", "amendment"])
def test_an_indicator_says_who_when_and_where_and_holds_no_image(facts: Facts) -> None:
    content = indicator.encode(facts)
    said = json.loads(content)
    assert indicator.lacks(said) == []
    assert said["key"] == facts.key
    assert len(content) < 1500
    assert ("person" in said) == (facts.biographic is not None)


def test_an_indicator_that_says_too_little_is_told_from_noise() -> None:
    assert indicator.lacks({}) == list(indicator.ALWAYS)
    assert indicator.lacks({**json.loads(indicator.encode(FACTS)), "person": None}) == ["person"]


@pytest.mark.parametrize(
    ("name", "spelt"),
    [("Müller", "Muller"), ("Łukasz Ø", "Lukasz OE"), ("Straße", "StraSSe"), ("a\x1cb\x1d\x1e\x1f", "a b"), ("李", "")],
)
def test_names_are_spelt_in_letters_every_system_has(name: str, spelt: str) -> None:
    assert plain(name) == spelt
