"""A copy of all tables at one moment, of either kind of database, in an encrypted file without any key.

What a journey's keys sealed stays sealed in it: destroy the key, and no copy can be read any more.
"""

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, select, text
from sqlalchemy.exc import DatabaseError

from backend.errors import Refused, StoreUnfit
from backend.store.migrating import NEEDED, make_ready, schema_of
from backend.store.schema import metadata
from backend.store.sqlcipher import open_file, write_key

KEY = "backup.secret"  # beside the keys of the galleries, so it is no more part of a backup than they are
AT_ONCE = 500  # rows
Counts = dict[str, int]


def back_up(source: Engine, out: Path, keys: Path) -> Counts:
    """Rows of each table.  The file is complete and on disk when this returns, or it is not there.

    Raises Refused if there is one already, or it would lie among the keys.
    """
    if out.exists():
        raise Refused(f"{out} is there already; name another file")
    if out.resolve().is_relative_to(keys.resolve()):
        raise Refused(f"{out} would lie among the keys of {keys}, which no backup may hold; name another folder")
    if not (keys / KEY).exists():
        write_key(keys / KEY)
    draft = out.with_name(f"{out.name}.part")
    for old in (draft, draft.with_name(f"{draft.name}-wal"), draft.with_name(f"{draft.name}-shm")):
        old.unlink(missing_ok=True)
    copy = open_file(draft, (keys / KEY).read_text().strip())
    make_ready(copy, to_migrate=False)
    with source.execution_options(to_read=True).begin() as here, copy.begin() as there:
        counts = _copy(here, there)
    _check(copy)
    copy.dispose()
    _settle(draft, out)
    return counts


def restore(file: Path, target: Engine, keys: Path) -> Counts:
    """Rows of each table, all of them or none.  Raises Refused if the target holds anything or the file is another's,
    StoreUnfit if it cannot be read."""
    source = _opened(file, keys)
    try:
        with source.execution_options(to_read=True).begin() as there, target.begin() as here:
            if (held := schema_of(there)) != NEEDED:
                raise Refused(
                    f"{file} has schema {held}, this program needs {NEEDED}: restore it with the release that made it, "
                    "then run `limen-tvs migrate`"
                )
            if full := [table.name for table in metadata.sorted_tables if _count(here, table)]:
                raise Refused(f"a backup is restored into an empty database only; there are rows in {', '.join(full)}")
            counts = _copy(there, here)
            _number_on(here)
    finally:
        source.dispose()
    return counts


def _opened(file: Path, keys: Path) -> Engine:
    if not file.exists():
        raise Refused(f"{file} is not there")
    if not (keys / KEY).exists():
        raise Refused(
            f"{keys / KEY} is missing: the backup cannot be read without it, and nothing in it without {keys}"
        )
    source = open_file(file, (keys / KEY).read_text().strip())
    try:
        _check(source)
    except (DatabaseError, StoreUnfit) as error:
        source.dispose()
        raise StoreUnfit(f"{file} cannot be read with {keys / KEY}: another's, or damaged") from error
    return source


def _copy(source: Connection, target: Connection) -> Counts:
    """Tables that others refer to come first."""
    counts: Counts = {}
    for table in metadata.sorted_tables:
        counts[table.name] = 0
        rows = source.execution_options(yield_per=AT_ONCE).execute(select(table)).mappings()
        for part in rows.partitions():
            target.execute(table.insert(), [dict(row) for row in part])
            counts[table.name] += len(part)
    return counts


def _number_on(db: Connection) -> None:
    """PostgreSQL does not see the numbers that were given to it; SQLite does."""
    if db.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None and table.name in ("answers", "outbox"):
            last = db.execute(select(func.max(column))).scalar_one()
            if last is not None:
                told = {"table": table.name, "column": column.name, "last": last}
                db.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"), told)


def _check(copy: Engine) -> None:
    """Every page answers to its key and is whole.  Raises StoreUnfit, DatabaseError."""
    with copy.connect() as db:
        for question in ("PRAGMA cipher_integrity_check", "PRAGMA integrity_check"):
            said = [str(row[0]) for row in db.exec_driver_sql(question)]
            if said not in ([], ["ok"]):
                raise StoreUnfit(f"the copy is damaged: {'; '.join(said)[:200]}")


def _settle(draft: Path, out: Path) -> None:
    """On disk under its name, or not there."""
    for path in (draft, draft.parent):
        if path == draft.parent:
            draft.rename(out)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _count(db: Connection, table: Table) -> int:
    return db.execute(select(func.count()).select_from(table)).scalar_one()
