"""What an auditor is shown of what is kept: by the service, under the auditor's own name, each page in the log."""

from collections.abc import Callable, Iterable

from limen.v1 import audit_pb2 as pb
from sqlalchemy import Connection

from backend.acting import Acting
from backend.settings import Records
from backend.store import pages
from backend.store.pages import Page

VIEWS: dict[pb.Kept.ValueType, Callable[[Connection, Iterable[str], str], Page]] = {
    pb.KEPT_DECISIONS: pages.decisions_after,
    pb.KEPT_CROSSINGS: pages.crossings_after,
    pb.KEPT_OUTBOX: pages.outbox_after,
    pb.KEPT_UNTOLD: pages.untold_after,
    pb.KEPT_PEOPLE: pages.people_after,
}


def view(db: Connection, ports: Iterable[str], records: Records, kept: pb.Kept.ValueType, after: str) -> Page:
    """A page of one of VIEWS at these ports, to be noted before it is shown.  records: the systems configured."""
    page = VIEWS[kept](db, ports, after)
    for line in page.lines:
        _explain(line, records)
    return page


def noted(db: Connection, acting: Acting, kept: pb.Kept.ValueType, page: Page) -> None:
    shown = f"{len(page.lines)} from {page.first} to {page.last}" if page.lines else "none"
    acting.note(db, "records.viewed", pb.Kept.Name(kept).removeprefix("KEPT_").lower(), result=shown)


def _explain(line: dict[str, object], records: Records) -> None:
    """Why something still waits in the outbox."""
    system = line.get("system")
    if system == "":
        line["trouble"] = "no system of record was configured"
    elif system and not line["trouble"] and not records.url(str(system)):
        line["trouble"] = f"{system} is not configured"
