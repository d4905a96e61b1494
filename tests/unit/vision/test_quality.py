import math

import numpy as np
import pytest

from tests import make
from vision.cues import Cue
from vision.landmarks import Pose
from vision.quality import Quality, light, measure, obstacle, policy, rank
from vision.quality.iso import Assessed, Component, FailureToAssess, assess

NAN = float("nan")
FRONTAL = Pose(0, 0, 0)


@pytest.mark.parametrize(
    ("quality", "cue"),
    [
        (Quality(60, 500, 0.5), None),
        (Quality(20, 500, 0.5), Cue.COME_CLOSER),
        (Quality(300, 500, 0.5), Cue.STEP_BACK),
        (Quality(60, 500, 0.05), Cue.MORE_LIGHT),
        (Quality(60, 500, 0.97), Cue.MORE_LIGHT),
        (Quality(60, 5, 0.5), Cue.HOLD_STILL),
        (Quality(60, 500, 0.5, Pose(40, 0, 0)), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, Pose(0, -30, 0)), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, FRONTAL, eyes_open=0.01, covered=0.1), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, FRONTAL, eyes_open=0.07, covered=0.9), Cue.UNCOVER),
        (Quality(60, 500, 0.5, FRONTAL, eyes_open=0.07, covered=0.1), None),
        (Quality(20, 5, 0.05), Cue.COME_CLOSER),
        (Quality(NAN, 500, 0.5), Cue.COME_CLOSER),
        (Quality(60, NAN, 0.5), Cue.HOLD_STILL),
        (Quality(60, 500, NAN), Cue.MORE_LIGHT),
        (Quality(60, 500, 0.5, Pose(NAN, 0, 0)), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, FRONTAL, eyes_open=NAN), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, FRONTAL, eyes_open=0.07, covered=NAN), Cue.UNCOVER),
    ],
)
def test_the_first_thing_to_change_is_asked_for(quality: Quality, cue: Cue | None) -> None:
    assert obstacle(quality, policy()) is cue


@pytest.mark.parametrize(
    ("just_good", "cue"),
    [
        (Quality(37, 500, 0.5), Cue.COME_CLOSER),
        (Quality(250, 500, 0.5), Cue.STEP_BACK),
        (Quality(60, 500, 0.115), Cue.MORE_LIGHT),
        (Quality(60, 500, 0.815), Cue.MORE_LIGHT),
        (Quality(60, 62, 0.5), Cue.HOLD_STILL),
        (Quality(60, 500, 0.5, Pose(24, 0, 0)), Cue.LOOK_HERE),
        (Quality(60, 500, 0.5, FRONTAL, 0.07, 0.58), Cue.UNCOVER),
    ],
)
def test_a_cue_that_was_given_is_not_taken_back_at_its_limit(just_good: Quality, cue: Cue) -> None:
    assert obstacle(just_good, policy()) is None
    assert obstacle(just_good, policy(), cue) is cue


def test_a_straight_sharp_face_ranks_above_a_turned_one() -> None:
    assert rank(Quality(60, 600, 0.5, Pose(2, 1, 0))) > rank(Quality(90, 600, 0.5, Pose(20, 10, 0)))
    assert rank(Quality(60, NAN, 0.5)) == 0.0


def test_blur_lowers_sharpness_and_dark_lowers_exposure() -> None:
    chip = make.chip()
    dark = (chip * 0.2).astype(np.uint8)
    assert measure(dark, 60).exposure < 0.3 * measure(chip, 60).exposure
    assert measure(np.full_like(chip, 128), 60).sharpness == 0


@pytest.mark.parametrize(
    ("component", "native", "quality"),
    [
        (Component.InterEyeDistance, 70.0, 50),
        (Component.InterEyeDistance, 110.0, 88),
        (Component.EyesOpen, 0.02, 50),
        (Component.MouthClosed, 0.0, 97),
        (Component.HeadPoseYaw, 45.0, 50),
        (Component.HeadPoseYaw, 120.0, 0),
        (Component.SingleFacePresent, 0.25, 75),
        (Component.HeadSize, 0.45, 100),
        (Component.IlluminationUniformity, 1.0, 100),
        (Component.LuminanceMean, 0.5, 100),
        (Component.DynamicRange, 8.0, 100),
        (Component.OverExposurePrevention, 0.0, 100),
        (Component.OverExposurePrevention, 0.09, 10),
        (Component.UnderExposurePrevention, 0.92, 40),
        (Component.NaturalColour, 0.0, 100),
        (Component.MarginBelowOfTheFaceImage, 1.8, 50),
        (Component.BackgroundUniformity, 10.0, 95),
    ],
)
def test_native_values_map_as_the_reference_documents(component: Component, native: float, quality: int) -> None:
    (found,) = [one for one in assess({component: native}) if one.component is component]
    assert found == Assessed(component, native, quality)


def test_every_component_is_reported_and_what_cannot_be_assessed_says_so() -> None:
    found = assess({Component.EyesOpen: 0.05, Component.HeadPoseYaw: math.inf})
    assert [one.component for one in found] == list(Component)
    assert [one.component for one in found if isinstance(one, Assessed)] == [Component.EyesOpen]
    assert FailureToAssess(Component.NoHeadCoverings) in found


def test_luminance_is_linear() -> None:
    grey = np.array([[[0, 0, 0], [188, 188, 188], [255, 255, 255]]], np.uint8)
    assert light.luminance(grey).tolist() == [[0, 128, 255]]


def test_block_borders_are_found_where_there_are_blocks() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    blocky = np.kron(smooth[::8, ::8], np.ones((8, 8), np.uint8))
    assert light.blocks(smooth) == 0
    assert light.blocks(blocky) > 1
    assert math.isnan(light.blocks(smooth[:, :9]))
