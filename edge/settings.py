"""The appliance's settings: one TOML file, unknown keys refused."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import SettingsUnfit

Tcp = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(Section):
    """identity: folder with peer.key, peer.pem and ca.pem."""

    address: str
    identity: Path
    deadline_s: Annotated[float, Field(gt=0, le=2.5)] = 1.5


class Screens(Section):
    host: str = "127.0.0.1"
    port: Tcp = 8080
    agent_key: Annotated[str, Field(min_length=8)]


class Calibrated(Section):
    """file: what `limen-calibrate camera` wrote.  camera: the name it was made for."""

    file: Path
    camera: str


class Settings(Section):
    device: str
    camera: str
    calibration: Calibrated | None = None
    gate: str
    journal_dir: Path
    service: Service
    screens: Screens


def read(file: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read `file`; LIMEN_GATE__SERVICE__DEADLINE_S=0.5 wins over it.

    Raises SettingsUnfit naming every missing, mistyped and unknown key at once.
    """
    try:
        tree: dict[str, Any] = tomllib.loads(file.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsUnfit(f"settings {file}: {error}") from error
    for name, value in env.items():
        if name.startswith("LIMEN_GATE__"):
            *sections, key = name.removeprefix("LIMEN_GATE__").lower().split("__")
            node = tree
            for section in sections:
                node = node.setdefault(section, {})
            node[key] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsUnfit(f"settings {file}: {wrong}") from error
