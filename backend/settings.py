"""The service's settings: one TOML file, unknown keys refused."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rules(Section):
    """What the directive policy may assume."""

    fpir: Fraction = 0.001
    margin: Fraction = 0.05
    attempts: Annotated[int, Field(ge=1, le=9)] = 3
    liveness_enforced: bool = True
    least_liveness: Fraction = 0.5


class Settings(Section):
    listen: str = "127.0.0.1:7443"
    state_dir: Path
    photos_dir: Path
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    connection_age_s: Annotated[float, Field(gt=0)] = 60.0
    operating_point: Path | None = None  # what `limen-calibrate identify --write` made; else the one that came along
    rules: Rules = Rules()


def read(file: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read `file`; LIMEN_TVS__RULES__ATTEMPTS=2 wins over it.

    Raises OSError, tomllib.TOMLDecodeError, or pydantic.ValidationError naming every missing, mistyped and unknown key.
    """
    tree: dict[str, Any] = tomllib.loads(file.read_text())
    for name, value in env.items():
        if name.startswith("LIMEN_TVS__"):
            *sections, key = name.removeprefix("LIMEN_TVS__").lower().split("__")
            node = tree
            for section in sections:
                node = node.setdefault(section, {})
            node[key] = value
    return Settings.model_validate(tree)
