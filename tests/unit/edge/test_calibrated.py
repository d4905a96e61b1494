"""A camera's calibration is believed only whole, unaltered, of this camera, of this shape and in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration import whole
from calibration.camera import keep
from edge.errors import CalibrationUnfit
from edge.eye.calibrated import Calibration, ExposureSection, MountingSection, load, read
from vision.optics import Mounting, Volume

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CONTENT: dict[str, object] = {
    "camera": "gate-1",
    "width": 1920,
    "height": 1080,
    "by": 'Ann "O\'Hara" Ö',
    "when_utc": NOW,
    "expires_utc": NOW + timedelta(days=365),
    "pictures": ["ab" * 32, "cd" * 32],
    "lens": {
        "fx": 1371.25,
        "fy": 1370.0,
        "cx": 961.5,
        "cy": 540.5,
        "distortion": [-0.2, 0.05, 1e-4, 0.0, 0.01],
        "rms_px": 0.3,
    },
}


def written(tmp_path: Path, **changes: object) -> Path:
    file = tmp_path / "gate-1.toml"
    whole.write(keep.make({**CONTENT, **changes}), file)
    return file


def edited(file: Path, old: str, new: str) -> Path:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


def refusal(file: Path, camera: str = "gate-1", now_utc: datetime = NOW) -> str:
    with pytest.raises(CalibrationUnfit) as caught:
        read(file, camera, now_utc)
    assert str(file) in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    assert read(written(tmp_path), "gate-1", NOW) == keep.make(CONTENT)


def test_the_lens_is_the_calibrated_one(tmp_path: Path) -> None:
    lens = load(written(tmp_path)).lens(1920, 1080)
    assert (lens.focal_px, lens.centre_px, lens.calibrated) == ((1371.25, 1370.0), (961.5, 540.5), True)
    assert lens.distortion == (-0.2, 0.05, 1e-4, 0.0, 0.01)


def test_the_same_shape_at_half_the_size_has_half_the_focal_length(tmp_path: Path) -> None:
    lens = load(written(tmp_path)).lens(960, 540)
    assert lens.focal_px == (685.625, 685.0)
    assert lens.centre_px == (480.5, 270.0)  # 961.5 is 962 from the left edge, half of it 481, the pixel's middle 480.5


def test_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CalibrationUnfit, match="made with 1920 x 1080 pictures, another shape than this camera's 640 x 480"
    ):
        load(written(tmp_path)).lens(640, 480)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("width = 1920", "width = = 1920", "is not TOML"),
        ('camera = "gate-1"', 'camera = "gate-1"\ncolour = 1', "colour: unknown key"),
        ("[lens]", "[lens]\nzoom = 2.0", "lens.zoom: unknown key"),
        ("width = 1920\n", "", "width: missing"),
        ("fx = 1371.25", "fx = -1.0", "lens.fx: Input should be greater than 0"),
        ("fx = 1371.25", "fx = nan", "lens.fx: "),
        ("fx = 1371.25", "fx = 1371.26", "edited by hand"),
        ("2027-11-22T", "2028-11-22T", "edited by hand"),
        ('camera = "gate-1"', 'camera = "gate-2"', "edited by hand"),
    ],
)
def test_a_changed_file_is_refused_with_the_reason(tmp_path: Path, old: str, new: str, words: str) -> None:
    said = refusal(edited(written(tmp_path), old, new))
    assert words in said
    assert "calibrate again with limen-calibrate camera" in said


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "gate-1.toml"
    file.write_bytes(b"\xff\xfe")
    assert "is not TOML" in refusal(file)


def test_layout_and_comments_may_change(tmp_path: Path) -> None:
    file = edited(written(tmp_path), "fx = 1371.25", "fx    =   1371.250  # as measured")
    assert load(file).lens(1920, 1080).focal_px[0] == 1371.25


def test_another_cameras_file_is_refused(tmp_path: Path) -> None:
    assert "is of the camera 'gate-1', not of 'gate-2'" in refusal(written(tmp_path), camera="gate-2")


def test_it_holds_until_its_last_second_and_is_refused_after(tmp_path: Path) -> None:
    file, end = written(tmp_path), NOW + timedelta(days=365)
    assert read(file, "gate-1", end - timedelta(seconds=1)).camera == "gate-1"
    assert "expired on 2027-11-22" in refusal(file, now_utc=end)


def test_a_section_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    file = written(tmp_path)
    whole.write(keep.with_section(load(file), "mounting", MountingSection(height_m=1.5, tilt_deg=8)), file)
    limits = ExposureSection(most_us=1200, least_us=100, least_gain=0, most_gain=40.5, target_luma=0.5)
    whole.write(keep.with_section(load(file), "exposure", limits), file)
    found = read(file, "gate-1", NOW)
    assert (found.mounting, found.exposure, found.volume) == (Mounting(1.5, 8.0), limits, Volume())
    assert found.lens_section == keep.make(CONTENT).lens_section


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"exposure": {"most_us": 100, "least_us": 200}}, "least_us 200 is above most_us 100"),
        ({"exposure": {"most_us": 100, "least_gain": 3, "most_gain": 2}}, "least_gain 3.0 is above most_gain 2.0"),
        (
            {"volume": {"nearest_m": 2, "farthest_m": 1, "half_width_m": 1, "lowest_m": 1, "highest_m": 2}},
            "nearest_m 2.0 must be below farthest_m 1.0",
        ),
        (
            {"volume": {"nearest_m": 1, "farthest_m": 2, "half_width_m": 1, "lowest_m": 2, "highest_m": 1}},
            "lowest_m 2.0 must be below highest_m 1.0",
        ),
    ],
)
def test_limits_the_wrong_way_round_are_refused(section: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        keep.make({**CONTENT, **section})


def test_a_time_without_its_zone_is_refused(tmp_path: Path) -> None:
    assert "when_utc" in refusal(
        edited(written(tmp_path), "when_utc = 2026-11-22T10:00:00+00:00", "when_utc = 2026-11-22")
    )


def test_every_content_has_its_own_hash() -> None:
    made: list[Calibration] = [
        keep.make(CONTENT),
        keep.make({**CONTENT, "by": "B"}),
        keep.make({**CONTENT, "width": 1921}),
    ]
    assert len({found.sha256 for found in made}) == 3
