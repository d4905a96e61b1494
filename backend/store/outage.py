"""What an error of a database means, for both kinds: the one place where their codes are known."""

from enum import StrEnum

from sqlalchemy.exc import DBAPIError


class Trouble(StrEnum):
    """What to do about an error: whoever asks may try again later, except for a fault."""

    AWAY = "away"  # gone, going or not reached: let go of every connection, try again
    STANDBY = "standby"  # it takes no writes, another may be primary: let go of every connection, try again
    BUSY = "busy"  # somebody else was in the way: try again
    FULL = "full"  # no room: nothing helps but making some
    FAULT = "fault"  # a bug or damage: the service's own, INTERNAL


# SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html); what is not here goes by its class.
STATES = {
    "25006": Trouble.STANDBY,  # a standby, or set read-only: also of LISTEN
    "25P03": Trouble.BUSY,  # our transaction idled
    "40001": Trouble.BUSY,  # serialization, or a standby's replay
    "40003": Trouble.AWAY,
    "40P01": Trouble.BUSY,  # deadlock
    "53100": Trouble.FULL,
    "55P03": Trouble.BUSY,  # lock_timeout
    "57014": Trouble.BUSY,  # statement_timeout
    "58030": Trouble.AWAY,  # its disk
    "72000": Trouble.BUSY,  # snapshot too old
}
CLASSES = {"08": Trouble.AWAY, "53": Trouble.BUSY, "57": Trouble.AWAY}  # connection, resources, operator intervention
# SQLite's result codes (sqlite.org/rescode.html), extended ones before those they extend.
EXTENDED = {4874: Trouble.FULL}  # IOERR_SHMSIZE: the index of the write-ahead log cannot grow
RESULTS = {
    5: Trouble.BUSY,
    6: Trouble.BUSY,  # LOCKED
    7: Trouble.BUSY,  # NOMEM
    8: Trouble.STANDBY,  # READONLY: its file, or the disk below it
    9: Trouble.BUSY,  # INTERRUPT
    10: Trouble.AWAY,  # IOERR
    13: Trouble.FULL,
    14: Trouble.AWAY,  # CANTOPEN
    15: Trouble.BUSY,  # PROTOCOL: a race for the write-ahead log
}
# libpq gives no code for a server it reached but was told not to take (target_session_attrs).
READ_ONLY = ("session is read-only", "hot standby mode")


def judge(error: Exception, *, writing: bool) -> Trouble:
    """Of the driver's error, or SQLAlchemy's around it.  A reader that is told not to write is a bug of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    number, state = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    if isinstance(number, int):
        found = EXTENDED.get(number) or RESULTS.get(number & 0xFF, Trouble.FAULT)
    elif isinstance(state, str):
        found = STATES.get(state) or CLASSES.get(state[:2], Trouble.FAULT)
    elif type(error).__name__ == "OperationalError":  # libpq could not connect, or was cut off
        return Trouble.STANDBY if any(said in str(cause) for said in READ_ONLY) else Trouble.AWAY
    else:
        found = Trouble.FAULT
    if found is Trouble.STANDBY and not writing:
        return Trouble.FAULT
    cut = isinstance(error, DBAPIError) and error.connection_invalidated
    return Trouble.AWAY if found is Trouble.FAULT and cut else found


def words(error: Exception) -> str:
    """The database's own, on one line; statements and their parameters are not part of them."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return (" ".join(str(cause).split()) or type(cause).__name__)[:200]
