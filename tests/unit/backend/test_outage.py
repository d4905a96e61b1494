"""What each error of a database means, as its makers' lists of codes have them."""

import psycopg
import pytest
import sqlcipher3.dbapi2
from sqlalchemy.exc import DBAPIError, OperationalError

from backend.store.outage import Trouble, judge, words

AWAY, STANDBY, BUSY, FULL, FAULT = Trouble.AWAY, Trouble.STANDBY, Trouble.BUSY, Trouble.FULL, Trouble.FAULT


class Coded(Exception):
    """A driver's error with a code of either kind."""

    def __init__(self, code: str | int) -> None:
        super().__init__("said\n  so")
        if isinstance(code, int):
            self.sqlite_errorcode = code
        else:
            self.sqlstate = code


@pytest.mark.parametrize(
    ("code", "writing", "reading"),
    [
        ("08000", AWAY, AWAY),  # connection exception
        ("08006", AWAY, AWAY),
        ("57P01", AWAY, AWAY),  # shutting down
        ("57P02", AWAY, AWAY),  # crashed
        ("57P03", AWAY, AWAY),  # starting up
        ("58030", AWAY, AWAY),  # its disk fails
        ("25006", STANDBY, FAULT),  # a reader that writes is a bug of ours
        ("40001", BUSY, BUSY),
        ("40P01", BUSY, BUSY),
        ("55P03", BUSY, BUSY),
        ("57014", BUSY, BUSY),
        ("53300", BUSY, BUSY),  # too many connections
        ("53200", BUSY, BUSY),  # out of memory
        ("53100", FULL, FULL),
        ("23505", FAULT, FAULT),  # a key that is there
        ("42P01", FAULT, FAULT),  # no such table
        ("22P02", FAULT, FAULT),
        ("XX001", FAULT, FAULT),  # damaged
        (5, BUSY, BUSY),
        (517, BUSY, BUSY),  # BUSY_SNAPSHOT
        (6, BUSY, BUSY),
        (8, STANDBY, FAULT),  # READONLY
        (1032, STANDBY, FAULT),  # READONLY_DBMOVED
        (10, AWAY, AWAY),
        (778, AWAY, AWAY),  # IOERR_WRITE
        (4874, FULL, FULL),  # IOERR_SHMSIZE: no room for the index of the write-ahead log
        (13, FULL, FULL),
        (14, AWAY, AWAY),  # CANTOPEN
        (11, FAULT, FAULT),  # CORRUPT
        (19, FAULT, FAULT),  # CONSTRAINT
        (26, FAULT, FAULT),  # NOTADB
    ],
)
def test_what_an_error_means(code: str | int, writing: Trouble, reading: Trouble) -> None:
    error = DBAPIError("INSERT", {}, Coded(code))
    assert (judge(error, writing=True), judge(error, writing=False)) == (writing, reading)
    assert (judge(Coded(code), writing=True), words(error)) == (writing, "said so")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("connection failed: Connection refused", AWAY),
        ("connection timeout expired", AWAY),
        ("connection to server failed: session is read-only", STANDBY),
        ("connection to server failed: server is in hot standby mode", STANDBY),
        ("", AWAY),
    ],
)
def test_what_no_connection_means(said: str, meant: Trouble) -> None:
    for error in (psycopg.OperationalError(said), OperationalError("", {}, psycopg.OperationalError(said))):
        assert judge(error, writing=True) is judge(error, writing=False) is meant


def test_whatever_was_being_said_when_the_connection_was_cut_it_is_away() -> None:
    assert judge(DBAPIError("", {}, Coded("XX000"), connection_invalidated=True), writing=True) is AWAY
    assert judge(DBAPIError("", {}, Coded("25006"), connection_invalidated=True), writing=True) is STANDBY


def test_the_drivers_give_the_codes_that_are_read() -> None:
    with pytest.raises(sqlcipher3.dbapi2.OperationalError) as caught:
        sqlcipher3.dbapi2.connect("/none/none").execute("SELECT 1")
    assert judge(caught.value, writing=True) is AWAY
    assert psycopg.errors.ReadOnlySqlTransaction.sqlstate == "25006"
    assert not issubclass(psycopg.errors.ReadOnlySqlTransaction, psycopg.OperationalError)
