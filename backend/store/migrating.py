"""Which schema a database has, and how it gets the one this program needs."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from backend.errors import StoreUnfit

FOLDER = Path(__file__).parent / "migrations"
KNOWN = ("0004", "0005")  # in their order; a test compares them with the files of `migrations/versions`
NEEDED = KNOWN[-1]


def make_ready(engine: Engine, to_migrate: bool) -> None:
    """Give an empty database its tables.  Raises StoreUnfit if it has another schema and may not be migrated."""
    with engine.execution_options(to_read=True).begin() as db:
        if schema_of(db) == NEEDED:
            return
    with engine.begin() as db:
        held = schema_of(db)
        if held is None or (to_migrate and held in KNOWN):
            upgrade(db)
        elif held != NEEDED:
            raise StoreUnfit(f"the database has schema {held}, this program needs {NEEDED}: {_advice(held)}")


def schema_of(db: Connection) -> str | None:
    """None for an empty database."""
    tables = inspect(db).get_table_names()
    if "alembic_version" in tables:
        return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if db.dialect.name == "sqlite" and (old := db.execute(text("PRAGMA user_version")).scalar_one()) != 0:
        return str(old)  # as releases before 0004 counted
    return "of unknown origin" if tables else None


def upgrade(db: Connection, more: Sequence[Path] = ()) -> None:
    """Within the transaction of `db`: all of it, or none.  more: folders with later revisions."""
    from alembic import command  # a quarter of a second that an up to date database does not cost
    from alembic.config import Config

    config = Config(attributes={"connection": db})
    for option, value in (
        ("script_location", str(FOLDER)),
        ("path_separator", "newline"),
        ("version_locations", "\n".join(map(str, (FOLDER / "versions", *more)))),
    ):
        config.set_main_option(option, value.replace("%", "%%"))
    command.upgrade(config, "head")


def _advice(held: str) -> str:
    if held in KNOWN:
        return "stop every replica, make a backup, then run `limen-tvs migrate`"
    if held.isdigit() and int(held) > int(NEEDED):
        return "a newer release made it; install that one"
    return "start with a new state_dir or database, and keep this one for the release that made it"
