"""The table that is written to in order to know whether the database takes writes."""

from sqlalchemy import Column, Integer, LargeBinary, Table

from backend.store.tables.frame import metadata

# One row, overwritten for ever; a second one, large, while there is no room.  Both hold random bytes.
store_checks = Table(
    "store_checks",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("filler", LargeBinary, nullable=False),
)
