"""All evidence of one subject as one number, calibrated, with the evidence kept beside it."""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vision.pad.witness import Evidence

FILE = Path(__file__).with_name("fusion.toml")


@dataclass(frozen=True, slots=True)
class Weight:
    """Log odds: slope * (value - zero), held between least and most."""

    slope: float
    zero: float
    least: float
    most: float

    def says(self, value: float) -> float:
        return min(self.most, max(self.least, self.slope * (value - self.zero)))


@dataclass(frozen=True, slots=True)
class Fusion:
    version: str
    needed: tuple[str, ...]
    weights: tuple[tuple[str, Weight], ...]


@cache
def fusion(file: Path = FILE) -> Fusion:
    """Raises OSError, tomllib.TOMLDecodeError, or TypeError naming an unknown or missing key."""
    tree = tomllib.loads(file.read_text())
    version, needed = str(tree.pop("version")), tuple(tree.pop("needed"))
    return Fusion(version, needed, tuple((name, Weight(**table)) for name, table in tree.items()))


def live(evidence: Evidence, weights: Fusion, *, one_frame: bool = False) -> float:
    """Probability of a live face, 0..1; 0 where evidence that is needed is missing.

    one_frame: judge by what a single picture can give.
    """
    seen = dict(evidence.parts())
    needed = ("passive",) if one_frame else weights.needed
    if not all(name in seen for name in needed):
        return 0.0
    odds = sum(weight.says(seen[name]) for name, weight in weights.weights if name in seen)
    return 1 / (1 + math.exp(-odds))
