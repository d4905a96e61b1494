"""A ground for acting against somebody says more than that a face was found alike (HUM-1, BI-07)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import Refused
from backend.grounds import EMPTY, not_biometric


@pytest.mark.parametrize(
    "ground",
    [
        "warrant 11-204",
        " open warrant, court of Zurich ",
        "passport is forged: the chip's signature does not verify",
        "face match, and a warrant besides",
        "Haftbefehl 11/204",
        "ордер суда",
        "carries cash he did not declare",
    ],
)
def test_a_ground_that_is_no_face_is_kept_as_it_was_said(ground: str) -> None:
    assert not_biometric(ground) == ground.strip()


@pytest.mark.parametrize(
    "ground",
    [
        "",
        "   \n",
        "face match",
        "FACIAL RECOGNITION HIT",
        "match, score 0.98",
        "the system identified him",
        "it looks like the same person in the photo",
        "biometric match of the gate's camera with very high confidence",
        "he is on the hotlist",
        "n/a",
        "-",
        "0.9983",
        "xx yy",
        "no reason given",
        "iris and fingerprint matched too",
    ],
)
def test_hum1_a_face_in_whatever_words_is_no_ground(ground: str) -> None:
    with pytest.raises(Refused, match="not the face"):
        not_biometric(ground)


@given(st.lists(st.sampled_from(sorted(EMPTY)), max_size=12), st.integers(0, 99))
def test_hum1_no_sentence_of_such_words_and_a_score_is_a_ground(words: list[str], score: int) -> None:
    for said in (" ".join(words), f"{', '.join(words).title()}: 0.{score}"):
        with pytest.raises(Refused):
            not_biometric(said)
