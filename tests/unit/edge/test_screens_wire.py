"""The view over the wire, and what the brain makes of an agent's commands."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limen.v1 import screens_pb2 as pb

from edge.agent_orders import judge
from edge.agents.kept import Shift
from edge.boarding_shown import Boarding, Stage
from edge.encounter.events import AgentBoards, AgentWithdraws, Prompt
from edge.screens.wire import ViewPacker, unpack
from edge.sentences import CameraSays, GateSays, LaneSays, Result, ServiceSays
from edge.view import Missing, OpenShift, View, Visit

OF_THIS_END = {"heard_s", "_revision", "_changed"}


def told(packer: ViewPacker, view: View) -> View:
    other = View()
    other.update(**unpack(pb.ToScreens.FromString(packer.pack(view)).view))
    return other


def everything() -> View:
    view = View()
    for one in fields(View):
        now = getattr(view, one.name)
        if isinstance(now, bool):
            setattr(view, one.name, not now)
        elif isinstance(now, int | float) and one.name not in OF_THIS_END:
            setattr(view, one.name, type(now)(7))
        elif type(now) is str:
            setattr(view, one.name, f"of {one.name}")
    view.prompt, view.not_guaranteed = Prompt.UNCOVER, ("this", "that")
    view.missing = (Missing("t1", "ÅNGSTRÖM ANNA", "12A"),)
    view.visits.append(Visit("10:00:00", "0a1b2c3d", Result.PASSED))
    view.visits.append(Visit("09:00:00", "1a1b2c3d", Result.NOT_PASSED))
    view.service, view.gate, view.camera = ServiceSays.GALLERY, GateSays.FAULT, CameraSays.LOST
    view.gate_checks, view.photos, view.lane = ("the leaf",), (3, 7), LaneSays.NO_CAMERA
    view.boarding = Boarding("e1", "t1", Stage.ENDED, Result.WAIT_HERE)
    view.shifts = (OpenShift("00", "a.keller"),)
    return view


def test_every_field_of_the_view_arrives() -> None:
    view = everything()
    there = told(ViewPacker(), view)
    for one in fields(View):
        if one.name not in OF_THIS_END:
            assert getattr(there, one.name) == getattr(view, one.name), one.name
            assert getattr(there, one.name) != getattr(View(), one.name), f"{one.name}: the test changes nothing"


@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=6))
def test_the_missing_are_always_those_of_the_newest_state(states: list[list[str]]) -> None:
    packer, view = ViewPacker(), View()
    for names in states:
        view.missing = tuple(Missing(name, name, "") for name in names)
        assert told(packer, view).missing == view.missing
        assert told(packer, view).missing == view.missing


SHIFT = Shift("s1", "a.keller", "", 0, 36_000_000)


def board(traveler: str = "t1") -> pb.ScreenCommand:
    return pb.ScreenCommand(board=pb.BoardByDocuments(traveler=traveler))


@pytest.mark.parametrize(
    ("command", "prompt", "words"),
    [
        (board(), Prompt.GO, "somebody is passing"),
        (board("t2"), Prompt.WELCOME, "not missing"),
        (board(""), Prompt.WELCOME, "not missing"),
    ],
)
def test_a_command_that_may_not_be_begins_nothing(command: pb.ScreenCommand, prompt: Prompt, words: str) -> None:
    view = View(prompt=prompt, missing=(Missing("t1", "A", "1A"),))
    judged = judge(command, view, SHIFT)
    assert isinstance(judged, str) and words in judged


@pytest.mark.parametrize(
    ("lane", "stands", "may"),
    [
        (LaneSays.SOMEBODY, False, True),
        (LaneSays.NOBODY, False, False),
        (LaneSays.NOBODY, True, True),
        (LaneSays.NO_CAMERA, False, False),
        (LaneSays.NO_CAMERA, True, True),
    ],
)
def test_nobody_is_boarded_with_nobody_in_the_lane(lane: LaneSays, stands: bool, may: bool) -> None:
    view = View(missing=(Missing("t1", "A", "1A"),), lane=lane)
    command = pb.ScreenCommand(board=pb.BoardByDocuments(traveler="t1", stands=stands))
    assert isinstance(judge(command, view, SHIFT), AgentBoards) is may


@pytest.mark.parametrize("stage", list(Stage))
def test_it_is_taken_back_until_the_leaf_is_open_and_by_its_own_name(stage: Stage) -> None:
    view = View(boarding=Boarding("e1", "t1", stage))
    own, other = (judge(pb.ScreenCommand(withdraw=pb.WithdrawBoarding(encounter=e)), view, SHIFT) for e in ("e1", "e2"))
    assert isinstance(own, AgentWithdraws) is (stage in (Stage.ASKED, Stage.OPENING))
    assert isinstance(other, str)


def test_each_command_that_may_be_begins_an_encounter_of_its_own() -> None:
    view = View(missing=(Missing("t1", "A", "1A"),), lane=LaneSays.SOMEBODY)
    first, second = judge(board(), view, SHIFT), judge(board(), view, SHIFT)
    assert isinstance(first, AgentBoards) and isinstance(second, AgentBoards)
    assert (first.traveler, first.agent, first.session) == ("t1", "a.keller", "s1")
    assert first != second
