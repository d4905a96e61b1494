import pytest

from hardware.gate.passage import Passage

# Each letter is what the beams say: . clear, e entry broken, x exit broken, b both.
TRACES = [
    ("walks through", ".eebbxx.", 1),
    ("walks through, short stride", ".ebx.", 1),
    ("a jump from one beam to the other", ".ex.", 1),
    ("turns back at the entry", ".eee.", 0),
    ("turns back at the exit", ".ebbe.", 0),
    ("comes the other way", ".xbe.", 0),
    ("reaches in from the exit", ".xx.", 0),
    ("stands in it", ".ebbbbb", 0),
    ("two, one after the other", ".ebx.ebx.", 2),
    ("luggage breaks the exit again", ".ebxbx.", 1),
]
BEAMS = {".": (False, False), "e": (True, False), "x": (False, True), "b": (True, True)}


@pytest.mark.parametrize(("what", "trace", "forward"), TRACES, ids=[t[0] for t in TRACES])
def test_g9_only_whole_forward_passages_count(what: str, trace: str, forward: int) -> None:
    passage = Passage()
    for letter in trace:
        passage.sense(*BEAMS[letter])
    assert passage.forward == forward, what
