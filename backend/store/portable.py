"""The one statement SQLite and PostgreSQL share but SQLAlchemy gives to each apart: insert, unless it is there."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(db: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """With `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)
