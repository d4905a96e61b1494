"""What is good enough: limits from a versioned file, and the one thing to change first."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from vision.cues import Cue
from vision.landmarks import Pose
from vision.quality.first import Quality

FILE = Path(__file__).with_name("policy.toml")


@dataclass(frozen=True, slots=True)
class Limits:
    """See `policy.toml` for each limit."""

    version: str
    least_inter_eye_px: float
    most_inter_eye_px: float
    least_sharpness: float
    least_exposure: float
    most_exposure: float
    most_yaw_deg: float
    most_pitch_deg: float
    most_roll_deg: float
    least_eyes_open: float
    most_covered: float
    hysteresis: float


@cache
def policy(file: Path = FILE) -> Limits:
    """Raises OSError, tomllib.TOMLDecodeError, or TypeError naming an unknown or missing limit."""
    return Limits(**tomllib.loads(file.read_text()))


def obstacle(quality: Quality, limits: Limits, shown: Cue | None = None) -> Cue | None:
    """The one thing to change first, or None.  Written so that NaN is an obstacle.

    shown: the cue given now; its own limits are stricter, so that it does not come and go at the limit.
    """
    tight = _tightened(limits, shown)
    if not quality.inter_eye_px >= tight.least_inter_eye_px:
        return Cue.COME_CLOSER
    if not quality.inter_eye_px <= tight.most_inter_eye_px:
        return Cue.STEP_BACK
    if not tight.least_exposure <= quality.exposure <= tight.most_exposure:
        return Cue.MORE_LIGHT
    if not quality.sharpness >= tight.least_sharpness:
        return Cue.HOLD_STILL
    if quality.pose is not None and not _frontal(quality.pose, tight):
        return Cue.LOOK_HERE
    if quality.covered is not None and not quality.covered <= tight.most_covered:
        return Cue.UNCOVER
    if quality.eyes_open is not None and not quality.eyes_open >= tight.least_eyes_open:
        return Cue.LOOK_HERE
    return None


def _tightened(limits: Limits, shown: Cue | None) -> Limits:
    more, less = 1 + limits.hysteresis, 1 - limits.hysteresis
    match shown:
        case Cue.COME_CLOSER:
            return replace(limits, least_inter_eye_px=limits.least_inter_eye_px * more)
        case Cue.STEP_BACK:
            return replace(limits, most_inter_eye_px=limits.most_inter_eye_px * less)
        case Cue.MORE_LIGHT:
            lit = limits.most_exposure - (1 - limits.most_exposure) * limits.hysteresis
            return replace(limits, least_exposure=limits.least_exposure * more, most_exposure=lit)
        case Cue.HOLD_STILL:
            return replace(limits, least_sharpness=limits.least_sharpness * more)
        case Cue.UNCOVER:
            return replace(limits, most_covered=limits.most_covered * less)
        case Cue.LOOK_HERE:
            yaw, pitch, roll = limits.most_yaw_deg * less, limits.most_pitch_deg * less, limits.most_roll_deg * less
            return replace(limits, most_yaw_deg=yaw, most_pitch_deg=pitch, most_roll_deg=roll)
    return limits


def _frontal(pose: Pose, limits: Limits) -> bool:
    return (
        abs(pose.yaw_deg) <= limits.most_yaw_deg
        and abs(pose.pitch_deg) <= limits.most_pitch_deg
        and abs(pose.roll_deg) <= limits.most_roll_deg
    )
