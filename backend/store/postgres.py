"""PostgreSQL, for more than one replica of the service."""

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError

from backend.errors import StoreUnfit
from backend.store import schema

ONE_WRITER = 0x4C494D454E  # of our advisory lock: as in SQLite, one transaction writes at a time, so both behave alike


def open_store(url: str, *, to_read: bool = False) -> Engine:
    """The database of this URL, its tables made when missing.  Raises StoreUnfit."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), hide_parameters=True)
    if not to_read:
        event.listen(engine, "begin", lambda db: db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})"))
    try:
        with engine.begin() as db:
            schema.metadata.create_all(db)
    except DatabaseError as error:
        raise StoreUnfit(f"PostgreSQL {make_url(url).render_as_string()} cannot be used: {error.orig}") from error
    return engine
