"""The encrypted file: SQLCipher, for one service on one machine."""

import os
import secrets
from pathlib import Path

import sqlcipher3.dbapi2
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from backend.errors import StoreUnfit
from backend.store import schema

FIXED_WAL_RESET = (3, 51, 3)  # SQLite 3.7.0 to 3.51.2 can corrupt a WAL database with several connections
SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "temp_store=MEMORY")


def open_store(state_dir: Path, *, to_read: bool = False) -> Engine:
    """The database of `state_dir`, made when missing.  Raises StoreUnfit."""
    if sqlcipher3.dbapi2.sqlite_version_info < FIXED_WAL_RESET:
        raise StoreUnfit(f"SQLite {sqlcipher3.dbapi2.sqlite_version} has the WAL-reset bug; 3.51.3 or later is needed")
    file, key = state_dir / "limen.db", _key(state_dir)

    def connect() -> sqlcipher3.dbapi2.Connection:
        raw = sqlcipher3.dbapi2.connect(str(file), check_same_thread=False)
        raw.isolation_level = None  # SQLAlchemy's begin, below, is the only one
        raw.execute(f"PRAGMA key = \"x'{key}'\"")
        for setting in SETTINGS:
            raw.execute(f"PRAGMA {setting}")
        return raw

    engine = create_engine(
        "sqlite://", module=sqlcipher3.dbapi2, creator=connect, poolclass=StaticPool, hide_parameters=True
    )
    event.listen(engine, "begin", lambda db: db.exec_driver_sql("BEGIN" if to_read else "BEGIN IMMEDIATE"))
    try:
        with engine.begin() as db:
            _upgrade(db)
    except (DatabaseError, sqlcipher3.dbapi2.DatabaseError) as error:
        raise StoreUnfit(f"{file} cannot be opened with {state_dir / 'store.key'}: wrong key or damaged") from error
    return engine


def _key(state_dir: Path) -> str:
    """64 hexadecimal digits; made with the database, never apart from it."""
    path = state_dir / "store.key"
    if not path.exists():
        if (state_dir / "limen.db").exists():
            raise StoreUnfit(f"{path} is missing: the database beside it cannot be read without its key")
        state_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()


def _upgrade(db: Connection) -> None:
    version = db.execute(text("PRAGMA user_version")).scalar_one()
    if version not in (0, schema.VERSION):
        raise StoreUnfit(
            f"database has schema {version}, this program knows {schema.VERSION}; start with a new state_dir, "
            "and keep this one for the release that made it"
        )
    if version == 0:
        schema.metadata.create_all(db)
        db.execute(text(f"PRAGMA user_version = {schema.VERSION}"))
