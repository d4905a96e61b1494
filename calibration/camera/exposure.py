"""How long and with what gain a camera may expose: no blurred faces, no bands of the lamps, no noise."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.camera.errors import PicturesUnfit
from edge.eye.calibrated import ExposureSection
from edge.eye.exposure import Exposure
from edge.eye.frame import Camera, Frame
from vision.optics import Lens

WALK_M_S = 1.4
MOST_BLUR_PX = 2.0
FACE_HALF_M = 0.10  # from the middle of a face to its edge, which moves fastest in the picture as the face comes nearer
MOST_BANDS = 0.03  # of the brightness, from crest to trough
MOST_NOISE = 8.0  # grey levels
SHORTEST_US = 100  # the unit in which Video4Linux sets exposures
PROBE_US = 2000  # short enough to show bands, which an exposure of a whole swing of the light would hide
SETTLE_FRAMES = 6  # until a new exposure shows
SERIES_FRAMES = 40
STANDS_STILL = 0.02  # bands that move by less than this share of their length from frame to frame cannot be told apart
GAIN_STEPS = 4


@dataclass(frozen=True, slots=True)
class Walk:
    """A face coming along the floor; sharp_from_m: how near it must still be sharp."""

    lens: Lens
    tilt_deg: float
    sharp_from_m: float


def blur_limit_us(walk: Walk) -> int:
    """The longest exposure in which no point of the face moves more than MOST_BLUR_PX."""
    return math.floor(MOST_BLUR_PX / _fastest_px_s(walk, walk.sharp_from_m) * 1e6 + 1e-6)


def sharp_from_m(walk: Walk, time_us: float) -> float:
    """The distance from which on this exposure does not blur."""
    far = walk.sharp_from_m
    while _fastest_px_s(walk, far) * time_us / 1e6 > MOST_BLUR_PX:
        far += 0.01
    return far


def _fastest_px_s(walk: Walk, away_m: float) -> float:
    """Of the four edges of a face on the optical axis."""
    (fx, fy), tilt = walk.lens.focal_px, math.radians(walk.tilt_deg)
    sinking, nearing = WALK_M_S * math.sin(tilt), WALK_M_S * math.cos(tilt)  # as the tilted camera sees the walk
    edges = ((FACE_HALF_M, 0.0), (-FACE_HALF_M, 0.0), (0.0, FACE_HALF_M), (0.0, -FACE_HALF_M))
    return max(
        math.hypot(fx * x * nearing, fy * (sinking * away_m + y * nearing)) / (away_m * away_m) for x, y in edges
    )


def flicker_free_us(mains_hz: float) -> int:
    """One swing of the light, twice a period of the mains: every row gets the same."""
    return math.ceil(1e6 / (2 * mains_hz))


@dataclass(frozen=True, slots=True)
class Series:
    """What a series of frames of an unmoving scene tells.  bands: crest to trough over the brightness.  noise: grey
    levels from frame to frame.  luma: 0..1."""

    frames_per_s: float
    bands: float
    noise: float
    luma: float

    def bands_stand_still(self, mains_hz: float) -> bool:
        swings = 2 * mains_hz / self.frames_per_s
        return abs(swings - round(swings)) < STANDS_STILL


def measure(frames: Iterator[Frame], count: int = SERIES_FRAMES) -> Series:
    """Raises PicturesUnfit if the frames are too dark to tell."""
    halves: list[NDArray[np.float64]] = []
    steps: list[float] = []
    stamps: list[int] = []
    before: NDArray[np.float32] | None = None
    for _, frame in zip(range(count), frames, strict=False):
        luma = frame.pixels.mean(axis=2, dtype=np.float32)
        halves.append(np.stack([half.mean(axis=1) for half in np.array_split(luma, 2, axis=1)]).astype(np.float64))
        if before is not None:
            change = luma - before
            steps.append(float(((change - change.mean(axis=1, keepdims=True)) ** 2).mean() / 2))
        before = luma
        stamps.append(frame.captured_ns)
    profiles = np.array(halves)  # (frames, 2, rows)
    if profiles.mean() < 8:
        raise PicturesUnfit(
            f"the picture is too dark: mean {profiles.mean():.0f} of 255, at least 8; switch the light on"
        )
    frames_per_s = (len(stamps) - 1) * 1e9 / max(1, stamps[-1] - stamps[0])
    return Series(frames_per_s, _bands(profiles), math.sqrt(float(np.median(steps))), float(profiles.mean()) / 255)


def _bands(profiles: NDArray[np.float64]) -> float:
    """What the rows of both halves do together: noise, and whatever moves in one half alone, is not counted."""
    ripple = profiles / np.maximum(profiles.mean(axis=0), 1.0) - 1
    together = float((ripple[:, 0] * ripple[:, 1]).mean())
    return 2 * math.sqrt(2 * max(together, 0.0))  # crest to trough of a sine


@dataclass(frozen=True, slots=True)
class Wanted:
    """gains: of the camera, lowest and highest, in its own unit; None: unknown."""

    walk: Walk
    mains_hz: float
    target_luma: float
    gains: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Found:
    """section: what may be written.  words: how it came about.  problem: why it must not be used, with what to do."""

    section: ExposureSection
    words: tuple[str, ...]
    problem: str | None = None


def find(camera: Camera, wanted: Wanted) -> Found:
    """Raises CameraLost, PicturesUnfit."""
    most_us = blur_limit_us(wanted.walk)
    said = [f"most_us {most_us}: a face at {wanted.walk.sharp_from_m:.2f} m moves {MOST_BLUR_PX:g} px in this time"]
    probe_us = min(PROBE_US, most_us)
    if wanted.gains is None or not camera.expose(Exposure(probe_us, wanted.gains[0])):
        return _only_computed(camera, wanted, most_us, said)
    series = measure(settled(camera))
    said.append(_spoken(series, f"at {probe_us} us"))
    least_us, problem = _least_us(series, wanted, most_us)
    most_gain, noise = _most_gain(camera, most_us, wanted.gains)
    said.append(f"most_gain {most_gain:g}: noise {noise:.1f} grey levels, at most {MOST_NOISE:g}")
    least_gain, luma = wanted.gains[0], wanted.target_luma
    section = ExposureSection(
        most_us=most_us, least_us=least_us, least_gain=least_gain, most_gain=most_gain, target_luma=luma
    )
    return Found(section, tuple(said), problem)


def _only_computed(camera: Camera, wanted: Wanted, most_us: int, said: Sequence[str]) -> Found:
    why = (
        "gains unknown: give --least-gain and --most-gain (`v4l2-ctl -l` shows them) to measure bands and noise"
        if wanted.gains is None
        else f"camera {camera.name}: has no control of exposure and gain"
    )
    series = measure(settled(camera))
    said = [*said, f"{why}; only the computed most_us is written", _spoken(series, "at the exposure in use")]
    return Found(ExposureSection(most_us=most_us), tuple(said))


def settled(camera: Camera) -> Iterator[Frame]:
    """Frames once a new exposure shows."""
    for _ in range(SETTLE_FRAMES):
        camera.read()
    while True:
        yield camera.read()


def _spoken(series: Series, when: str) -> str:
    return (
        f"{when}: bands {series.bands:.1%} of the brightness (at most {MOST_BANDS:.0%}), "
        f"noise {series.noise:.1f} grey levels, "
        f"mean luma {series.luma:.2f}, {series.frames_per_s:.1f} pictures a second"
    )


def _least_us(series: Series, wanted: Wanted, most_us: int) -> tuple[int, str | None]:
    """And the problem, if the light and the walk leave nothing between them."""
    steady_us, shortest_us = flicker_free_us(wanted.mains_hz), min(SHORTEST_US, most_us)
    if series.bands <= MOST_BANDS:
        if series.bands_stand_still(wanted.mains_hz):
            return shortest_us, (
                f"bands would stand still at {series.frames_per_s:.1f} pictures a second and {wanted.mains_hz:g} Hz "
                "mains and cannot be measured; set another rate, or give the right --mains-hz"
            )
        return shortest_us, None
    if steady_us <= most_us:
        return steady_us, None
    return shortest_us, (
        f"the light flickers: bands of {series.bands:.0%}, at most {MOST_BANDS:.0%}; under {steady_us} us they show, "
        f"over {most_us} us a face at {wanted.walk.sharp_from_m:.2f} m blurs: use flicker-free lamps, or "
        f"--sharp-from-m {sharp_from_m(wanted.walk, steady_us):.2f} if nearer faces may blur"
    )


def _most_gain(camera: Camera, time_us: int, gains: tuple[float, float]) -> tuple[float, float]:
    """The highest gain that is quiet enough, and its noise; the lowest if none is."""
    low, high = gains
    noise = math.inf
    for gain in np.linspace(high, low, GAIN_STEPS + 1).tolist():
        camera.expose(Exposure(time_us, gain))
        noise = measure(settled(camera), SERIES_FRAMES // 4).noise
        if noise <= MOST_NOISE:
            return gain, noise
    return low, noise
