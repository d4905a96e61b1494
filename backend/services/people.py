"""Logging in and out, shifts, codes, and taking posts: translate, call, translate."""

import asyncio

import structlog
from limen.v1 import people_pb2 as pb
from limen.v1.people_pb2_grpc import PeopleServicer
from sqlalchemy import Connection

from backend import accounts
from backend.acting import Acting
from backend.caller import Caller, caller
from backend.parts import Parts
from backend.people import codes
from backend.people.enrolling import enrol
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
        held = await self._parts.store.read(people.held, caller().name)
        return pb.WhoAmIReply(person=caller().name, posts=accounts.told(held))

    async def EndShift(self, request: pb.EndShiftRequest, context: Context) -> pb.EndShiftReply:
        await self._parts.store.run(_end_shift, caller(), request.session, self._parts.clock())
        return pb.EndShiftReply()

    async def ShiftCodes(self, request: pb.ShiftCodesRequest, context: Context) -> pb.ShiftCodesReply:
        verifiers = await self._parts.store.read(shifts.usable, caller().port)
        return pb.ShiftCodesReply(salt=codes.salt(self._parts.keys), verifiers=verifiers, shift_ms=self._shift_ms)

    async def SetPassword(self, request: pb.SetPasswordRequest, context: Context) -> pb.SetPasswordReply:
        halves = (request.first_half, request.second_half)
        await enrol(self._parts.store, self._parts.acting(), request.person, halves, request.password)
        return pb.SetPasswordReply()

    async def IssueCodes(self, request: pb.IssueCodesRequest, context: Context) -> pb.IssueCodesReply:
        """Hashed one after the other in a thread: a second of work."""
        acting, made = self._parts.acting(), codes.made()
        salt = codes.salt(acting.keys)
        verifiers = await asyncio.to_thread(lambda: [codes.verifier(salt, acting.who.name, one) for one in made])
        await self._parts.store.run(_issue_codes, acting, verifiers)
        return pb.IssueCodesReply(codes=made)

    async def Bar(self, request: pb.BarRequest, context: Context) -> pb.BarReply:
        await self._parts.store.run(accounts.bar, self._parts.acting(), request.person, request.reason)
        return pb.BarReply()

    async def TakePost(self, request: pb.TakePostRequest, context: Context) -> pb.TakePostReply:
        post, acting = accounts.meant(request.post), self._parts.acting()
        left = await self._parts.store.run(accounts.take, acting, request.person, post, request.reason)
        return pb.TakePostReply(posts=accounts.told(left))

    async def ReportShift(self, request: pb.ReportShiftRequest, context: Context) -> pb.ReportShiftReply:
        """A shift by a code that was not good is kept with why: what was done in it is told with that (OPS-1)."""
        who, begun = caller(), request.begun_utc_ms
        at = (who.port, who.gate or "", who.name)
        told = Shift(request.session, request.person, *at, begun, begun + self._shift_ms, request.verifier)
        finding = await self._parts.store.run(_report_shift, who, told, self._parts.clock())
        if finding:
            log.warning("shift.doubtful", device=who.name, gate=who.gate, session=told.session, why=finding)
        return pb.ReportShiftReply(good=not finding)


def _issue_codes(db: Connection, acting: Acting, verifiers: list[str]) -> None:
    shifts.issue(db, acting.who.name, verifiers, acting.now_utc_ms)
    acting.note(db, "person.codes_issued", acting.who.name, result=str(len(verifiers)))


def _end_shift(db: Connection, who: Caller, session: str, now_utc_ms: int) -> None:
    if (ended := shifts.end(db, session, who.port, now_utc_ms)) is not None:
        note(db, by(who, now_utc_ms, "shift.ended", ended.person, who.gate or ""))


def _report_shift(db: Connection, who: Caller, told: Shift, now_utc_ms: int) -> str:
    known = shifts.known(db, told.session)
    finding = shifts.offline(db, told)
    if not known:
        action = "shift.doubtful" if finding else "shift.begun"
        note(db, by(who, now_utc_ms, action, told.person, who.gate or "", finding or "by a one-time code"))
    return finding


def _log_out(db: Connection, who: Caller, token_sha256: str, now_utc_ms: int) -> None:
    if people.end_session(db, token_sha256):
        note(db, by(who, now_utc_ms, "person.logged_out", who.name))
