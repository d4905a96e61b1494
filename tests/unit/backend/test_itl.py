import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nistitl import Message

from backend.sources import itl
from backend.sources.photo import MOST_PHOTOS, Photo

JPEG = Photo(b"\xff\xd8\xff\x1c\x1d\x1e\x1f999:\xff\xd9", "jpeg", "2024-05-06", 40)
DAY, SIZE = "20261122", (480, 640)
words = st.text(st.characters(min_codepoint=48, max_codepoint=90), min_size=1, max_size=20)


@given(words, words, words)
def test_a_question_says_the_document_and_nothing_else(kind: str, issuer: str, number: str) -> None:
    asked = itl.question(kind, issuer, number, DAY, "7")
    assert itl.asked(asked) == (kind, issuer, number)
    message = Message()
    message.parse(asked)
    assert [record.type for record in message] == [1, 2]


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=5))
def test_photos_come_back_byte_for_byte_with_what_is_said_of_them(images: list[bytes]) -> None:
    photos = [Photo(image, "png", "2020-02-03", 30) for image in images]
    assert itl.faces(itl.answer([(photo, SIZE) for photo in photos], DAY, "1")) == photos


def test_separators_within_an_image_do_not_end_its_record() -> None:
    assert itl.faces(itl.answer([(JPEG, SIZE), (JPEG, SIZE)], DAY, "1")) == [JPEG, JPEG]


@pytest.mark.parametrize(
    ("field", "value"),
    [(3, "IRIS"), (11, "JP2"), (13, ""), (13, "many"), (20, "")],
    ids=["no face", "format not taken", "no profile", "profile is no number", "posed without pose"],
)
def test_a_record_that_is_no_usable_face_costs_its_photo_only(field: int, value: str) -> None:
    message = Message()
    message.parse(itl.answer([(JPEG, SIZE), (JPEG, SIZE)], DAY, "1"))
    message[1][field].value = value
    assert itl.faces(message.NIST) == [JPEG]


@given(st.binary(max_size=300))
def test_bytes_that_are_no_file_are_refused(content: bytes) -> None:
    with pytest.raises(itl.NotItl):
        itl.faces(content)


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_answer_is_refused_or_gives_photos_and_never_anything_else(data: st.DataObject) -> None:
    content = bytearray(itl.answer([(JPEG, SIZE)], DAY, "1"))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(itl.NotItl):
        assert len(itl.faces(bytes(content[: data.draw(st.integers(0, len(content)))]))) <= 1


def test_a_file_of_endless_records_is_refused_before_it_is_read_through() -> None:
    many = [(Photo(b"x", "png"), SIZE)] * (MOST_PHOTOS + 1)
    with pytest.raises(itl.NotItl):
        itl.faces(itl.answer(many, DAY, "1"))


def test_a_question_is_not_an_answer() -> None:
    with pytest.raises(itl.NotItl, match="type of transaction"):
        itl.faces(itl.question("P", "UTO", "A1", DAY, "1"))


def test_a_document_with_characters_the_encoding_lacks_is_refused() -> None:
    with pytest.raises(itl.NotItl):
        itl.question("P", "UTO", "Ω1", DAY, "1")
