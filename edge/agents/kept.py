"""What must outlive a stop: who has a shift here, which codes could begin one, which were used.

One file of mode 0600, replaced whole.  No password, no code, no cookie: of the last two what cannot be turned back.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge.errors import JournalUnfit


@dataclass(frozen=True, slots=True)
class Shift:
    """session: as the service knows it.  verifier: of the code it was begun by, "" with a password.  told: the service
    has heard of it."""

    session: str
    person: str
    cookie_sha256: str
    begun_utc_ms: int
    until_utc_ms: int
    verifier: str = ""
    told: bool = True

    @property
    def over(self) -> bool:
        """Ended before the service heard of it."""
        return self.until_utc_ms <= self.begun_utc_ms


@dataclass(frozen=True, slots=True)
class Kept:
    salt: str = ""
    verifiers: tuple[str, ...] = ()
    shift_ms: int = 36_000_000
    used: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()


_JSON = TypeAdapter(Kept)


def read(file: Path) -> Kept:
    """Raises JournalUnfit for a file that cannot be read: a code that was used would be good again."""
    try:
        return _JSON.validate_json(file.read_bytes())
    except FileNotFoundError:
        return Kept()
    except OSError as error:
        raise JournalUnfit(f"{file}: {error.strerror}; the appliance must be able to read it") from error
    except ValidationError as error:
        advice = "have this port's agents draw new one-time codes, then remove it"
        raise JournalUnfit(f"{file}: it is damaged; {advice}") from error


def write(file: Path, kept: Kept) -> None:
    """On the disk when this returns.  Raises JournalUnfit."""
    draft = file.with_name(f"{file.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as new:
            new.write(_JSON.dump_json(kept))
            new.flush()
            os.fsync(new.fileno())
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise JournalUnfit(f"{file}: {error.strerror}; no shift begins until it can be written") from error
