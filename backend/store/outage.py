"""Which failures of a database pass by themselves: it is away, full or busy, and nothing is wrong with the question."""

from sqlalchemy.exc import DBAPIError

# SQLite result codes (sqlite.org/rescode.html): BUSY, LOCKED, IOERR, FULL, CANTOPEN.
SQLITE = frozenset({5, 6, 10, 13, 14})
# PostgreSQL SQLSTATE classes and codes: connection, resources, operator intervention;
# serialization, deadlock, lock and idle timeouts.
CLASSES = ("08", "53", "57")
CODES = frozenset({"25P03", "40001", "40P01", "55P03"})


def passes(error: DBAPIError) -> bool:
    """True where asking again later is right."""
    if error.connection_invalidated:
        return True
    number, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None)
    if isinstance(number, int):
        return number & 0xFF in SQLITE
    if isinstance(state, str):
        return state.startswith(CLASSES) or state in CODES
    return type(error).__name__ == "OperationalError"  # libpq could not connect: there is no code then
