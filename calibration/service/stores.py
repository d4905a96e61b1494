"""An empty store of either kind, for as long as a figure is measured."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from backend.keys import KeyRing
from backend.store.engine import open_store
from calibration.service.postgres import Postgres

KINDS = ("sqlcipher", "postgresql")


@dataclass(frozen=True, slots=True)
class Scratch:
    """url: "" for the encrypted file in `root`."""

    kind: str
    root: Path
    url: str
    engine: Engine
    keys: KeyRing


@contextlib.contextmanager
def scratch(kind: str) -> Iterator[Scratch]:
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="limen-")))
        url = "" if kind == "sqlcipher" else stack.enter_context(Postgres()).database()
        engine = open_store(root / "tvs", url)
        stack.callback(engine.dispose)
        yield Scratch(kind, root, url, engine, KeyRing(root / "keys"))
