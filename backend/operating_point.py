"""Read where impostor similarities were measured to lie."""

import tomllib
from pathlib import Path

from backend.matching.threshold import OperatingPoint

FILE = Path(__file__).parent / "matching" / "operating_point.toml"


def read_operating_point(file: Path = FILE) -> OperatingPoint:
    return OperatingPoint(**tomllib.loads(file.read_text()))
