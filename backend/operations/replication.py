"""What a fail-over of the database would cost: where it is looked for, and whether a standby confirms each commit."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from backend.operations.finding import Finding, Verdict
from backend.settings import SYNCHRONOUS, Settings
from backend.store.postgres import hosts

NAMED = "SELECT current_setting('synchronous_standby_names') <> ''"
# Who may not see a standby sees a row of nothing.
STREAMING = """SELECT count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),
    count(*) FILTER (WHERE sync_state IS NULL) FROM pg_stat_replication"""
DECIDE = 'set standby = "synchronous", or "none" if a fail-over may lose the last records acknowledged'
NAME = "let synchronous_standby_names on the server name a standby that streams"


def findings(db: Connection, settings: Settings) -> Iterator[Finding]:
    """Of PostgreSQL; an encrypted file has no standby."""
    if db.dialect.name == "postgresql":
        yield _hosts(settings)
        yield _standby(db, settings)


def _hosts(settings: Settings) -> Finding:
    found = hosts(settings.database)
    if len(found) == 1 and settings.standby != "none":
        advice = (
            "name every host that may become primary: postgresql://user@one,two/name?target_session_attrs=read-write"
        )
        return Finding("database hosts", Verdict.WARNING, f"{found[0]} only", advice)
    return Finding("database hosts", Verdict.OK, f"{', '.join(found)}: the one that takes writes is used")


def _standby(db: Connection, settings: Settings) -> Finding:
    check = "standby"
    if settings.standby is None:
        return Finding(check, Verdict.WARNING, "nobody has decided whether there must be one", DECIDE)
    if settings.standby != SYNCHRONOUS:
        return Finding(check, Verdict.OK, "declined: a fail-over may lose the last records acknowledged")
    if not db.execute(text(NAMED)).scalar_one():
        return Finding(check, Verdict.WRONG, "synchronous_standby_names is empty: no commit waits for one", NAME)
    confirming, unseen = db.execute(text(STREAMING)).one()
    if confirming:
        return Finding(check, Verdict.OK, f"{confirming} confirms each commit")
    if unseen:
        return Finding(check, Verdict.WARNING, "we may not see whether it confirms", "GRANT pg_monitor to our user")
    return Finding(check, Verdict.WRONG, "none is there: every commit waits for one", NAME)
