"""Quality components of ISO/IEC 29794-5: their identifiers, and the mapping of native values to 0..100."""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("mapping.toml")


class Component(IntEnum):
    """Identifiers as ISO/IEC 29794-5 and its reference implementation number them."""

    UnifiedQualityScore = 0x41
    BackgroundUniformity = 0x42
    IlluminationUniformity = 0x43
    LuminanceMean = 0x44
    LuminanceVariance = 0x45
    UnderExposurePrevention = 0x46
    OverExposurePrevention = 0x47
    DynamicRange = 0x48
    Sharpness = 0x49
    CompressionArtifacts = 0x4A
    NaturalColour = 0x4B
    SingleFacePresent = 0x4C
    EyesOpen = 0x4D
    MouthClosed = 0x4E
    EyesVisible = 0x4F
    MouthOcclusionPrevention = 0x50
    FaceOcclusionPrevention = 0x51
    InterEyeDistance = 0x52
    HeadSize = 0x53
    LeftwardCropOfTheFaceImage = 0x54
    RightwardCropOfTheFaceImage = 0x55
    MarginAboveOfTheFaceImage = 0x56
    MarginBelowOfTheFaceImage = 0x57
    HeadPoseYaw = 0x58
    HeadPosePitch = 0x59
    HeadPoseRoll = 0x5A
    ExpressionNeutrality = 0x5B
    NoHeadCoverings = 0x5C


@dataclass(frozen=True, slots=True)
class Assessed:
    """native: as the formula gives it.  quality: 0..100, higher is better."""

    component: Component
    native: float
    quality: int


@dataclass(frozen=True, slots=True)
class FailureToAssess:
    component: Component


Assessment = Assessed | FailureToAssess
Parameters = Mapping[str, float]


def assess(natives: Mapping[Component, float]) -> tuple[Assessment, ...]:
    """Every component of the standard, in its order; one that is missing or not finite is a FailureToAssess."""
    return tuple(_one(component, natives.get(component, math.nan)) for component in Component)


def _one(component: Component, native: float) -> Assessment:
    mapped = _mapping().get(component.name)
    if mapped is None or not math.isfinite(native):
        return FailureToAssess(component)
    kind, parameters = mapped
    return Assessed(component, native, round(min(100.0, max(0.0, KINDS[kind](native, parameters)))))


@cache
def _mapping() -> dict[str, tuple[str, Parameters]]:
    tables = tomllib.loads(FILE.read_text())
    return {name: (str(t["kind"]), {k: v for k, v in t.items() if k not in TEXTS}) for name, t in tables.items()}


TEXTS = ("kind", "source")


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-min(max(x, -500.0), 500.0)))


def _sigmoid(x: float, p: Parameters) -> float:
    x = abs(x - p["about"]) if "about" in p else x
    return p["height"] * (p["offset"] + p["scale"] * _logistic((x - p["x0"]) / p["width"]))


def _band(x: float, p: Parameters) -> float:
    return 100 * _logistic((x - p["low"]) / p["width"]) * (1 - _logistic((x - p["high"]) / p["width"]))


KINDS: Mapping[str, Callable[[float, Parameters], float]] = {
    "sigmoid": _sigmoid,
    "band": _band,
    "power": lambda x, p: 100 * max(0.0, x) ** p["exponent"],
    "linear": lambda x, p: p["offset"] + p["factor"] * x,
    "reciprocal": lambda x, p: 1 / (x + p["least"]),
    "sine": lambda x, p: 100 * math.sin(math.pi * p["k"] * x / (p["k"] * x + 1)),
    "cosine": lambda x, p: 100 * max(0.0, math.cos(math.radians(x))) ** 2,
}
