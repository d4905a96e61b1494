"""The one statement SQLite and PostgreSQL share but SQLAlchemy gives to each apart: insert, unless it is there."""

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
Given: TypeAlias = T | ColumnElement[T]  # a value, or a column or parameter of a statement it becomes part of


def insert(db: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """With `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def add(db: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row; False if one with its keys is there, which stays.

    Asks for the key of what was inserted: PostgreSQL's driver counts no rows here.
    """
    return db.execute(_adding(db.dialect.name, table), row).first() is not None


@cache
def _adding(dialect: str, table: Table) -> "ReturningInsert[Any]":
    """Made once: to name all columns takes longer than to insert."""
    made = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return made.on_conflict_do_nothing().returning(*table.primary_key.columns)


def row_of(kept: "DataclassInstance") -> dict[str, Any]:
    """A row from a dataclass whose fields are columns; `asdict` would copy every value."""
    return {field.name: getattr(kept, field.name) for field in fields(kept)}
