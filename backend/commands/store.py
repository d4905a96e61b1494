"""`limen-tvs migrate`, `backup`, `restore`, `confirm-clock`: the database itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from backend.clock import utc_ms
from backend.commands.terms import SettingsFile, account, administered, asked, settings_of, stop
from backend.errors import ServiceError
from backend.operations import backup
from backend.settings import Settings
from backend.store import audit, lived
from backend.store.audit import Note
from backend.store.engine import open_store
from backend.store.migrating import NEEDED

ROLE = "operating"  # who sits at the machine, by the name the system knows


def migrate(settings: SettingsFile) -> None:
    """Bring an older database up to date, all of it or nothing; stop every replica and make a backup before."""
    read = settings_of(settings)
    try:
        open_store(read.state_dir, read.database, to_migrate=True).dispose()
    except ServiceError as error:
        stop(str(error))
    print(f"the database has schema {NEEDED}")


def back_up(out: Annotated[Path, typer.Argument(help="the file to write")], settings: SettingsFile) -> None:
    """Copy the database at this moment into an encrypted file, while the service goes on; no key is copied."""
    read = settings_of(settings)
    counts = _with_store(read, "store.backed_up", lambda engine: backup.back_up(engine, out, read.keys))
    print(f"{out}: {sum(counts.values())} rows; it opens with {read.keys / backup.KEY}: keep the two apart")


def restore(file: Annotated[Path, typer.Argument(help="what `backup` wrote")], settings: SettingsFile) -> None:
    """Copy a backup into the empty database of these settings.  What was purged since stays unreadable."""
    read = settings_of(settings)
    counts = _with_store(read, "store.restored", lambda engine: backup.restore(file, engine, read.keys))
    print(f"{sum(counts.values())} rows restored from {file}")


def confirm_clock(settings: SettingsFile) -> None:
    """Say that this machine's clock is right though the service has not lived through the time it shows: deletion goes
    by it from now on."""
    now = utc_ms()

    def confirm(db: Connection) -> None:
        lived.keep(db, now)
        administered(db, "clock.confirmed", "", str(now))

    asked(settings_of(settings), confirm)
    print(f"deletion goes by {datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%d %H:%M} UTC")


def _with_store(read: Settings, action: str, act: Callable[[Engine], backup.Counts]) -> backup.Counts:
    """The act, and its line in the audit log: after a restore the log goes on where the backup ended."""
    try:
        engine = open_store(read.state_dir, read.database)
        try:
            counts = act(engine)
            with engine.begin() as db:
                audit.note(db, Note(utc_ms(), account(), ROLE, action, result=str(sum(counts.values()))))
        finally:
            engine.dispose()
    except (ServiceError, OSError) as error:
        stop(str(error))
    except DBAPIError as error:
        stop(f"the database failed: {error.orig}")
    return counts
