"""One travel document has one name, whoever writes it and however."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from backend import documents, photos
from backend.biographic import Biographic, person
from backend.cli import app
from backend.errors import Refused
from backend.keys import PERSONS, KeyRing
from backend.manifests.places import OF_DOCUMENTS
from hardware.documents.places import ICAO_ONLY

WRITTEN = [
    ("P", "DEU", "C01X00T47"),
    ("P<", "D<<", "C01X00T47<"),
    ("PP", "D", "c01x00t47"),
    ("PS", "de", "C01-X00 T47"),
    ("p", "DE", " C01X00T47 "),
]


def paper(document_type: str, issuer: str, number: str) -> Biographic:
    return Biographic("X", "Y", document_type=document_type, document_issuer=issuer, document_number=number)


@pytest.mark.parametrize("written", WRITTEN)
def test_air22_a_traveller_is_found_on_the_hotlist_however_the_document_is_written(
    written: tuple[str, str, str], tmp_path: Path
) -> None:
    persons = KeyRing(tmp_path).box(PERSONS)
    assert paper(*written).document == "P:DEU:C01X00T47"
    assert person(persons, paper(*written)) == person(persons, paper(*WRITTEN[0]))
    assert photos.key(*written) == photos.key(*WRITTEN[0])


def test_what_differs_stays_apart() -> None:
    others = [("I", "DEU", "C01X00T47"), ("P", "AUT", "C01X00T47"), ("P", "DEU", "C01X00T48"), ("P", "UTO", "1")]
    assert len({documents.name(*one) for one in (*others, WRITTEN[0])}) == 5


@pytest.mark.parametrize(
    ("code", "issuer"), [("UTO", "UTO"), ("XXA", "XXA"), ("GBN", "GBN"), ("EUE", "EUE"), ("XK", "RKS"), ("ch", "CHE")]
)
def test_an_issuer_has_three_letters_and_icaos_own_stay(code: str, issuer: str) -> None:
    assert documents.issuer_of(code) == issuer


@given(st.text(max_size=8), st.text(max_size=5), st.text(max_size=12))
def test_a_name_is_its_own_name(document_type: str, issuer: str, number: str) -> None:
    first = documents.name(document_type, issuer, number)
    assert documents.name(*first.split(":")) == first


@pytest.mark.parametrize(("wrong", "named"), [(("P", "QQ", "1"), "issuer"), (("P", "D", "--"), "number")])
def test_what_no_document_can_be_is_refused(wrong: tuple[str, str, str], named: str) -> None:
    with pytest.raises(Refused, match=named):
        documents.check(*wrong)


def test_a_document_without_a_number_stands_for_nobody_by_itself(tmp_path: Path) -> None:
    persons = KeyRing(tmp_path).box(PERSONS)
    ours, theirs = paper("P", "D", "<<<"), Biographic("Z", "Q", document_type="P", document_issuer="D")
    assert person(persons, ours) != person(persons, theirs)


def test_the_command_names_the_folder_the_service_looks_in() -> None:
    told = CliRunner().invoke(app, ["photo-key", "PP", "D", "c01 x00 t47"])
    assert told.output.strip() == photos.key("P", "DEU", "C01X00T47")


def test_manifests_and_scanned_documents_know_the_same_issuers_besides_states() -> None:
    assert frozenset(ICAO_ONLY) == OF_DOCUMENTS
