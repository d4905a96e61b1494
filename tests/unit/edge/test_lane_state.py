"""What page and lamp say of a lane, by what works in it."""

import pytest

from edge import sentences
from edge.encounter.events import Prompt
from edge.lane_state import camera_says, gate_says, lamp, shown
from edge.sentences import CameraSays, GateSays, ServiceSays
from edge.view import Missing, View
from hardware.lights import Lamp


@pytest.mark.parametrize("prompt", list(Prompt))
def test_without_a_face_check_nobody_is_invited_to_one(prompt: Prompt) -> None:
    word = shown(prompt, face_check=False)
    assert word in (Prompt.GO, Prompt.SEE_AGENT, Prompt.CHECKING, Prompt.DOCUMENTS)
    assert lamp(word) is not Lamp.READY
    assert shown(prompt, face_check=True) is prompt
    assert (lamp(word) is Lamp.GO) == (prompt is Prompt.GO)


def test_the_idle_lane_shows_documents_and_calls_the_agent() -> None:
    word = shown(Prompt.WELCOME, face_check=False)
    assert (word, lamp(word)) == (Prompt.DOCUMENTS, Lamp.SEE_AGENT)


def test_every_word_has_a_sentence_without_a_status_name() -> None:
    assert set(sentences.SERVICE) == set(ServiceSays)
    assert set(sentences.GATE) == set(GateSays)
    assert set(sentences.CAMERA) == set(CameraSays)
    for sentence in (*sentences.SERVICE.values(), *sentences.GATE.values(), *sentences.CAMERA.values()):
        assert "_" not in sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("problem", "heard", "says"),
    [
        ("starting", False, CameraSays.STARTING),
        ("", True, CameraSays.OK),
        ("", False, CameraSays.LOST),
        ("eye stopped (-9): Traceback", True, CameraSays.LOST),
    ],
)
def test_a_camera_is_well_only_while_it_is_heard(problem: str, heard: bool, says: CameraSays) -> None:
    assert camera_says(problem, heard=heard) is says


def test_a_gate_that_is_away_says_so_without_the_words_of_its_port() -> None:
    assert gate_says(None, "not connected") is GateSays.CONNECTING
    assert gate_says(None, "/dev/ttyS9: [Errno 5]") is GateSays.NO_ANSWER
    assert gate_says(None, "") is GateSays.CONNECTING


def test_aboard_and_missing_are_always_the_whole() -> None:
    view = View(expected=5, missing=tuple(Missing(str(i), "", "") for i in range(4)))
    assert (view.aboard, view.for_agent()["expected"]) == (1, 5)
    view.update(missing=view.missing[1:])
    assert (view.aboard, view.for_agent()["expected"]) == (2, 5)
