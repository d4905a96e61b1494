"""Tables and columns added since 0004, which has already made them where the database is new."""

from typing import Any

from alembic import op
from sqlalchemy import Column, Connection, DefaultClause, Inspector, String, exists, insert, inspect, select, update

from backend.store.schema import metadata, traveler_documents, travelers

revision = "0005"
down_revision = "0004"

# (table, column): each is nullable or has a server default.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("travelers", "origin"),
    ("proposals", "digest"),
    ("people", "enrolment"),
    ("people", "enrolment_until_utc_ms"),
    ("alerts", "expected"),
    ("alerts", "told"),
    ("alerts", "changed"),
    ("alerts", "changed_utc_ms"),
    ("alerts", "ended"),
)


def upgrade() -> None:
    database = op.get_bind()
    metadata.create_all(database)
    held = inspect(database)
    for table, name in COLUMNS:
        if name not in {column["name"] for column in held.get_columns(table)}:
            op.add_column(table, _like(metadata.tables[table].c[name]))
    for made in metadata.sorted_tables:
        there = {index["name"] for index in inspect(database).get_indexes(made.name)}
        for index in made.indexes:
            if index.name not in there:
                index.create(database)
    if "ix_hotlist_person" in {index["name"] for index in inspect(database).get_indexes("hotlist")}:
        op.drop_index("ix_hotlist_person", "hotlist")
    _name_origins(database)
    _let_alerts_have_no_decision(inspect(database))


def _like(wanted: Column[Any]) -> Column[Any]:
    default = wanted.server_default
    text = str(default.arg) if isinstance(default, DefaultClause) else None
    return Column(wanted.name, wanted.type, nullable=wanted.nullable, server_default=text)


def _name_origins(database: Connection) -> None:
    """Everybody listed before was listed once, with one document."""
    database.execute(update(travelers).where(travelers.c.origin.is_(None)).values(origin=travelers.c.traveler))
    held = select(travelers.c.origin, travelers.c.person).where(travelers.c.sealed.is_not(None))
    known = exists().where(traveler_documents.c.origin == travelers.c.origin)
    database.execute(insert(traveler_documents).from_select(["origin", "person"], held.where(~known)))


def _let_alerts_have_no_decision(held: Inspector) -> None:
    """SQLite makes the table anew for that, with what it holds."""
    if all(column["nullable"] for column in held.get_columns("alerts") if column["name"] == "decision"):
        return
    with op.batch_alter_table("alerts", copy_from=metadata.tables["alerts"]) as alerts:
        alerts.alter_column("decision", existing_type=String(), nullable=True)
