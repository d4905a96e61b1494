"""Where impostor similarities were measured to lie: the file `limen-calibrate identify --write` makes, we read."""

import os
import tomllib
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.errors import Mismatch
from backend.matching.threshold import OperatingPoint

FILE = Path(__file__).parent / "matching" / "operating_point.toml"
HEAD = """\
# Similarities of different people, as measured with this template version: the upper tail is exponential.
# Share `tail_share` of all comparisons is above `tail_from`, and e-fold rarer with every `tail_scale`.
# Written by `limen-calibrate identify --write`; the service refuses another template version.
"""


class Measured(BaseModel):
    """What the tail was fitted to.  pairs: pairs of different people; photos_on_file, probes: averaged each side."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    people: int = Field(ge=2)
    photos: int = Field(ge=2)
    pairs: int = Field(ge=1)
    photos_on_file: int = Field(default=1, ge=1)
    probes: int = Field(default=1, ge=1)
    on: date


class Record(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    template_version: str = Field(min_length=1)
    tail_share: float = Field(gt=0, lt=1)
    tail_from: float = Field(gt=-1, lt=1)
    tail_scale: float = Field(gt=0, lt=1)
    measured: Measured

    @property
    def point(self) -> OperatingPoint:
        return OperatingPoint(self.template_version, self.tail_share, self.tail_from, self.tail_scale)


def record(file: Path = FILE) -> Record:
    """Raises Mismatch naming the file and what is wrong with it: the service must not start."""
    try:
        return Record.model_validate(tomllib.loads(file.read_text()))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise Mismatch(
            f"operating point {file} cannot be used ({error}); write it anew with `limen-calibrate`"
        ) from error


def read_operating_point(file: Path = FILE) -> OperatingPoint:
    return record(file).point


def write(file: Path, fitted: Record) -> None:
    """Replace the whole file: a service that starts meanwhile reads the old one or the new one.  Raises OSError."""
    head = fitted.model_dump(mode="json", exclude={"measured"})
    measured = fitted.measured.model_dump(exclude={"on"})
    lines = [*_pairs(head), "", "[measured]", *_pairs(measured), f"on = {fitted.measured.on.isoformat()}"]
    draft = file.with_name(file.name + ".new")
    draft.write_text(HEAD + "\n".join(lines) + "\n")
    os.replace(draft, file)  # noqa: PTH105  the one name that promises to be atomic


def _pairs(values: dict[str, str | float]) -> list[str]:
    return [f"{key} = {_quoted(value) if isinstance(value, str) else value}" for key, value in values.items()]


def _quoted(text: str) -> str:
    """A TOML basic string; control characters become blanks."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
