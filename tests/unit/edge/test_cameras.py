"""Cameras without a camera: judgement in simulated time, addresses, the mailbox, the counts."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from limen.v1 import eye_pb2
from structlog.testing import capture_logs

from edge.camera_news import CameraNews
from edge.errors import CameraLost
from edge.eye.cameras import open_camera, spoken
from edge.eye.cameras.inspection import Inspection, glance
from edge.eye.cameras.rtsp import check
from edge.eye.cameras.tap import Lag
from edge.eye.exposure import Exposure
from edge.eye.frame import Cause, Frame, Latest, Wish
from edge.eye.pulse import Pulse
from vision.faces import Pixels

S = 1_000_000_000
SIZE = (192, 108)


def picture(seed: int | None = None, size: tuple[int, int] = SIZE) -> Pixels:
    """Grey with a sensor's noise, without a seed never the same twice in turn."""
    if seed is None and size == SIZE:
        return next(PICTURES).copy()
    return np.clip(np.random.default_rng(seed).normal(110, 4, (size[1], size[0], 3)), 0, 255).astype(np.uint8)


PICTURES = itertools.cycle([picture(seed) for seed in range(100, 116)])


def half(pixels: Pixels) -> Pixels:
    pixels[len(pixels) // 2 :] = 128
    return pixels


def watch(frames: Iterator[Pixels], per_s: float, *, age_ns: int = 0, sound_s: float = 3.0) -> tuple[float, str]:
    """Sound frames for a while, then `frames`; how long after the last sound one the camera is lost, and why."""
    inspection, period_ns = Inspection(SIZE, 0), round(S / per_s)
    now_ns, sound_ns = 0, 0
    while True:
        now_ns += period_ns
        if now_ns <= sound_s * S:
            assert inspection.judge(glance(picture()), now_ns, now_ns) is None
            sound_ns = now_ns
        else:
            inspection.judge(glance(next(frames)), now_ns - age_ns, now_ns)
        if (problem := inspection.problem(now_ns)) is not None:
            return (now_ns - sound_ns) / S, problem


def forever(pixels: Pixels) -> Iterator[Pixels]:
    while True:
        yield pixels


@pytest.mark.parametrize("per_s", [5.0, 30.0, 120.0])
@pytest.mark.parametrize(
    ("frames", "word"),
    [
        (lambda: forever(picture()), "does not change"),
        (lambda: (np.zeros_like(picture()) for _ in iter(int, 1)), "black"),
        (lambda: forever(np.full_like(picture(), 200)), "of one colour"),
        (lambda: (half(picture()) for _ in iter(int, 1)), "missing"),
        (lambda: (picture(size=(96, 54)) for _ in iter(int, 1)), "another size"),
    ],
    ids=["frozen", "black", "blank", "half", "wrong size"],
)
def test_er04_a_camera_gone_wrong_is_noticed_within_two_seconds(
    frames: Callable[[], Iterator[Pixels]], word: str, per_s: float
) -> None:
    after_s, problem = watch(frames(), per_s)
    assert 1.0 < after_s <= 2.0
    assert word in problem


def test_er04_a_camera_whose_frames_are_all_late_is_lost() -> None:
    after_s, problem = watch((picture() for _ in iter(int, 1)), 30.0, age_ns=600_000_000)
    assert after_s <= 2.0
    assert "late" in problem


@pytest.mark.parametrize(
    ("pixels", "age_ns", "cause"),
    [
        (picture(1), 0, None),
        (picture(1), 500_000_000, None),
        (picture(1), 500_000_001, Cause.LATE),
        (picture(1), -1, Cause.LATE),
        (picture(2), 0, Cause.FROZEN),
        (picture(1, (192, 100)), 0, Cause.WRONG_SIZE),
        (picture(1) // 40, 0, Cause.BLACK),
        (np.full_like(picture(), 255), 0, Cause.BLACK),
        (half(picture(1)), 0, Cause.INCOMPLETE),
    ],
)
def test_every_frame_that_is_not_looked_at_has_a_cause(pixels: Pixels, age_ns: int, cause: Cause | None) -> None:
    inspection = Inspection(SIZE, 0)
    inspection.judge(glance(picture(2)), S, S)
    assert inspection.judge(glance(pixels), 2 * S - age_ns, 2 * S) == cause


@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (48, 30)])
def test_one_grey_level_of_noise_is_no_frozen_picture(size: tuple[int, int]) -> None:
    still = picture(3, size)
    noisy = np.clip(still + np.random.default_rng(4).integers(-1, 2, still.shape), 0, 255).astype(np.uint8)
    assert glance(still).checksum == glance(still.copy()).checksum
    assert glance(still).checksum != glance(noisy).checksum


def test_one_bad_frame_in_three_does_not_lose_the_camera() -> None:
    inspection = Inspection(SIZE, 0)
    for number in range(300):
        now_ns = number * S // 30
        inspection.judge(glance(half(picture()) if number % 3 else picture()), now_ns, now_ns)
        assert inspection.problem(now_ns) is None


def test_the_mailbox_holds_only_the_newest() -> None:
    latest, pixels = Latest(), np.zeros((2, 2, 3), np.uint8)
    for number in range(5):
        latest.put(Frame(number, number, pixels))
    latest.drop(Cause.BLACK, 3)
    taken = latest.take(0.1)
    assert taken is not None
    assert taken.number == 4
    assert latest.counts() == (5, {Cause.SUPERSEDED: 4, Cause.BLACK: 3})
    assert latest.take(0.01) is None


def test_a_wish_is_taken_once_and_only_the_last() -> None:
    wish = Wish()
    wish.leave(Exposure(100, 1))
    wish.leave(Exposure(200, 2))
    assert wish.take() == Exposure(200, 2)
    assert wish.take() is None


def test_the_counts_of_a_second_are_told_once() -> None:
    latest = Latest()
    pulse = Pulse(latest, 0)
    for number in range(30):
        latest.put(Frame(number, number, np.zeros((2, 2, 3), np.uint8)))
    latest.drop(Cause.FROZEN, 7)
    pulse.looked = 1
    assert pulse.beat(S - 1) is None
    health = pulse.beat(S)
    assert health is not None
    assert (health.filmed_per_s, health.looked_per_s) == (30, 1)
    counts = {eye_pb2.DropCause.Name(d.cause): d.frames for d in health.dropped}
    assert counts == {"DROP_CAUSE_FROZEN": 7, "DROP_CAUSE_SUPERSEDED": 29}
    after = pulse.beat(2 * S)
    assert after is not None
    assert not after.dropped


def test_every_cause_has_its_number_in_the_protocol() -> None:
    assert {f"DROP_CAUSE_{cause.name}" for cause in Cause} | {"DROP_CAUSE_UNSPECIFIED"} == set(eye_pb2.DropCause.keys())


def health(frozen: int = 0, superseded: int = 0) -> eye_pb2.CameraHealth:
    made = eye_pb2.CameraHealth(filmed_per_s=30 - frozen, looked_per_s=10)
    for cause, frames in ((eye_pb2.DROP_CAUSE_FROZEN, frozen), (eye_pb2.DROP_CAUSE_SUPERSEDED, superseded)):
        if frames:
            made.dropped.add(cause=cause, frames=frames)
    return made


def test_the_log_tells_when_drops_begin_and_when_they_end_not_every_second() -> None:
    news = CameraNews()
    seconds = [0, 1, 30, 30, 2, 1, 29, 0, 0]
    with capture_logs() as lines:
        for frozen in seconds:
            news.hear(health(frozen, superseded=20))
    assert [line["causes"] for line in lines] == ["frozen", "none"]
    assert news.dropped == {"frozen": sum(seconds), "superseded": 20 * len(seconds)}


# Addresses


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("rtsp://10.0.0.5/one", "rtsp://10.0.0.5/one"),
        ("rtsp://eye:secret@10.0.0.5:554/one", "rtsp://eye:***@10.0.0.5:554/one"),
        ("rtsp://eye@10.0.0.5/one", "rtsp://eye@10.0.0.5/one"),
        ("rtsps://eye:se@cr/et@10.0.0.5/one", "rtsps://eye:***@10.0.0.5/one"),
        ("rtsp://10.0.0.5/one?user=eye&password=secret", "rtsp://10.0.0.5/one?***"),
        ("rstp://eye:secret@10.0.0.5/one", "rstp://eye:***@10.0.0.5/one"),
        ("tap:7,8,rtsp://eye:***@10.0.0.5/one", "rtsp://eye:***@10.0.0.5/one"),
        ("clip:/tmp/lane.m3u", "clip:/tmp/lane.m3u"),
        ("rtsp://admin:se?cret@10.0.0.5/live", "rtsp://***"),
        ("rtsp://10.0.0.5/live?password=p@ss", "rtsp://***"),
    ],
)
def test_no_password_is_ever_said(address: str, said: str) -> None:
    assert spoken(address) == said


@pytest.mark.parametrize(
    "address", ["rtsp://", "rtsp:///path", "rtsp://host:99999/", "rtsp://u:secret@ho st/", "rtsp:x"]
)
def test_an_rtsp_address_that_cannot_be_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(CameraLost, match="expected rtsp://") as refused:
        check(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["usb:1", "", "clip:/nowhere.mp4", "fault:melted:x.mp4", "tap:x", "rstp://u:secret@host/"]
)
def test_a_camera_that_cannot_be_is_refused_with_the_reason(address: str) -> None:
    with pytest.raises(CameraLost, match="expected") as refused:
        open_camera(address)
    assert "secret" not in str(refused.value)


# Streams


def test_a_stream_that_falls_behind_shows_its_lag() -> None:
    lag = Lag()
    on_time = [lag.of(100 + 33 * n, (5000 + 33 * n) * 1_000_000) for n in range(30)]
    assert max(on_time) == 0
    assert lag.of(100 + 33 * 30, (5000 + 33 * 30 + 800) * 1_000_000) == pytest.approx(800e6, rel=0.01)


def test_a_camera_s_slow_clock_is_not_lag() -> None:
    lag = Lag()
    hours = [lag.of(100 + t * 1000 * (1 - 1e-4), t * S) for t in range(1, 40_000)]
    assert max(hours) < 1_000_000


def test_a_stream_without_stamps_has_no_lag() -> None:
    assert [Lag().of(stamp_ms, S) for stamp_ms in (0.0, -1e15, 1e15, float("nan"))] == [0, 0, 0, 0]
