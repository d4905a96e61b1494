"""Tables and columns added since 0004, which has already made them where the database is new."""

from alembic import op
from sqlalchemy import inspect

from backend.store.schema import metadata

revision = "0005"
down_revision = "0004"

COLUMNS: tuple[tuple[str, str], ...] = ()  # (table, column): each is nullable or has a server default


def upgrade() -> None:
    database = op.get_bind()
    metadata.create_all(database)
    held = inspect(database)
    for table, name in COLUMNS:
        if name not in {column["name"] for column in held.get_columns(table)}:
            op.add_column(table, metadata.tables[table].c[name].copy())
