"""What an auditor is shown of what is kept: by the service, under the auditor's own name, each page in the log."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from backend.acting import Acting
from backend.settings import Records
from backend.store import pages
from backend.store.pages import Page

DECISIONS, CROSSINGS, OUTBOX, UNTOLD, PEOPLE = "decisions", "crossings", "outbox", "untold", "people"
VIEWS: dict[str, Callable[[Connection, Iterable[str], str], Page]] = {
    DECISIONS: pages.decisions_after,
    CROSSINGS: pages.crossings_after,
    OUTBOX: pages.outbox_after,
    UNTOLD: pages.untold_after,
    PEOPLE: pages.people_after,
}


def view(db: Connection, acting: Acting, records: Records, kept: str, after: str) -> Page:
    """A page of one of VIEWS at the caller's ports.  records: the systems that are configured."""
    page = VIEWS[kept](db, acting.who.ports, after)
    for line in page.lines:
        _explain(line, records)
    shown = f"{len(page.lines)} from {page.first} to {page.last}" if page.lines else "none"
    acting.note(db, "records.viewed", kept, result=shown)
    return page


def _explain(line: dict[str, object], records: Records) -> None:
    """Why something still waits in the outbox."""
    system = line.get("system")
    if system == "":
        line["trouble"] = "no system of record was configured"
    elif system and not line["trouble"] and not records.url(str(system)):
        line["trouble"] = f"{system} is not configured"
