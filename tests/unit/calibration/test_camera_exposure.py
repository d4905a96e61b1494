"""Limits of exposure and gain: computed for a walking face, measured on a sensor under flickering lamps."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from calibration.camera.errors import PicturesUnfit
from calibration.camera.exposure import (
    Walk,
    Wanted,
    blur_limit_us,
    find,
    flicker_free_us,
    measure,
    settled,
    sharp_from_m,
)
from edge.eye.calibrated import ExposureSection
from edge.eye.exposure import Exposure
from edge.eye.frame import Frame
from vision.optics import Lens

LENS = Lens(160, 120, (1000.0, 1000.0), (79.5, 59.5))
NEAR = Walk(LENS, 0.0, 0.35)
ROW_US, MAINS_HZ = 130.0, 50.0


@dataclass
class Sensor:
    """A rolling shutter under lamps on the mains.  depth: how far their light swings, 0..1.  Gain brings noise."""

    depth: float = 0.0
    frames_per_s: float = 29.0
    controls: bool = True
    brightness: float = 120.0
    name: str = "sensor"
    size: tuple[int, int] = (160, 120)
    remarks: tuple[str, ...] = ()
    exposure: Exposure = field(default_factory=lambda: Exposure(1000, 0))
    asked: list[Exposure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._number = 0
        self._chance = np.random.default_rng(5)

    def read(self) -> Frame:
        self._number += 1
        start_s = self._number / self.frames_per_s
        begins_s = start_s + np.arange(120) * ROW_US / 1e6
        swing, long_s = 4 * np.pi * MAINS_HZ, self.exposure.time_us / 1e6
        mean_light = 1 + self.depth * (np.cos(swing * begins_s) - np.cos(swing * (begins_s + long_s))) / (
            swing * long_s
        )
        scene = np.linspace(0.7, 1.3, 160) * self.brightness
        noise = self._chance.normal(0, 1 + self.exposure.gain / 4, (120, 160, 3))
        pixels = np.clip(np.round((mean_light[:, None] * scene)[..., None] + noise), 0, 255).astype(np.uint8)
        return Frame(self._number, round(start_s * 1e9), pixels)

    def expose(self, wanted: Exposure) -> bool:
        if self.controls:
            self.exposure = wanted
            self.asked.append(wanted)
        return self.controls

    def close(self) -> None:
        pass


def wanted(walk: Walk = NEAR, gains: tuple[float, float] | None = (0.0, 20.0)) -> Wanted:
    return Wanted(walk, MAINS_HZ, 0.5, gains)


def test_the_blur_limit_of_a_level_camera() -> None:
    # the face's edge, 0.1 m off the axis, moves f x v / z^2 = 1000 * 0.1 * 1.4 / 0.35^2 = 1142.9 px/s: 2 px in 1750 us
    assert blur_limit_us(NEAR) == 1750


def test_a_tilted_camera_sees_the_walk_sink_and_must_expose_shorter() -> None:
    # at 90 degrees, straight down, a face 1 m below crosses at f v / z = 1400 px/s
    assert blur_limit_us(Walk(LENS, 90.0, 1.0)) == 1428
    assert blur_limit_us(Walk(LENS, 10.0, 0.35)) < blur_limit_us(NEAR)


def test_farther_faces_allow_the_square_of_the_distance() -> None:
    assert blur_limit_us(Walk(LENS, 0.0, 0.7)) == pytest.approx(4 * 1750, abs=4)
    assert sharp_from_m(NEAR, 4 * 1750) == pytest.approx(0.7, abs=0.011)


@pytest.mark.parametrize(("mains_hz", "us"), [(50.0, 10_000), (60.0, 8_334)])
def test_one_swing_of_the_light_is_half_a_period_of_the_mains(mains_hz: float, us: int) -> None:
    assert flicker_free_us(mains_hz) == us


def test_the_bands_of_a_lamp_are_measured_crest_to_trough() -> None:
    series = measure(settled(Sensor(depth=0.2)))
    assert series.bands == pytest.approx(0.4, abs=0.03)  # 1 ms of a 10 ms swing hardly softens it
    assert series.frames_per_s == pytest.approx(29.0)


def test_steady_light_has_no_bands_and_its_noise_is_measured() -> None:
    series = measure(settled(Sensor()))
    assert series.bands < 0.003
    assert series.noise == pytest.approx(1 / np.sqrt(3), abs=0.2)  # the mean of three colours
    assert series.luma == pytest.approx(120 / 255, abs=0.01)


def test_under_steady_light_all_five_limits_are_found() -> None:
    sensor = Sensor()
    found = find(sensor, wanted())
    assert found.problem is None
    assert found.section == ExposureSection(most_us=1750, least_us=100, least_gain=0, most_gain=20, target_luma=0.5)
    assert sensor.asked[0] == Exposure(1750, 0.0)


def test_a_gain_that_brings_too_much_noise_is_left_out() -> None:
    found = find(Sensor(), wanted(gains=(0.0, 80.0)))
    assert found.section.most_gain == 40.0  # of 0 20 40 60 80: noise 1 + gain / 4 over the root of three


def test_flickering_lamps_leave_no_exposure_for_near_faces_and_the_way_out_is_named() -> None:
    found = find(Sensor(depth=0.2), wanted())
    assert found.problem is not None
    assert "under 10000 us they show, over 1750 us a face at 0.35 m blurs: use flicker-free lamps" in found.problem
    assert "--sharp-from-m 0.84" in found.problem  # 0.35 m x root(10000 / 1750) = 0.837 m


def test_under_flickering_lamps_far_faces_allow_one_swing_of_the_light() -> None:
    found = find(Sensor(depth=0.2), wanted(Walk(LENS, 0.0, 0.9), gains=(0.0, 1.0)))
    assert found.problem is None
    assert (found.section.least_us, found.section.most_us) == (10_000, 11_571)


def test_bands_that_stand_still_are_not_called_absent() -> None:
    found = find(Sensor(depth=0.2, frames_per_s=25.0), wanted())
    assert found.problem is not None
    assert "bands would stand still at 25.0 pictures a second and 50 Hz mains and cannot be measured" in found.problem


def test_a_camera_without_controls_gets_only_the_computed_limit_and_is_told_so() -> None:
    found = find(Sensor(controls=False), wanted())
    assert found.section == ExposureSection(most_us=1750)
    assert any(
        "has no control of exposure and gain; only the computed most_us is written" in line for line in found.words
    )


def test_without_gains_the_option_that_gives_them_is_named() -> None:
    found = find(Sensor(), wanted(gains=None))
    assert found.section == ExposureSection(most_us=1750)
    assert any("give --least-gain and --most-gain" in line for line in found.words)


def test_a_dark_picture_cannot_be_measured() -> None:
    with pytest.raises(PicturesUnfit, match=r"too dark: mean \d of 255, at least 8"):
        measure(settled(Sensor(brightness=3.0)))


def test_a_person_moving_in_half_of_the_picture_is_not_taken_for_flicker() -> None:
    sensor = Sensor()

    def walked_past() -> list[Frame]:
        frames = [sensor.read() for _ in range(40)]
        for step, frame in enumerate(frames):
            frame.pixels[:, step : step + 30] = 20
        return frames

    assert measure(iter(walked_past())).bands < 0.03
