"""A file of what `limen-calibrate` measured: complete and unaltered, or refused."""

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import EdgeError

FINITE = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
Found = TypeVar("Found", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Refusal:
    """what: the kind of file, in words.  again: the command that makes another.  complaint: a type and a message of
    pydantic's in words."""

    what: str
    again: str
    unfit: type[EdgeError]
    complaint: Callable[[str, str], str]


def digest(found: BaseModel) -> str:
    """sha256 of the content: JSON, keys sorted, without `sha256`.  Layout and comments of the file do not count."""
    content = found.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"sha256"})
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load(kind: type[Found], file: Path, refusal: Refusal) -> Found:
    """kind: a model with `sha256`, the digest of the rest.  Raises refusal.unfit."""
    what, again, unfit = f"{refusal.what} {file}", refusal.again, refusal.unfit
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
        found = kind.model_validate(tree)
    except OSError as error:
        raise unfit(f"{what}: cannot be read: {error.strerror}; {again}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise unfit(f"{what}: is not TOML: {error}; {again}") from error
    except ValidationError as error:
        said = (f"{'.'.join(map(str, e['loc']))}: {refusal.complaint(e['type'], e['msg'])}" for e in error.errors())
        raise unfit(f"{what}: {'; '.join(said)}; {again}") from error
    if (now := digest(found)) != (then := tree["sha256"]):
        raise unfit(f"{what}: edited by hand: its content has sha256 {now[:12]}…, it says {then[:12]}…; {again}")
    return found
