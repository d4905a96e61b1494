"""Which shots are submitted, and when."""

from edge.encounter.events import Ask, CallAgent, Tick
from edge.encounter.states import Looking, WithAgent
from tests.make import play, seen
from vision.cues import Cue


def test_one_acceptable_frame_is_enough_after_a_moment() -> None:
    _, done = play((0.0, seen()), (0.1, Tick()), (0.23, Tick()))
    assert Ask("e1", 1, ("1",)) in done


def test_shots_alike_take_one_place_and_the_best_of_them_keeps_it() -> None:
    """A steady approach, every frame better than the last: the wait is counted from the first."""
    frames = [(i / 30, seen(shot=str(i), rank=0.1 + i / 100, at_s=i / 30)) for i in range(8)]
    _, done = play(*frames)
    (ask,) = [e for e in done if isinstance(e, Ask)]
    assert ask.shots == ("4", "3", "1")


def test_patience_begins_when_a_face_is_near_enough_for_a_shot() -> None:
    far = [(i / 2, seen(shot=None, cue=Cue.COME_CLOSER, at_s=i / 2)) for i in range(10)]
    near = [(5 + i / 10, seen(shot=f"n{i}", cue=Cue.MOMENT, at_s=5 + i / 10, rank=0.1 * i)) for i in range(19)]
    assert not any(isinstance(e, Ask) for e in play(*far, *near)[1])
    assert Ask("e1", 1, ("n18",)) in play(*far, *near, (7.01, Tick()))[1]


def test_evidence_that_turns_against_a_face_drops_the_shots_it_had_allowed() -> None:
    _, done = play((0.0, seen()), (0.04, seen(shot="2", cue=Cue.MOMENT, at_s=0.04)), (0.3, Tick()))
    assert not any(isinstance(e, Ask) for e in done)


def test_somebody_near_who_never_gives_a_shot_is_helped_by_an_agent() -> None:
    near = [(i / 2, seen(shot=None, cue=Cue.LOOK_HERE, at_s=i / 2)) for i in range(31)]
    state, done = play(*near, (15.2, Tick()))
    assert isinstance(state.phase, WithAgent)
    assert CallAgent("e1") in done
    far = [(i / 2, seen(shot=None, cue=Cue.COME_CLOSER, at_s=i / 2)) for i in range(61)]
    assert isinstance(play(*far, (30.2, Tick()))[0].phase, Looking), "who stands far away needs no agent"


def test_a_turned_head_is_another_shot_at_once() -> None:
    turns = [(i / 100, seen(shot=str(i), at_s=i / 100, yaw_deg=5.0 * i)) for i in range(3)]
    assert Ask("e1", 1, ("0", "1", "2")) in play(*turns)[1]
