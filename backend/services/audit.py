"""The devices' audit lines and searches of the log: translate, call, translate."""

import json
from typing import Any

from limen.v1 import audit_pb2 as pb
from limen.v1.audit_pb2_grpc import AuditServicer
from sqlalchemy import Connection, Row

from backend import auditor_views
from backend.caller import Caller, caller
from backend.device_lines import lines_of
from backend.parts import Parts
from backend.store import audit
from backend.store.audit import by, note
from backend.wrapping import Context

MOST = 1000


class Audit(AuditServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Append(self, request: pb.AppendRequest, context: Context) -> pb.AppendReply:
        who = caller()
        lines = lines_of(who.name, request.entries)
        await self._parts.store.run(audit.append, who.role, lines, self._parts.clock())
        return pb.AppendReply(held_to=max(entry.number for entry in request.entries))

    async def Search(self, request: pb.SearchAuditRequest, context: Context) -> pb.SearchAuditReply:
        return await self._parts.store.run(_search, caller(), request, self._parts.clock())

    async def View(self, request: pb.ViewRequest, context: Context) -> pb.ViewReply:
        """Read beside the answers at gates, which wait for no page; noted before it is shown."""
        acting, asked = self._parts.acting(), (self._parts.settings.records, request.kept, request.after)
        seen = await self._parts.store.read(auditor_views.view, acting.who.ports, *asked)
        await self._parts.store.run(auditor_views.noted, acting, request.kept, seen)
        return pb.ViewReply(lines=map(json.dumps, seen.lines), next=seen.next)


def _search(db: Connection, who: Caller, asked: pb.SearchAuditRequest, now_utc_ms: int) -> pb.SearchAuditReply:
    """A search is an entry too."""
    rows = audit.search(db, asked.who, asked.subject, asked.after, MOST)
    about = f"who={asked.who} subject={asked.subject} after={asked.after}"
    note(db, by(who, now_utc_ms, "audit.searched", about, result=f"{len(rows)} entries"))
    return pb.SearchAuditReply(entries=map(_entry, rows))


def _entry(row: Row[Any]) -> pb.AuditLogEntry:
    return pb.AuditLogEntry(
        number=row.number,
        at_utc_ms=row.at_utc_ms,
        who=row.who,
        role=row.role,
        action=row.action,
        subject=row.subject,
        place=row.place,
        purpose=row.purpose,
        result=row.result,
    )
