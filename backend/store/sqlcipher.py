"""The encrypted file: SQLCipher, for one service on one machine."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import sqlcipher3.dbapi2
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DatabaseError

from backend.errors import StoreUnfit
from backend.store.migrating import make_ready

FIXED_WAL_RESET = (3, 51, 3)  # SQLite 3.7.0 to 3.51.2 can corrupt a WAL database with several connections
SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "temp_store=MEMORY")
# What a database must say of itself afterwards, and what would be lost otherwise.
NEEDED: dict[str, tuple[str, str]] = {
    "journal_mode": ("wal", "readers would stop writers; does the file lie on a network share?"),
    "synchronous": ("2", "records already acknowledged would be lost with the power"),
    "secure_delete": ("1", "what was deleted would stay readable in the file"),
    "foreign_keys": ("1", "records could name what is not there"),
}
BUSY_S = 5.0  # wait so long for another program that writes, such as a command
CONNECTIONS = 8


def open_store(state_dir: Path, to_migrate: bool = False) -> Engine:
    """The database of `state_dir`, made when missing.  Raises StoreUnfit."""
    if sqlcipher3.dbapi2.sqlite_version_info < FIXED_WAL_RESET:
        raise StoreUnfit(f"SQLite {sqlcipher3.dbapi2.sqlite_version} has the WAL-reset bug; 3.51.3 or later is needed")
    file, key = state_dir / "limen.db", _key(state_dir)
    engine = open_file(file, key)
    try:
        make_ready(engine, to_migrate)
    except (DatabaseError, sqlcipher3.dbapi2.DatabaseError) as error:
        engine.dispose()
        raise StoreUnfit(f"{file} cannot be opened with {state_dir / 'store.key'}: {_why(error)}") from error
    except StoreUnfit:
        engine.dispose()
        raise
    return engine


def reach(state_dir: Path) -> Engine:
    """Raises StoreUnfit where there is none."""
    if not (state_dir / "limen.db").exists():
        raise StoreUnfit(f"{state_dir / 'limen.db'} is not there yet; the first start makes it")
    return open_file(state_dir / "limen.db", _key(state_dir))


def open_file(file: Path, key: str) -> Engine:
    """key: 64 hexadecimal digits.  Nothing is read yet."""

    def connect() -> sqlcipher3.dbapi2.Connection:
        raw = sqlcipher3.dbapi2.connect(str(file), check_same_thread=False, timeout=BUSY_S)
        with contextlib.ExitStack() as unless_fit:
            unless_fit.callback(raw.close)
            raw.isolation_level = None  # SQLAlchemy's begin, below, is the only one
            raw.execute("PRAGMA cipher_log_level = NONE")  # what it finds, its error says
            raw.execute(f"PRAGMA key = \"x'{key}'\"")
            for setting in SETTINGS:
                raw.execute(f"PRAGMA {setting}")
            if wrong := unfit({name: str(raw.execute(f"PRAGMA {name}").fetchone()[0]) for name in NEEDED}):
                raise StoreUnfit(f"{file}: {wrong}")
            unless_fit.pop_all()
        return raw

    pool = {"poolclass": QueuePool, "pool_size": CONNECTIONS, "hide_parameters": True}
    engine = create_engine("sqlite://", module=sqlcipher3.dbapi2, creator=connect, **pool)
    event.listen(engine, "begin", _begin)
    return engine


def unfit(found: Mapping[str, str]) -> str:
    """What is unsafe about a database that says this of itself; "" if nothing."""
    return "; ".join(
        f"{name} is {found[name]}, {wanted} is needed: {why}"
        for name, (wanted, why) in NEEDED.items()
        if found[name] != wanted
    )


def _begin(db: Connection) -> None:
    """A reader's transaction sees one moment and cannot write; a writer's is the only one from its start."""
    to_read = bool(db.get_execution_options().get("to_read"))
    db.exec_driver_sql(f"PRAGMA query_only = {int(to_read)}")
    db.exec_driver_sql("BEGIN" if to_read else "BEGIN IMMEDIATE")


def _why(error: Exception) -> str:
    said = str(error.orig) if isinstance(error, DatabaseError) else str(error)
    return "wrong key or damaged" if "not a database" in said else said


def _key(state_dir: Path) -> str:
    """64 hexadecimal digits; made with the database, never apart from it."""
    path = state_dir / "store.key"
    if not path.exists():
        if (state_dir / "limen.db").exists():
            raise StoreUnfit(f"{path} is missing: the database beside it cannot be read without its key")
        state_dir.mkdir(parents=True, exist_ok=True)
        write_key(path)
    return path.read_text().strip()


def write_key(path: Path) -> None:
    """A new key, on disk before anything is written with it.  Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
