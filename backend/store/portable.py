"""The one statement SQLite and PostgreSQL share but SQLAlchemy gives to each apart: insert, unless it is there."""

from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Given: TypeAlias = T | ColumnElement[T]  # a value, or a column or parameter of a statement it becomes part of


def insert(db: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """With `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def add(db: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row; False if one with its keys is there, which stays.

    Asks for the key of what was inserted: PostgreSQL's driver counts no rows here.
    """
    statement = insert(db, table).values(row).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return db.execute(statement).first() is not None
