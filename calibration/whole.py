"""A measured result as a TOML file: whole, or not there at all."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

Value = str | int | float | datetime | list[str] | list[float]


def write(found: BaseModel, file: Path) -> None:
    """The old file stays until the new one is complete.  Raises OSError."""
    new = file.with_name(f".{file.name}.new")
    with new.open("w", encoding="utf-8") as opened:
        opened.write(toml(found.model_dump(by_alias=True, exclude_none=True)))
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def toml(content: Mapping[str, Value | dict[str, Value]]) -> str:
    """Plain values, then one section for each that holds values."""
    plain = [f"{key} = {_value(value)}" for key, value in content.items() if not isinstance(value, dict)]
    lines = ["# Written by limen-calibrate; a change by hand is noticed and the file refused.", *plain]
    for name, section in content.items():
        if isinstance(section, dict):
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _value(value: Value) -> str:
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime():
            return value.isoformat()
        case list():
            return "[" + "".join(f"\n    {_value(item)}," for item in value) + "\n]" if value else "[]"
        case int() | float():
            return repr(value)
