"""Login, Logout and WhoAmI: translate, call, translate."""

import structlog
from limen.v1 import people_pb2 as pb
from limen.v1.people_pb2_grpc import PeopleServicer
from sqlalchemy import Connection

from backend.caller import Caller, caller
from backend.parts import Parts
from backend.people import codes
from backend.people.login import HOUR_MS, Logins, digest
from backend.standing import credentials
from backend.store import people, shifts
from backend.store.audit import by, note
from backend.store.shifts import Shift
from backend.wrapping import Context

log = structlog.get_logger()


class People(PeopleServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts, self._shift_ms = parts, int(parts.settings.shift_h * HOUR_MS)
        self._logins = Logins(parts.store, parts.clock, parts.settings.shift_h)

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginReply:
        session = await self._logins.log_in(caller(), request.person, request.password)
        return pb.LoginReply(token=session.token, until_utc_ms=session.until_utc_ms, session=session.shift)

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutReply:
        """Of a session here; a token of an outside issuer ends where it came from."""
        token = credentials((), context.invocation_metadata() or ()).token
        await self._parts.store.run(_log_out, caller(), digest(token), self._parts.clock())
        return pb.LogoutReply()

    async def WhoAmI(self, request: pb.WhoAmIRequest, context: Context) -> pb.WhoAmIReply:
        held = sorted(await self._parts.store.read(people.held, caller().name))
        posts = [pb.Post(role=post.role, port=post.port) for post in held]
        return pb.WhoAmIReply(person=caller().name, posts=posts)

    async def EndShift(self, request: pb.EndShiftRequest, context: Context) -> pb.EndShiftReply:
        await self._parts.store.run(_end_shift, caller(), request.session, self._parts.clock())
        return pb.EndShiftReply()

    async def ShiftCodes(self, request: pb.ShiftCodesRequest, context: Context) -> pb.ShiftCodesReply:
        verifiers = await self._parts.store.read(shifts.usable, caller().port)
        return pb.ShiftCodesReply(salt=codes.salt(self._parts.keys), verifiers=verifiers, shift_ms=self._shift_ms)

    async def ReportShift(self, request: pb.ReportShiftRequest, context: Context) -> pb.ReportShiftReply:
        """A shift by a code that was not good is kept with why: what was done in it is told with that (OPS-1)."""
        who, begun = caller(), request.begun_utc_ms
        at = (who.port, who.gate or "", who.name)
        told = Shift(request.session, request.person, *at, begun, begun + self._shift_ms, request.verifier)
        finding = await self._parts.store.run(_report_shift, who, told, self._parts.clock())
        if finding:
            log.warning("shift.doubtful", device=who.name, gate=who.gate, session=told.session, why=finding)
        return pb.ReportShiftReply(good=not finding)


def _end_shift(db: Connection, who: Caller, session: str, now_utc_ms: int) -> None:
    if (ended := shifts.end(db, session, who.port, now_utc_ms)) is not None:
        note(db, by(who, now_utc_ms, "shift.ended", ended.person, who.gate or ""))


def _report_shift(db: Connection, who: Caller, told: Shift, now_utc_ms: int) -> str:
    known = shifts.known(db, told.session)
    finding = shifts.offline(db, told, now_utc_ms)
    if not known:
        action = "shift.doubtful" if finding else "shift.begun"
        note(db, by(who, now_utc_ms, action, told.person, who.gate or "", finding or "by a one-time code"))
    return finding


def _log_out(db: Connection, who: Caller, token_sha256: str, now_utc_ms: int) -> None:
    if people.end_session(db, token_sha256):
        note(db, by(who, now_utc_ms, "person.logged_out", who.name))
